import type { AutoscalerSettings } from "../backend.ts";
import { ExecutionError } from "../errors.ts";
import type { DeploymentRow } from "./deployment-row.ts";
import { deploymentKey } from "./keys.ts";
import type { Rows } from "./rows.ts";

/** Every container reads them with each beat. */
const MAX_POOLS = 200;

/** What `updateAutoscaler` has set for one pool. */
export interface PoolScaling extends AutoscalerSettings {
  /** Number of the deployment that it was set for: the next one starts anew. */
  readonly deployment: number;
}

/** What holds for the pools of a deployment, by their keys. */
export function scalingOf(
  row: Pick<DeploymentRow, "number" | "scaling"> | undefined,
): Readonly<Record<string, AutoscalerSettings>> {
  const all = Object.entries(row?.scaling ?? {});
  const current = all.filter(([, { deployment }]) => deployment === row?.number);
  return Object.fromEntries(
    current.map(([pool, { deployment: _, ...settings }]) => [pool, settings]),
  );
}

/** Sets some of a pool's settings, the others stay. Resolves once it is written. */
export async function writeScaling(
  rows: Rows,
  { app, pool }: { readonly app: string; readonly pool: string },
  settings: AutoscalerSettings,
): Promise<void> {
  const key = deploymentKey(app);
  for (;;) {
    const found = await rows.get<DeploymentRow>(key);
    // Removed just now: whoever calls it next is told.
    if (found === undefined) return;
    const before = scalingOf(found.body);
    const all = { ...before, [pool]: { ...before[pool], ...settings } };
    if (Object.keys(all).length > MAX_POOLS) throw tooMany(app);
    const { number: deployment } = found.body;
    const scaling: Record<string, PoolScaling> = {};
    for (const [name, one] of Object.entries(all)) scaling[name] = { ...one, deployment };
    if (await rows.put(key, { ...found.body, scaling }, found.version)) return;
  }
}

function tooMany(app: string): ExecutionError {
  return new ExecutionError(
    "WINDLASS_TOO_MANY_AUTOSCALERS",
    `updateAutoscaler() was called for ${MAX_POOLS} functions and parameter sets of app "${app}" since it was deployed`,
    { hint: "set what all parameter sets share in the options of their class" },
  );
}
