import { NotFoundError } from "../../errors.ts";
import type { DeploymentLabel, DeploymentRow } from "../deployment-row.ts";
import { bundleObject, deploymentKey } from "../keys.ts";
import type { Objects } from "../objects.ts";
import type { Rows } from "../rows.ts";
import { type FlipClock, flipDeployment, type NextDeployment } from "./flip-deployment.ts";

export interface CodePorts {
  readonly rows: Rows;
  readonly objects: Objects;
  readonly clock: FlipClock;
}

/** An app as it is to be deployed. */
export interface CodeDeployment {
  readonly app: string;
  readonly code: string;
  /** SHA-256 of the code. */
  readonly codeHash: string;
  readonly specHash: string;
  readonly templateHash: string;
  readonly label?: DeploymentLabel | undefined;
}

/**
 * Deploys an app of which nothing but the code has changed: one object and one row, ahead of the stack. Resolves to
 * the deployment that is then current, or to undefined when the stack has to be updated.
 */
export async function deployCode(
  ports: CodePorts,
  deployment: CodeDeployment,
): Promise<DeploymentRow | undefined> {
  const { app, code, codeHash, label } = deployment;
  const found = await ports.rows.get<DeploymentRow>(deploymentKey(app));
  if (!isOnlyCode(found?.body, deployment)) return undefined;
  if (found?.body.codeHash === codeHash) return found.body;
  let isStill = false;
  const row = await flipDeployment(ports.rows, {
    app,
    decide: (current) => {
      isStill = isOnlyCode(current, deployment);
      return isStill && current !== undefined
        ? ahead(current, { codeHash, isAhead: true, label })
        : undefined;
    },
    store: () => ports.objects.put(bundleObject(app, codeHash), code),
    clock: ports.clock,
  });
  return isStill ? row : undefined;
}

/** A deployment of what is deployed already, or of code that was deployed with the same stack. */
export interface Redeployment {
  readonly app: string;
  /** The earlier deployment; undefined: the current one once more, with new containers. */
  readonly target: DeploymentRow | undefined;
  readonly label: DeploymentLabel;
}

/**
 * Puts the code of an earlier deployment in place of the current one: one row. Resolves to undefined where that had
 * another stack.
 *
 * @throws NotFoundError when its code has been removed
 */
export async function redeployCode(
  ports: CodePorts,
  { app, target, label }: Redeployment,
): Promise<DeploymentRow | undefined> {
  let codeHash: string | undefined;
  const row = await flipDeployment(ports.rows, {
    app,
    decide: (current) => {
      codeHash = undefined;
      if (current === undefined) return undefined;
      if (target !== undefined && !hasSameStack(current, target)) return undefined;
      codeHash = target?.codeHash ?? current.codeHash;
      return ahead(current, { codeHash, isAhead: target !== undefined || current.isAhead, label });
    },
    store: () => keepCode(ports.objects, { app, codeHash: codeHash ?? "", label }),
    clock: ports.clock,
  });
  return codeHash === undefined ? undefined : row;
}

/** Written again: a sweep that began before this may take it for old. */
async function keepCode(
  objects: Objects,
  { app, codeHash, label }: Pick<Redeployment, "app" | "label"> & { readonly codeHash: string },
): Promise<void> {
  const key = bundleObject(app, codeHash);
  const code = await objects.get(key).catch((cause: unknown) => {
    if (!(cause instanceof NotFoundError)) throw cause;
    throw new NotFoundError(
      "WINDLASS_DEPLOYMENT_SWEPT",
      `the code of deployment v${label.rollbackTo} of app "${app}" has been removed`,
      { cause, hint: "the last ten deployments are kept; deploy that code with `windlass deploy`" },
    );
  });
  await objects.put(key, code);
}

/** Task definitions get new names when a stack comes back to a template, so its manifest is another one then. */
function hasSameStack(current: DeploymentRow, target: DeploymentRow): boolean {
  if (current.manifestKey === target.manifestKey) return true;
  return target.templateHash !== "" && isOnlyCode(current, target);
}

function isOnlyCode(
  current: DeploymentRow | undefined,
  { specHash, templateHash }: Pick<DeploymentRow, "specHash" | "templateHash">,
): boolean {
  return current?.specHash === specHash && current.templateHash === templateHash;
}

function ahead(
  { number: _, at: __, removed: ___, scaling: ____, label: _____, ...current }: DeploymentRow,
  given: Pick<DeploymentRow, "codeHash" | "isAhead"> & {
    readonly label: DeploymentLabel | undefined;
  },
): NextDeployment {
  const { label, ...next } = given;
  return { ...current, ...next, ...(label !== undefined && { label }), removes: [] };
}
