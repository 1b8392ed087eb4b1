import type { CapacityPool } from "../scheduling/capacity-state.ts";
import type { HostLimits } from "../scheduling/first-offers.ts";
import { needsOf } from "../scheduling/fit.ts";
import { HOST_TYPES, type HostType } from "../scheduling/host-types.ts";
import { planCapacity } from "../scheduling/plan-capacity.ts";
import { type FunctionSpec, targetInputs } from "../spec.ts";

/** A host that is there without a single call. */
export interface KeptHost {
  readonly type: HostType;
  /** Functions whose containers it is for, with how many of each. */
  readonly containers: Readonly<Record<string, number>>;
}

/**
 * Hosts that `minContainers` keeps: those that the controller would buy for them in an environment that has none. A class
 * with parameters has as many containers for each set of them that was called; it is counted once.
 */
export function keptHosts(functions: readonly FunctionSpec[], limits: HostLimits): KeptHost[] {
  const pools = functions.filter(({ minContainers }) => minContainers > 0).map(toIdlePool);
  if (pools.length === 0) return [];
  const state = { pools, hosts: [], types: HOST_TYPES, learned: {}, resting: {}, ...limits };
  return planCapacity(state, 0).flatMap((action) => {
    if (action.kind !== "buy") return [];
    const containers = action.boughtFor.map(({ pool, count }) => [pool, count] as const);
    return [{ type: action.type, containers: Object.fromEntries(containers) }];
  });
}

/** A function that nobody calls. */
function toIdlePool(spec: FunctionSpec): CapacityPool {
  const { name, minContainers, maxContainers, bufferContainers, scaledownWindowSeconds } = spec;
  const most = maxContainers ?? minContainers;
  return {
    ...{ key: name, backlog: 0, running: 0, inputMs: undefined, containers: [] },
    ...{ minContainers, bufferContainers, maxContainers: most, maxWorking: most },
    scaledownWindowMs: scaledownWindowSeconds * 1000,
    ...{ targetInputs: targetInputs(spec), needs: needsOf(spec), startAfter: 0, startError: null },
  };
}
