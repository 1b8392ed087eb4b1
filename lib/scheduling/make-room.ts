import type { Budget } from "./budget.ts";
import type { CapacityAction, CapacityState } from "./capacity-state.ts";
import type { Share } from "./fair-shares.ts";
import { add, claimOn, subtract } from "./fit.ts";
import {
  busyOf,
  byWorth,
  claimOf,
  type Giver,
  giversOf,
  type Held,
  isFor,
  leave,
  mayGive,
  mayGiveEach,
  mayGiveOne,
} from "./givers.ts";
import type { HostType } from "./host-types.ts";
import { kindKey } from "./needs-key.ts";
import { isWithin } from "./prices.ts";
import type { Slots } from "./slots.ts";

/** For so many containers at most others end at once; the next plan goes on. */
const MAX_MADE = 20;

/** Who asked in vain. */
interface Tried {
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly count: number;
}

/** Containers of one host that would end. */
interface Sacrifice {
  readonly giver: Giver;
  readonly held: readonly Held[];
}

export interface RoomOptions {
  readonly state: CapacityState;
  readonly slots: Slots;
  readonly budget: Budget;
  readonly shares: readonly Share[];
  /** Containers that this plan ends anyway. */
  readonly stopping: ReadonlySet<string>;
  readonly now: number;
}

/**
 * Room for pools that a limit of the environment holds back: first what becomes free by itself, then what containers of
 * other pools leave, see `mayGive`. They finish what they have taken, and end.
 */
export class RoomMaker {
  readonly #options: RoomOptions;
  readonly #givers: ReadonlyMap<string, Giver>;
  /** Hosts of those for containers of each kind. */
  readonly #byKind: Map<string, readonly Giver[]> = new Map();
  /** Hosts with those first that the fewest lose by; undefined after somebody has given way. */
  #inOrder: Giver[] | undefined;
  readonly #ending: Map<string, string> = new Map();
  readonly #drains: CapacityAction[] = [];
  /** Hosts that containers leave. */
  readonly #left: Set<Giver> = new Set();
  /** What no room could be made for. */
  readonly #failed: Map<string, Tried[]> = new Map();
  /** What ends beyond what was promised. */
  #spareHosts = 0;
  #spareUsd = 0;
  #made = 0;

  constructor(options: RoomOptions) {
    this.#options = options;
    const { state, slots, shares, stopping } = options;
    this.#givers = giversOf({ hosts: state.hosts, slots: slots.all, shares, stopping });
    for (const giver of this.#givers.values()) if (giver.leaving > 0) this.#left.add(giver);
  }

  /** Hosts that end, each with the pool that another is bought for then. */
  get ending(): ReadonlyMap<string, string> {
    return this.#ending;
  }

  get drains(): readonly CapacityAction[] {
    return this.#drains;
  }

  /** True when containers that leave a host make room there for one of this pool. */
  onHost(claimant: Share): boolean {
    if (this.#claimComing(claimant)) return true;
    const isGiven = this.#try("one host", claimant, () => {
      if (this.#made >= MAX_MADE) return false;
      const least = this.#leastOnOneHost(claimant);
      if (least !== undefined) this.#give(least, claimant);
      return least !== undefined;
    });
    return isGiven && this.#claimComing(claimant);
  }

  /** True when hosts end, so that one of this type can then be bought for the pool. */
  forHost(claimant: Share, type: HostType): boolean {
    const { hosts, usd } = this.#options.budget;
    const lacks = { hosts: Math.max(0, 1 - hosts), usd: Math.max(0, type.usdPerHour - usd) };
    return this.#try(type.name, claimant, () => {
      const free = this.#endings();
      if (this.#end(free, { claimant, type, lacks })) return true;
      if (this.#made >= MAX_MADE) return false;
      return this.#end([...free, ...this.#wholeHosts()], { claimant, type, lacks });
    });
  }

  /** Who needs as much as one that found none, and has as many containers, finds none either. */
  #try(where: string, { count, pool }: Share, make: () => boolean): boolean {
    const { cpu, memoryMiB } = pool.needs;
    const key = `${where} ${kindKey(pool.needs)}`;
    const failed = this.#failed.get(key) ?? [];
    const isHopeless = failed.some(
      (one) => one.cpu <= cpu && one.memoryMiB <= memoryMiB && one.count <= count,
    );
    if (isHopeless) return false;
    const isMade = make();
    if (!isMade) this.#failed.set(key, [...failed, { cpu, memoryMiB, count }]);
    return isMade;
  }

  #claimComing(claimant: Share): boolean {
    const { slots } = this.#options;
    const { needs } = claimant.pool;
    for (const giver of this.#left) {
      const { slot, leaving } = giver;
      if (slot === undefined || slot.isEnding || leaving === 0) continue;
      if (slot.room.cpu + giver.coming.cpu < needs.cpu) continue;
      const both = add(slot.room, giver.coming);
      const claim = claimOn(needs, slot, both);
      if (claim === undefined) continue;
      const left = subtract(both, claim);
      slots.withhold(slot, left);
      giver.coming = subtract(left, slot.room);
      giver.isPromised = true;
      return true;
    }
    return false;
  }

  #leastOnOneHost(claimant: Share): Sacrifice | undefined {
    let best: Sacrifice | undefined;
    for (const giver of this.#giversFor(claimant)) {
      if (best !== undefined && !mayBeLess(giver, best.held)) continue;
      const held = this.#leastOn(giver, claimant);
      if (held === undefined) continue;
      if (best === undefined || isLess(held, best.held)) best = { giver, held };
      // No other host can do with less.
      if (held.length === 1 && busyOf(held) === 0) break;
    }
    return best;
  }

  /** Hosts in the cluster that its containers may run on at all. */
  #giversFor(claimant: Share): readonly Giver[] {
    const key = kindKey(claimant.pool.needs);
    const known = this.#byKind.get(key);
    if (known !== undefined) return known;
    const givers = [...this.#givers.values()].filter(
      ({ slot, host }) => slot !== undefined && host.status === "active" && isFor(claimant, slot),
    );
    this.#byKind.set(key, givers);
    return givers;
  }

  #leastOn({ slot, coming, held }: Giver, claimant: Share): Held[] | undefined {
    const { needs } = claimant.pool;
    const { now } = this.#options;
    if (slot === undefined || slot.isEnding || held.length === 0) return undefined;
    const willing = held.filter((one) => mayGiveOne(one, claimant, { now, before: 0 }));
    let room = add(slot.room, coming);
    const given = new Map<Share, number>();
    const taken: Held[] = [];
    for (const one of willing.sort(byWorth)) {
      if (claimOn(needs, slot, room) !== undefined) break;
      const before = given.get(one.share) ?? 0;
      if (!mayGiveOne(one, claimant, { now, before })) continue;
      given.set(one.share, before + 1);
      taken.push(one);
      room = add(room, claimOf(one.share, slot));
    }
    return claimOn(needs, slot, room) === undefined ? undefined : taken;
  }

  /** Hosts that become free without anybody giving way. */
  #endings(): Sacrifice[] {
    return [...this.#givers.values()]
      .filter((giver) => endsAnyway(giver) && this.#isFree(giver))
      .map((giver) => ({ giver, held: [] }));
  }

  /** Hosts that are free once all containers on them have given way, those first where that costs the least. */
  #wholeHosts(): Sacrifice[] {
    this.#inOrder ??= [...this.#givers.values()].sort(byLoss);
    return this.#inOrder
      .filter((giver) => !endsAnyway(giver) && this.#isFree(giver))
      .map((giver) => ({ giver, held: giver.held }));
  }

  /** True for a host that this plan puts nothing on, and whose containers are all known. */
  #isFree({ host, slot, held, leaving, isPromised }: Giver): boolean {
    const isTaken = slot?.purposes !== undefined;
    if (isTaken || isPromised || this.#ending.has(host.id)) return false;
    if (host.status === "leaving") return true;
    if (host.status === "closing") return host.tasks === 0;
    return host.status === "active" && host.isConnected && host.tasks <= held.length + leaving;
  }

  #end(
    candidates: readonly Sacrifice[],
    {
      claimant,
      type,
      lacks,
    }: {
      readonly claimant: Share;
      readonly type: HostType;
      readonly lacks: { readonly hosts: number; readonly usd: number };
    },
  ): boolean {
    const { budget, now } = this.#options;
    let [hosts, usd] = [this.#spareHosts, this.#spareUsd];
    const given = new Map<Share, number>();
    const chosen: Sacrifice[] = [];
    for (const one of candidates) {
      if (hosts >= lacks.hosts && isWithin(lacks.usd, usd)) break;
      if (!mayGiveEach(one.held, claimant, { now, given })) continue;
      const tried = new Map(given);
      if (!mayGive(one.held, claimant, { now, given: tried })) continue;
      for (const [share, count] of tried) given.set(share, count);
      chosen.push(one);
      hosts += 1;
      usd += budget.priceOf(one.giver.host);
    }
    if (hosts < lacks.hosts || !isWithin(lacks.usd, usd)) return false;
    for (const one of chosen) this.#give(one, claimant, { isWhole: true });
    this.#spareHosts = hosts - lacks.hosts;
    this.#spareUsd = usd - lacks.usd;
    // What is left now is kept for it: others would spend it bit by bit.
    budget.hosts -= 1 - lacks.hosts;
    budget.usd -= type.usdPerHour - lacks.usd;
    return true;
  }

  #give({ giver, held }: Sacrifice, claimant: Share, { isWhole = false } = {}): void {
    const pool = claimant.pool.key;
    const isGiven = held.length > 0;
    if (isGiven) this.#inOrder = undefined;
    for (const { share, container } of [...held]) {
      share.count -= 1;
      if (container.status === "idle") giver.idle -= 1;
      leave(giver, share);
      giver.held.splice(
        giver.held.findIndex((one) => one.container === container),
        1,
      );
      const of = { pool: share.pool.key, container: container.id };
      this.#drains.push({ kind: "drain", ...of, for: pool });
    }
    if (isGiven) this.#made += 1;
    this.#left.add(giver);
    if (!isWhole) return;
    this.#ending.set(giver.host.id, pool);
    if (giver.slot !== undefined) giver.slot.isEnding = true;
  }
}

function endsAnyway({ host, held }: Giver): boolean {
  return host.status === "leaving" || held.length === 0;
}

/** At best one container gives way there, an idle one if there is any. */
function mayBeLess({ idle }: Giver, than: readonly Held[]): boolean {
  return than.length > 1 || (busyOf(than) > 0 && idle > 0);
}

/** Those first that the fewest lose by. */
function byLoss(a: Giver, b: Giver): number {
  return a.held.length - a.idle - (b.held.length - b.idle) || a.held.length - b.held.length;
}

function isLess(a: readonly Held[], b: readonly Held[]): boolean {
  return (busyOf(a) - busyOf(b) || a.length - b.length) < 0;
}
