import type {
  CapacityAction,
  CapacityPool,
  CapacityState,
} from "../../lib/scheduling/capacity-state.ts";
import { HOST_TYPES } from "../../lib/scheduling/host-types.ts";
import { planCapacity } from "../../lib/scheduling/plan-capacity.ts";
import { offerKey, type Rest } from "../../lib/scheduling/rests.ts";

export const NOW = 1_000_000;

/** How often a property is tried: where thousands of mutants meet it, less often. */
export function runs(usual: number): number {
  return Math.ceil(usual * Number(process.env["WINDLASS_PROPERTY_SHARE"] ?? 1));
}

/** A pool for which one container is wanted. */
export function poolOf(needs: Partial<CapacityPool["needs"]>): CapacityPool {
  return {
    key: "f",
    backlog: 1,
    running: 0,
    inputMs: undefined,
    containers: [],
    minContainers: 0,
    maxContainers: 1000,
    maxWorking: 1000,
    bufferContainers: 0,
    scaledownWindowMs: 60_000,
    targetInputs: 1,
    startupMs: 10_000,
    needs: { cpu: 128, memoryMiB: 128, gpu: [], spot: "prefer", architecture: "amd64", ...needs },
    startAfter: 0,
    startError: null,
  };
}

/** Nothing but what is for sale. */
export function saleOf(given: Partial<CapacityState>): CapacityState {
  return {
    ...{ pools: [], hosts: [], types: HOST_TYPES, learned: {}, resting: {}, maxUsdPerHour: 10 },
    ...given,
  };
}

export type Buy = Extract<CapacityAction, { kind: "buy" }>;
export type Wait = Extract<CapacityAction, { kind: "wait" }>;

/** What is bought for one container, and what it is told meanwhile. */
export function next(
  needs: Partial<CapacityPool["needs"]>,
  given: Partial<CapacityState> = {},
): { readonly buy: Buy | undefined; readonly wait: Wait | undefined } {
  const actions = planCapacity(saleOf({ pools: [poolOf(needs)], ...given }), NOW);
  return {
    buy: actions.find((action) => action.kind === "buy"),
    wait: actions.find((action) => action.kind === "wait"),
  };
}

/** What rests for want of stock. */
export function soldOut(...zones: readonly string[]): Rest {
  return { until: NOW + 1, why: "stock", zones };
}

/** All purchases in the order in which they are tried, while EC2 has nothing. */
export function walk(
  needs: Partial<CapacityPool["needs"]>,
  given: Partial<CapacityState> = {},
): Buy[] {
  const tried: Buy[] = [];
  const resting: Record<string, Rest> = { ...given.resting };
  for (;;) {
    const { buy } = next(needs, { ...given, resting });
    if (buy === undefined) return tried;
    tried.push(buy);
    resting[offerKey(buy.type.name, buy.market)] = soldOut("us-east-1a", "us-east-1b");
  }
}
