import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { columns, shortTime } from "../columns.ts";

/** A deployment as `--json` has it. */
export function deploymentInfo(row: DeploymentRow, current: number): object {
  const { number, at, codeHash, label } = row;
  return {
    deployment: number,
    isCurrent: number === current,
    deployedAt: new Date(at).toISOString(),
    change: changeOf(row),
    client: label?.client ?? null,
    by: label?.by ?? null,
    commit: label?.commit ?? null,
    tag: label?.tag ?? null,
    codeHash,
  };
}

/** A table of deployments. */
export function historyLines(history: readonly DeploymentRow[], current: number): string {
  return columns([
    ["Version", "Time deployed", "Change", "Client", "Deployed by", "Commit", "Tag"],
    ...history.map((row) => {
      const { number, at, label } = row;
      return [
        `v${number}${number === current ? " (current)" : ""}`,
        ...[shortTime(at), changeOf(row), label?.client ?? "-", label?.by ?? "-"],
        ...[label?.commit ?? "-", label?.tag ?? "-"],
      ];
    }),
  ]);
}

/** What a deployment did: `code` came alone, `stack` with CloudFormation. */
function changeOf({ label, isAhead }: DeploymentRow): string {
  if (label?.rollbackTo !== undefined) return `rollback to v${label.rollbackTo}`;
  if (label?.isRollover === true) return "rollover";
  return isAhead ? "code" : "stack";
}
