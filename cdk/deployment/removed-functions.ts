import type { DemandPorts } from "../../lib/aws/demand.ts";
import { functionsWithCalls } from "../../lib/aws/deploy/open-calls.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import { InvalidError } from "../../lib/errors.ts";
import type { DeploymentObjects } from "./objects.ts";
import type { DeploymentRequest } from "./request.ts";

export interface RemovalPorts extends DemandPorts {
  readonly objects: DeploymentObjects;
  /** True while CloudFormation brings this stack back: what it asks for then must not be refused. */
  isRollback(stackId: string): Promise<boolean>;
}

/**
 * Functions and classes of the current deployment that the next one has no more.
 * @throws InvalidError when one of them has open calls, which are not to be dropped
 */
export async function removedFunctions(
  { StackId, ResourceProperties: { app, dropCalls } }: DeploymentRequest,
  {
    current,
    kept,
  }: { readonly current: DeploymentRow | undefined; readonly kept: ReadonlySet<string> },
  ports: RemovalPorts,
): Promise<string[]> {
  if (current === undefined) return [];
  // Written by a deployment.
  const manifest = JSON.parse(await ports.objects.read(current.manifestKey)) as Manifest;
  const removed = Object.keys(manifest.functions).filter((name) => !kept.has(name));
  if (dropCalls === "true") return removed;
  const open = await functionsWithCalls(manifest, removed, ports);
  if (open.length === 0 || (await ports.isRollback(StackId))) return removed;
  const names = open.map((name) => `"${name}"`).join(", ");
  throw new InvalidError(
    "WINDLASS_OPEN_CALLS",
    `app "${app}" has open calls of ${names}, which this deployment removes`,
    {
      hint: "let them end (counts of SQS follow within a minute), cancel them, or let them fail: `windlass deploy --drop-calls`, or `dropCalls: true` of the construct",
    },
  );
}
