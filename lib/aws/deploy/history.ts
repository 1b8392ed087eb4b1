import { InvalidError, NotFoundError } from "../../errors.ts";
import type { DeploymentLabel, DeploymentRow } from "../deployment-row.ts";
import { deploymentKey, historyKey } from "../keys.ts";
import type { Rows } from "../rows.ts";
import { writeTogether } from "./write-together.ts";

/** The current row is written by others too, now and then: by `updateAutoscaler`, and by the next deployment. */
const MAX_ATTEMPTS = 10;

/** The current deployment of an app. @throws NotFoundError */
export async function currentDeployment(
  rows: Rows,
  { app, environment }: { readonly app: string; readonly environment: string },
): Promise<DeploymentRow> {
  const found = await rows.get<DeploymentRow>(deploymentKey(app));
  if (found !== undefined) return found.body;
  throw new NotFoundError(
    "WINDLASS_APP_NOT_DEPLOYED",
    `app "${app}" is not deployed in environment "${environment}"`,
    {
      hint: "`windlass app list` shows what is; look at `--environment`, AWS_PROFILE and AWS_REGION",
    },
  );
}

/** Deployments of an app that are known, the newest first: ten at least, where there were so many. */
export async function deploymentHistory(rows: Rows, app: string): Promise<DeploymentRow[]> {
  const found = await rows.list<DeploymentRow>(historyKey(app, 0).pk);
  return found.map(({ body }) => body).reverse();
}

/**
 * The deployment that `v3` or `3` names, or without a name the one before the current one.
 * @throws InvalidError for another name, NotFoundError for one that is not known
 */
export function findDeployment(
  history: readonly DeploymentRow[],
  app: string,
  version: string | undefined,
): DeploymentRow {
  if (version === undefined) {
    const [, before] = history;
    if (before !== undefined) return before;
    throw new NotFoundError(
      "WINDLASS_NO_DEPLOYMENT_BEFORE",
      `app "${app}" has one deployment, and none before it`,
      { hint: "deploy other code with `windlass deploy`" },
    );
  }
  const number = /^v?(\d{1,10})$/.exec(version)?.[1];
  if (number === undefined) {
    throw new InvalidError(
      "WINDLASS_INVALID_VERSION",
      `a deployment is named by its number, as in v3, got "${version}"`,
      { hint: `\`windlass app history ${app}\` lists them` },
    );
  }
  const found = history.find((row) => row.number === Number(number));
  if (found !== undefined) return found;
  const known = history.map((row) => `v${row.number}`).join(", ");
  throw new NotFoundError(
    "WINDLASS_DEPLOYMENT_NOT_FOUND",
    `app "${app}" has no deployment v${Number(number)} any more; it has ${known}`,
    { hint: "the last ten are kept; check out what was deployed and run `windlass deploy`" },
  );
}

/** Says of a deployment who made it, unless another one is the current by now. */
export async function labelDeployment(
  rows: Rows,
  app: string,
  { row, label }: { readonly row: DeploymentRow; readonly label: DeploymentLabel },
): Promise<DeploymentRow> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const [current, listed] = await Promise.all([
      rows.get<DeploymentRow>(deploymentKey(app)),
      rows.get<DeploymentRow>(historyKey(app, row.number)),
    ]);
    if (listed === undefined || current?.body.number !== row.number) return row;
    const isWritten = await writeTogether(rows, [
      {
        kind: "put",
        key: deploymentKey(app),
        body: { ...current.body, label },
        expected: current.version,
      },
      {
        kind: "put",
        key: historyKey(app, row.number),
        body: { ...listed.body, label },
        expected: listed.version,
      },
    ]);
    if (isWritten) return { ...row, label };
  }
  return row;
}
