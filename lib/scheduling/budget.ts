import type { CapacityState, HostState } from "./capacity-state.ts";
import type { HostType } from "./host-types.ts";
import { isWithin, priceText } from "./prices.ts";
import { isComing } from "./slot.ts";

/** So many pools are named as those that have the hosts. */
const MAX_NAMED = 3;

/**
 * What the limits of the environment leave to buy. A host counts from the intention to buy it, whether or not EC2 has
 * answered, until it has ended.
 */
export class Budget {
  readonly #state: CapacityState;
  readonly #prices: ReadonlyMap<string, number>;
  /** Hosts that may still be bought; less than none where the limit was lowered. */
  hosts: number;
  /** Dollars an hour that they may cost. */
  usd: number;
  #owners: string | undefined;

  constructor(state: CapacityState) {
    this.#state = state;
    this.#prices = new Map(state.types.map(({ name, usdPerHour }) => [name, usdPerHour]));
    this.hosts = (state.maxHosts ?? Number.POSITIVE_INFINITY) - state.hosts.length;
    this.usd = state.maxTotalUsdPerHour ?? Number.POSITIVE_INFINITY;
    for (const host of state.hosts) this.usd -= this.priceOf(host);
  }

  /** One of a type that this version does not know is taken to be as dear as may be. */
  priceOf({ type }: Pick<HostState, "type">): number {
    return this.#prices.get(type) ?? this.#state.maxUsdPerHour;
  }

  allows({ usdPerHour }: HostType): boolean {
    return this.hosts >= 1 && isWithin(usdPerHour, this.usd);
  }

  spend({ usdPerHour }: HostType): void {
    this.hosts -= 1;
    this.usd -= usdPerHour;
  }

  /** Why a host of this type is not bought, and who has those that there are. */
  tell({ name, usdPerHour }: HostType): string {
    const { maxHosts = 0, maxTotalUsdPerHour } = this.#state;
    const limit =
      this.hosts < 1
        ? `limit of ${maxHosts} ${maxHosts === 1 ? "host" : "hosts"} is reached`
        : `limit of $${maxTotalUsdPerHour}/h for all hosts has no room for ${name}, ${priceText(usdPerHour)}`;
    this.#owners ??= ownersText(this.#state);
    return `the environment's ${limit}${this.#owners}`;
  }
}

/** `: media/resize has 3, media/crop has 1`. */
function ownersText(state: CapacityState): string {
  const counts = hostCounts(state);
  const most = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, MAX_NAMED);
  const texts = most.map(([pool, count]) => `${pool.replace(" ", "/")} has ${count}`);
  const others = counts.size - most.length;
  if (others > 0) texts.push(`${others} ${others === 1 ? "other has" : "others have"} the rest`);
  return texts.length === 0 ? "" : `: ${texts.join(", ")}`;
}

/** How many hosts each pool has containers on, or is to get. */
function hostCounts({ pools, hosts }: CapacityState): ReadonlyMap<string, number> {
  const ids = new Set(hosts.map(({ id }) => id));
  const owned = comingHosts(hosts);
  for (const { key, containers, leaving = [] } of pools) {
    const own = owned.get(key) ?? new Set();
    for (const { host = "" } of containers) if (ids.has(host)) own.add(host);
    for (const host of leaving) if (ids.has(host)) own.add(host);
    if (own.size > 0) owned.set(key, own);
  }
  return new Map([...owned].map(([pool, own]) => [pool, own.size]));
}

function comingHosts(hosts: readonly HostState[]): Map<string, Set<string>> {
  const coming = new Map<string, Set<string>>();
  for (const { id, boughtFor } of hosts.filter(isComing)) {
    for (const { pool } of boughtFor) coming.set(pool, (coming.get(pool) ?? new Set()).add(id));
  }
  return coming;
}
