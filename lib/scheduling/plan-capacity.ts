import type { CapacityAction, CapacityPool, CapacityState } from "./capacity-state.ts";
import { plan } from "./plan.ts";
import { planHosts } from "./plan-hosts.ts";
import { serveInTurn } from "./serve-in-turn.ts";
import { shareOut } from "./share-out.ts";
import type { Slot } from "./slot.ts";
import type { Serving, Wish } from "./starts.ts";

/** A host that is bought takes about this long to join its cluster. */
const BOOT_MS = 50_000;

/**
 * Containers to start and where, hosts to buy, to close and to end. A pure function of what is known, so that the
 * controller on AWS and the simulator decide alike.
 */
export function planCapacity(state: CapacityState, now: number): CapacityAction[] {
  const awaiting = poolsAwaiting(state);
  // Who has the fewest is served first: a large map does not keep a single call waiting. Of equals it is who waits for a
  // host: that would else end for another as soon as it is there, and the other's for this one, and so on for ever.
  const pools = [...state.pools].sort(
    (a, b) =>
      a.containers.length - b.containers.length ||
      Number(awaiting.has(b.key)) - Number(awaiting.has(a.key)),
  );
  const { decided, ...wished } = wishesOf(pools, state, now);
  const serving: Serving = { ...wished, pools, state, now };
  const { slots, actions, used, ending } = serveInTurn(serving) ?? shareOut(serving);
  return [
    ...decided,
    ...actions,
    ...slots.all.flatMap((slot) => purchaseOf(slot, state)),
    ...planHosts(state, { used, ending }, now),
  ];
}

/** Pools that hosts were bought for on which nothing has run. */
function poolsAwaiting({ hosts }: CapacityState): ReadonlySet<string> {
  const fresh = hosts.filter(({ tasks, workedAt }) => tasks === 0 && workedAt === undefined);
  return new Set(fresh.flatMap(({ boughtFor }) => boughtFor.map(({ pool }) => pool)));
}

/** Containers that end for want of work, and those that are to start. */
function wishesOf(
  pools: readonly CapacityPool[],
  state: CapacityState,
  now: number,
): Pick<Serving, "wishes" | "stopping"> & { readonly decided: readonly CapacityAction[] } {
  const byKey = new Map(pools.map((pool) => [pool.key, pool]));
  const decided: CapacityAction[] = [];
  const wishes: Wish[] = [];
  const stopping = new Set<string>();
  const worthBoot = worthBootOf(pools, state, now);
  for (const action of plan(pools, now)) {
    const pool = byKey.get(action.pool);
    if (pool === undefined) continue;
    if (action.kind === "stop") {
      stopping.add(action.container);
      decided.push({ kind: "drain", pool: action.pool, container: action.container });
    } else if (pool.startAfter > now) {
      const reason = `its last container could not start: ${pool.startError ?? "no reason is known"}`;
      decided.push({ kind: "wait", pool: pool.key, count: action.count, reason });
    } else {
      wishes.push({ pool, count: action.count, worthBoot: worthBoot.get(pool.key) ?? 0 });
    }
  }
  return { decided, wishes, stopping };
}

/** Containers of each pool that would be wanted if a host had to boot for each of them. */
function worthBootOf(
  pools: readonly CapacityPool[],
  { bootMs = BOOT_MS }: CapacityState,
  now: number,
): ReadonlyMap<string, number> {
  const slow = pools.map((pool) => ({ ...pool, startupMs: (pool.startupMs ?? 0) + bootMs }));
  return new Map(
    plan(slow, now).flatMap((action) =>
      action.kind === "start" ? [[action.pool, action.count]] : [],
    ),
  );
}

function purchaseOf(slot: Slot, { types }: CapacityState): CapacityAction[] {
  const { host, isPromised, market, trail, purposes } = slot;
  if (host !== undefined || isPromised) return [];
  const type = types.find(({ name }) => name === slot.type);
  if (type === undefined) return [];
  return [{ kind: "buy", type, market, trail, boughtFor: [...(purposes?.values() ?? [])] }];
}
