import type {
  CapacityAction,
  CapacityPool,
  CapacityState,
  HostState,
} from "../../lib/scheduling/capacity-state.ts";
import type { ContainerState } from "../../lib/scheduling/plan.ts";
import { planCapacity } from "../../lib/scheduling/plan-capacity.ts";
import { NOW, poolOf, saleOf } from "./states.ts";

export const CPU = { cpu: 1024, memoryMiB: 1024, spot: "never" } as const;
export const L4 = { ...CPU, gpu: ["L4"] } as const;

export function pool(key: string, given: Partial<CapacityPool> = {}): CapacityPool {
  return { ...poolOf(CPU), key: `media ${key}`, backlog: 0, ...given };
}

/** A host on which nothing is left. */
export function host(id: string, given: Partial<HostState> = {}): HostState {
  return {
    ...{ id, type: "c6a.large", market: "on-demand", status: "active", boughtAt: NOW - 600_000 },
    ...{ isConnected: true, room: { cpu: 0, memoryMiB: 0, gpus: 0 }, tasks: 2 },
    ...{ idleSince: null, emptyAt: null, boughtFor: [], trail: "", ...given },
  };
}

export function gpuHost(id: string, given: Partial<HostState> = {}): HostState {
  return host(id, { type: "g6.xlarge", tasks: 1, ...given });
}

/** Busy containers that have been there for long, on these hosts. */
export function on(
  hosts: readonly string[],
  given: Partial<ContainerState> = {},
): ContainerState[] {
  return hosts.map((id, index) => {
    const known = { id: `${id}/${index}`, host: id, createdAt: NOW - 600_000, idleSince: 0 };
    return { ...known, status: "busy", ...given };
  });
}

export function busy(
  key: string,
  hosts: readonly string[],
  given: Partial<CapacityPool> = {},
): CapacityPool {
  const containers = on(hosts);
  return pool(key, { containers, running: containers.length, backlog: 50, ...given });
}

export function planOf(given: Partial<CapacityState>): CapacityAction[] {
  return planCapacity(saleOf(given), NOW);
}

export function of<Kind extends CapacityAction["kind"]>(
  actions: readonly CapacityAction[],
  kind: Kind,
): Extract<CapacityAction, { kind: Kind }>[] {
  return actions.filter(
    (action): action is Extract<CapacityAction, { kind: Kind }> => action.kind === kind,
  );
}
