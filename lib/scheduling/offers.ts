import type { CapacityState } from "./capacity-state.ts";
import { claimOn, fits, type Needs, parseGpu, roomOf, timesIn } from "./fit.ts";
import type { HostType } from "./host-types.ts";

/** A dearer type than this many times the best one is no replacement for it. */
const MAX_FACTOR = 2;

/** What to buy, or why nothing can be bought now. */
export type Choice =
  | { readonly kind: "buy"; readonly type: HostType }
  | { readonly kind: "none"; readonly reason: string };

/**
 * The type of host for this many containers: of the first GPU in the order of preference that is for sale, the one
 * that holds them for the least money, and of equals the one with the fewest hosts.
 */
export function chooseType(
  needs: Needs,
  count: number,
  { state, now }: { readonly state: CapacityState; readonly now: number },
): Choice {
  const wishes = needs.gpu.length === 0 ? [[]] : needs.gpu.map((wish) => [wish]);
  let reason: string | undefined;
  for (const gpu of wishes) {
    const choice = chooseOf({ ...needs, gpu }, count, { state, now });
    if (choice.kind === "buy") return choice;
    reason ??= choice.reason;
  }
  return { kind: "none", reason: reason ?? "" };
}

function chooseOf(
  needs: Needs,
  count: number,
  { state, now }: { readonly state: CapacityState; readonly now: number },
): Choice {
  const able = state.types
    .map((type) => ({ type, ...costOf(type, { needs, count, state }) }))
    .filter(({ usd }) => Number.isFinite(usd))
    .sort((a, b) => a.usd - b.usd || a.hosts - b.hosts || compare(a.type.name, b.type.name));
  const [best] = able;
  if (best === undefined) return { kind: "none", reason: `no host type has ${describe(needs)}` };
  const payable = able.filter(({ type }) => type.usdPerHour <= state.maxUsdPerHour);
  if (payable[0] === undefined) {
    const cheapest = able.reduce((a, b) => (b.type.usdPerHour < a.type.usdPerHour ? b : a)).type;
    const price = `${cheapest.name} costs $${cheapest.usdPerHour.toFixed(2)}/h`;
    return {
      kind: "none",
      reason: `${price}, above the limit of $${state.maxUsdPerHour}/h a host`,
    };
  }
  const limit = payable[0].usd * MAX_FACTOR;
  const offers = payable.filter(({ usd }) => usd <= limit);
  const free = offers.find(({ type }) => (state.resting[type.name]?.until ?? 0) <= now);
  if (free !== undefined) return { kind: "buy", type: free.type };
  return { kind: "none", reason: state.resting[payable[0].type.name]?.reason ?? "" };
}

function costOf(
  type: HostType,
  given: { readonly needs: Needs; readonly count: number; readonly state: CapacityState },
): { readonly usd: number; readonly hosts: number } {
  const never = { usd: Number.POSITIVE_INFINITY, hosts: 0 };
  const claim = claimOn(given.needs, type.gpu);
  if (claim === undefined) return never;
  const room = roomOf(type, given.state.learned);
  if (!fits(room, claim)) return never;
  const hosts = Math.ceil(given.count / timesIn(room, claim));
  // Sizes of a family cost the same for the same: rounding must not tell them apart.
  return { usd: Number((hosts * type.usdPerHour).toFixed(6)), hosts };
}

function describe({ cpu, memoryMiB, gpu }: Needs): string {
  const [wish] = gpu;
  const gpus = wish === undefined ? "" : `${parseGpu(wish).count} × ${wish.split(":")[0]}, `;
  return `${gpus}${cpu / 1024} vCPUs and ${memoryMiB} MiB for one container`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : 1;
}
