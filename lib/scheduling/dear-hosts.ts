import type { CapacityPool, CapacityState, HostState } from "./capacity-state.ts";
import type { Needs } from "./fit.ts";
import { claimOn, timesIn } from "./fit.ts";
import { needsKey } from "./needs-key.ts";
import { chooseOffer } from "./offers.ts";
import type { ContainerState, PoolState } from "./plan.ts";
import { HOST_WINDOW_MS } from "./plan-hosts.ts";
import { isComing, type Slot } from "./slot.ts";

/** Within this factor the next size costs about the same, and is there now. */
const MAX_FACTOR = 2;
/** For so long from its purchase on a host is for those that it was bought for: the first of them has then come. */
const BOUGHT_MS = 120_000;
const BOOT_MS = 50_000;
const TIMEOUT_MS = 300_000;

/**
 * Which hosts are too dear for a container that has room there. One that joins a host keeps it on for as long as it stays:
 * a call a minute would keep eight GPUs for one. So it joins a dearer host than it would be bought only where that is on
 * for as long anyway, or where what it adds to the time of the dear one costs no more than a host of its own for all of
 * its time.
 */
export class DearHosts {
  readonly #state: CapacityState;
  readonly #now: number;
  readonly #pools: ReadonlyMap<string, CapacityPool>;
  /** Dollars an hour of the host that one container would be bought, by what it needs. */
  readonly #own: Map<string, number> = new Map();
  #stays: ReadonlyMap<string, Stay> | undefined;

  constructor(state: CapacityState, now: number) {
    this.#state = state;
    this.#now = now;
    this.#pools = new Map(state.pools.map((pool) => [pool.key, pool]));
  }

  /** True where one of this many containers of a pool may join the host. */
  isWorth(slot: Slot, pool: CapacityPool, count: number): boolean {
    const { host, usdPerHour } = slot;
    if (host === undefined && slot.buyer === pool.key) return true;
    if (host !== undefined && isBoughtFor(host, pool, this.#now)) return true;
    const own = this.#ownUsd(pool.needs);
    if (usdPerHour <= MAX_FACTOR * own * togetherOn(slot, pool, count)) return true;
    const staysMs = stayOf(pool, count) + HOST_WINDOW_MS;
    const endsInMs = this.#endsInMs(slot);
    if (staysMs <= endsInMs) return true;
    const { bootMs = BOOT_MS } = this.#state;
    const isKept = staysMs === Number.POSITIVE_INFINITY;
    return !isKept && (staysMs - endsInMs) * usdPerHour <= (bootMs + staysMs) * own;
  }

  /** Without anything for sale no host that is there is too dear. */
  #ownUsd(needs: Needs): number {
    const key = needsKey(needs);
    const known = this.#own.get(key);
    if (known !== undefined) return known;
    const choice = chooseOffer(needs, 1, { sale: this.#state, now: this.#now });
    const usd = choice.kind === "buy" ? choice.offer.type.usdPerHour : Number.POSITIVE_INFINITY;
    this.#own.set(key, usd);
    return usd;
  }

  /** How long a host is on without the container, by what is known of those that it has or is to get. */
  #endsInMs({ host, purposes }: Slot): number {
    let stayMs = 0;
    for (const key of purposes?.keys() ?? []) {
      const pool = this.#pools.get(key);
      if (pool !== undefined) stayMs = Math.max(stayMs, stayOf(pool, 1));
    }
    if (host === undefined) return stayMs + HOST_WINDOW_MS;
    // It was bought for somebody, of whom nothing is known here.
    if (isComing(host)) return Number.POSITIVE_INFINITY;
    this.#stays ??= staysOf(this.#state, this.#now);
    const { containers = 0, ms = 0 } = this.#stays.get(host.id) ?? {};
    // Others are on it that are not planned now: nothing is known of them.
    if (host.tasks > containers) return Number.POSITIVE_INFINITY;
    stayMs = Math.max(stayMs, ms);
    const idleMs = host.tasks === 0 && host.idleSince !== null ? this.#now - host.idleSince : 0;
    return Math.max(0, stayMs + HOST_WINDOW_MS - idleMs);
  }
}

function isBoughtFor({ boughtFor, boughtAt }: HostState, { key }: PoolState, now: number): boolean {
  return now - boughtAt < BOUGHT_MS && boughtFor.some(({ pool }) => pool === key);
}

/** How many of the containers that a pool is to get share the host, those that it has got there included. */
function togetherOn(slot: Slot, { key, needs }: CapacityPool, count: number): number {
  const claim = claimOn(needs, slot, slot.room);
  const more = claim === undefined ? 0 : Math.min(count, timesIn(slot.room, claim));
  return more + (slot.purposes?.get(key)?.count ?? 0);
}

/** What is known of the containers on a host. */
interface Stay {
  readonly containers: number;
  /** Until the last of them ends. */
  readonly ms: number;
}

function staysOf({ pools }: CapacityState, now: number): ReadonlyMap<string, Stay> {
  const stays = new Map<string, Stay>();
  const note = (host: string, stayMs: number): void => {
    const { containers = 0, ms = 0 } = stays.get(host) ?? {};
    stays.set(host, { containers: containers + 1, ms: Math.max(ms, stayMs) });
  };
  for (const pool of pools) {
    for (const one of pool.containers)
      if (one.host !== undefined) note(one.host, leftOf(one, pool, now));
    for (const host of pool.leaving ?? []) note(host, 0);
  }
  return stays;
}

/** How long one of so many containers that start now stays. */
function stayOf(pool: CapacityPool, count: number): number {
  if (pool.containers.length < pool.minContainers) return Number.POSITIVE_INFINITY;
  return workOf(pool, count) + pool.scaledownWindowMs;
}

/** How long one that is there stays. */
function leftOf(container: ContainerState, pool: CapacityPool, now: number): number {
  if (pool.containers.length <= pool.minContainers) return Number.POSITIVE_INFINITY;
  const { status, idleSince, busySince = now } = container;
  if (status === "idle" && pool.backlog === 0) {
    return Math.max(0, pool.scaledownWindowMs - (now - idleSince));
  }
  return Math.max(0, workOf(pool, 0) - (now - busySince)) + pool.scaledownWindowMs;
}

/** The work at hand for each container; of an input that nobody has measured, the longest that it may take. */
function workOf(pool: CapacityPool, coming: number): number {
  const { backlog, running, containers, inputMs, targetInputs, timeoutMs = TIMEOUT_MS } = pool;
  const each = (backlog + running) / (targetInputs * Math.max(1, containers.length + coming));
  return Math.max(1, each) * (inputMs ?? timeoutMs);
}
