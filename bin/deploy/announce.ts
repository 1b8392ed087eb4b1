import { CLIENT_CONFIG } from "../../lib/aws/client-config.ts";
import { finishedEvent } from "../../lib/aws/deploy/finished-event.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import type { DeploymentFinishedEvent } from "../../lib/events.ts";
import type { Steps } from "./steps.ts";

/** Puts the event of a deployment that came without CloudFormation on the bus. An environment need not have one. */
export async function announce(
  row: DeploymentRow,
  given: Pick<DeploymentFinishedEvent, "app" | "environment" | "change"> & {
    readonly steps: Steps;
  },
): Promise<void> {
  const { app, environment, change, steps } = given;
  try {
    const { EventBridgeClient } = await import("@aws-sdk/client-eventbridge");
    const { EventBridgeBus } = await import("../../lib/aws/event-bus.ts");
    const client = new EventBridgeClient({ ...CLIENT_CONFIG, maxAttempts: 2 });
    const bus = new EventBridgeBus(client, environment);
    await bus.put([finishedEvent(row, { app, environment, change })]);
  } catch (error) {
    steps.detail(`no event deployment.finished: ${String(error)}`);
  }
}
