import type { CapacityPool, CapacityState } from "./capacity-state.ts";
import {
  claimOn,
  type HostKind,
  type Market,
  marketsOf,
  type Needs,
  type Room,
  roomOf,
} from "./fit.ts";
import { needsKey } from "./needs-key.ts";

/** Less than the cheapest host costs an hour. */
const LEAST_USD = 0.01;

/** What a pool has of what the environment may have, as far as it is planned. */
export interface Share {
  readonly pool: CapacityPool;
  /** Of equals the first is served first. */
  readonly index: number;
  /** One container's part of the scarcest limit, from 0 on. */
  readonly weight: number;
  /** Containers that it has or is to get. */
  count: number;
}

/**
 * Shares by dominant resource fairness, which is max-min fairness where there is more than one resource (Ghodsi et al.,
 * "Dominant Resource Fairness", NSDI 2011). The resources are what the environment limits: hosts, and dollars an hour. A
 * container takes of both what it takes of the cheapest host that holds it; its weight is the larger of the two parts,
 * so a pool of GPUs and one of cores are equal when each has the same part of what it has the most of.
 */
export function sharesOf(pools: readonly CapacityPool[], state: CapacityState): Share[] {
  const weights = new Map<string, number>();
  const sold = byPrice(state);
  return pools.map((pool, index) => {
    const key = needsKey(pool.needs);
    const weight = weights.get(key) ?? weightOf(pool.needs, sold, state);
    weights.set(key, weight);
    return { pool, index, weight, count: pool.containers.length };
  });
}

/**
 * Who gets the next container: who lacks one of its `minContainers`, then who has the smallest share. So who has nothing
 * comes before the second of any other.
 */
export function isNext(a: Share, b: Share): boolean {
  if (lacksMinimum(a) !== lacksMinimum(b)) return lacksMinimum(a);
  const difference = a.count * a.weight - b.count * b.weight;
  return difference === 0 ? a.index < b.index : difference < 0;
}

export function lacksMinimum({ count, pool }: Share): boolean {
  return count < pool.minContainers;
}

interface Sold {
  readonly usd: number;
  readonly room: Room;
  readonly kinds: Readonly<Record<Market, HostKind>>;
}

function byPrice({ types, learned }: CapacityState): Sold[] {
  return [...types]
    .sort((a, b) => a.usdPerHour - b.usdPerHour)
    .map((type) => {
      const { usdPerHour: usd, gpu, architecture } = type;
      const kindOf = (market: Market): HostKind => ({ gpu, architecture, market });
      const kinds = { spot: kindOf("spot"), "on-demand": kindOf("on-demand") };
      return { usd, kinds, room: roomOf(type, learned) };
    });
}

function weightOf(needs: Needs, sold: readonly Sold[], state: CapacityState): number {
  const { maxHosts = Number.POSITIVE_INFINITY, maxTotalUsdPerHour = Number.POSITIVE_INFINITY } =
    state;
  const { part, usd } = cheapestFor(needs, sold) ?? { part: 0, usd: 0 };
  // Of nothing at all the parts are as those of the least.
  return Math.max(
    part / Math.max(1, maxHosts),
    (part * usd) / Math.max(LEAST_USD, maxTotalUsdPerHour),
  );
}

/** The price of the cheapest host that holds a container, and the part of it that this takes. */
function cheapestFor(
  needs: Needs,
  sold: readonly Sold[],
): { readonly part: number; readonly usd: number } | undefined {
  const [market = "on-demand"] = marketsOf(needs);
  for (const { usd, kinds, room } of sold) {
    const claim = claimOn(needs, kinds[market], room);
    if (claim === undefined) continue;
    const parts = [claim.cpu / room.cpu, claim.memoryMiB / room.memoryMiB];
    if (claim.gpus > 0) parts.push(claim.gpus / room.gpus);
    return { part: Math.max(...parts), usd };
  }
  return undefined;
}
