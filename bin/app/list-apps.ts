import type { ContainerRow } from "../../lib/aws/container-row.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { appKey, containerKey, deploymentKey, runKey } from "../../lib/aws/keys.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import { columns, shortTime } from "../columns.ts";

/** A deployed app. */
interface AppInfo {
  readonly name: string;
  /** `ephemeral`: of a run on AWS, which removes it. */
  readonly state: "deployed" | "ephemeral";
  readonly deployment: number;
  readonly deployedAt: string;
  readonly tag: string | null;
  /** Those that start, work, or finish what they have. */
  readonly containers: number;
}

/** The apps of an environment, by their names. */
export async function listApps(rows: Rows): Promise<AppInfo[]> {
  const listed = await rows.list(appKey("").pk);
  const found = await Promise.all(listed.map(({ sk: app }) => infoOf(rows, app)));
  return found.filter((one) => one !== undefined);
}

async function infoOf(rows: Rows, app: string): Promise<AppInfo | undefined> {
  const [current, run, containers] = await Promise.all([
    rows.get<DeploymentRow>(deploymentKey(app)),
    rows.get(runKey(app)),
    rows.list<ContainerRow>(containerKey(app, "").pk),
  ]);
  if (current === undefined) return undefined;
  const { number, at, label } = current.body;
  return {
    name: app,
    state: run === undefined ? "deployed" : "ephemeral",
    deployment: number,
    deployedAt: new Date(at).toISOString(),
    tag: label?.tag ?? null,
    containers: containers.filter(({ body }) => body.status !== "ended").length,
  };
}

/** A table of them. */
export function appLines(apps: readonly AppInfo[], environment: string): string {
  if (apps.length === 0) return `no app is deployed in environment ${environment}`;
  return columns([
    ["App", "State", "Version", "Time deployed", "Containers", "Tag"],
    ...apps.map(({ name, state, deployment, deployedAt, containers, tag }) => [
      ...[name, state, `v${deployment}`, shortTime(Date.parse(deployedAt))],
      ...[String(containers), tag ?? "-"],
    ]),
  ]);
}
