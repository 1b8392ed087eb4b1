import { ECSClient } from "@aws-sdk/client-ecs";
import { CLIENT_CONFIG } from "../../lib/aws/client-config.ts";
import { stopOlderContainers } from "../../lib/aws/deploy/containers.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { countOf } from "./describe-deployment.ts";
import type { EnvironmentPorts } from "./prepare-deployment.ts";
import type { Steps } from "./steps.ts";

/** Stops the containers of the deployments before this one: what they run starts again in new ones. */
export async function replaceContainers(
  { facts, rows }: EnvironmentPorts,
  given: { readonly app: string; readonly row: DeploymentRow; readonly steps: Steps },
): Promise<void> {
  const { app, row, steps } = given;
  const stopped = await stopOlderContainers(new ECSClient(CLIENT_CONFIG), {
    ...{ cluster: facts["cluster-name"], rows, app, number: row.number },
  });
  steps.done(`stopped ${countOf(stopped, "container")} of earlier deployments`);
}
