import type { DeploymentFinishedEvent } from "../../events.ts";
import type { DeploymentRow } from "../deployment-row.ts";

/** The event of a deployment that has become the current one. */
export function finishedEvent(
  { number, at, codeHash, label }: DeploymentRow,
  of: Pick<DeploymentFinishedEvent, "app" | "environment" | "change">,
): DeploymentFinishedEvent {
  return {
    ...{ version: 1, name: "deployment.finished", at: new Date(at).toISOString(), ...of },
    ...{ deployment: number, codeHash, tag: label?.tag ?? null },
  };
}
