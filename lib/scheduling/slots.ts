import type { CapacityPool, CapacityState } from "./capacity-state.ts";
import { DearHosts } from "./dear-hosts.ts";
import { claimOn, type Needs, type Room, roomOf, subtract } from "./fit.ts";
import { Heap } from "./heap.ts";
import { kindKey, needsKey } from "./needs-key.ts";
import type { Offer } from "./rests.ts";
import { BOUGHT_ORDER, fits, isBetter, type Slot, slotsOf } from "./slot.ts";

/** The slots for one kind of needs. */
interface Line {
  /** The best first, as they were at some time. */
  readonly slots: readonly Slot[];
  /** Changes before that time. */
  readonly seen: number;
}

/** What is known for one kind and size of needs. */
interface Found {
  readonly line: readonly Slot[];
  /** Up to here nothing of the line fits. */
  at: number;
  /** Changes before this one are in `changed`. */
  seen: number;
  /** Slots that are better than in the line or came after it, as far as they fit; those that changed often are there often. */
  readonly changed: Heap<Slot>;
}

/**
 * Hosts with room. They are put in order once for each kind of needs, and each size of needs walks along that line once.
 * That will do, since what does not fit now will not fit later, and a change makes a slot better and no other worse:
 * slots that have changed are looked at apart.
 */
export class Slots {
  readonly #state: CapacityState;
  readonly #dear: DearHosts;
  readonly #all: Slot[];
  /** Of each kind as much as its smallest container takes. */
  readonly #least: ReadonlyMap<string, Needs>;
  readonly #lines: Map<string, Line> = new Map();
  readonly #found: Map<string, Found> = new Map();
  /** Slots whose room has changed, in order; one that changed often is there often. */
  readonly #changed: Slot[] = [];
  /** The same, each once. */
  readonly #better: Set<Slot> = new Set();

  /** `pools` are those that may look for room. */
  constructor(state: CapacityState, pools: readonly CapacityPool[], now: number) {
    this.#state = state;
    this.#dear = new DearHosts(state, now);
    this.#all = slotsOf(state);
    this.#least = leastOf(pools);
  }

  get all(): readonly Slot[] {
    return this.#all;
  }

  /** The best slot that has room for one of these containers and costs no more than to buy one for them. */
  find(pool: CapacityPool, count: number): Slot | undefined {
    const best = this.findAny(pool);
    if (best === undefined || this.#dear.isWorth(best, pool, count)) return best;
    return this.#nextWorth(pool, count);
  }

  /** The best of those that are not too dear: of the line, or of those that have become better since. */
  #nextWorth(pool: CapacityPool, count: number): Slot | undefined {
    const { needs } = pool;
    const { line, at } = this.#foundFor(needs);
    const isWorth = (slot: Slot): boolean =>
      fits(slot, needs) && this.#dear.isWorth(slot, pool, count);
    let next: Slot | undefined;
    for (let place = at; next === undefined && place < line.length; place += 1) {
      const slot = line[place];
      if (slot !== undefined && isWorth(slot)) next = slot;
    }
    for (const slot of this.#better) {
      // What costs the least to find out comes first.
      if (next !== undefined && !isBetter(slot, next, needs)) continue;
      if (isWorth(slot)) next = slot;
    }
    return next;
  }

  /** The best slot that has room for a container, whatever it costs. */
  findAny({ needs }: CapacityPool): Slot | undefined {
    const found = this.#foundFor(needs);
    const { line, changed } = found;
    for (; found.seen < this.#changed.length; found.seen += 1) {
      const slot = this.#changed[found.seen];
      if (slot !== undefined && fits(slot, needs)) changed.push(slot);
    }
    while (changed.first !== undefined && !fits(changed.first, needs)) changed.pop();
    let next = line[found.at];
    while (next !== undefined && !fits(next, needs)) {
      found.at += 1;
      next = line[found.at];
    }
    const { first } = changed;
    if (first === undefined || next === undefined) return first ?? next;
    return isBetter(next, first, needs) ? next : first;
  }

  /** A host to be bought. */
  add({ type, market }: Offer, told: Pick<Slot, "trail" | "next" | "buyer" | "isPromised">): Slot {
    const { name, gpu, architecture, usdPerHour } = type;
    const slot: Slot = {
      host: undefined,
      order: BOUGHT_ORDER + Number(told.isPromised),
      index: this.#all.length,
      type: name,
      gpu,
      architecture,
      market,
      usdPerHour,
      trail: told.trail,
      buyer: told.buyer,
      next: told.next,
      room: roomOf(type, this.#state.learned),
      isEnding: false,
      isPromised: told.isPromised,
      purposes: undefined,
    };
    this.#all.push(slot);
    this.#noteChange(slot);
    return slot;
  }

  /** What a container takes of a slot that has room for it. */
  claim(slot: Slot, { key, needs }: CapacityPool): Room {
    const wanted = claimOn(needs, slot, slot.room) ?? { cpu: 0, memoryMiB: 0, gpus: 0 };
    slot.room = subtract(slot.room, wanted);
    slot.purposes ??= new Map();
    const count = (slot.purposes.get(key)?.count ?? 0) + 1;
    slot.purposes.set(key, { pool: key, needs, count });
    this.#noteChange(slot);
    return wanted;
  }

  /** Leaves a slot this room at most. */
  withhold(slot: Slot, room: Room): void {
    slot.room = {
      cpu: Math.min(slot.room.cpu, room.cpu),
      memoryMiB: Math.min(slot.room.memoryMiB, room.memoryMiB),
      gpus: Math.min(slot.room.gpus, room.gpus),
    };
    this.#noteChange(slot);
  }

  #noteChange(slot: Slot): void {
    this.#changed.push(slot);
    this.#better.add(slot);
  }

  #foundFor(needs: Needs): Found {
    const key = needsKey(needs);
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const { slots, seen } = this.#lineFor(needs);
    const changed = new Heap<Slot>((a, b) => isBetter(a, b, needs));
    const found: Found = { line: slots, at: 0, seen, changed };
    this.#found.set(key, found);
    return found;
  }

  #lineFor(needs: Needs): Line {
    const key = kindKey(needs);
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const least = this.#least.get(key) ?? needs;
    const slots = this.#all
      .filter((slot) => fits(slot, least))
      .sort((a, b) => (isBetter(a, b, needs) ? -1 : 1));
    const line = { slots, seen: this.#changed.length };
    this.#lines.set(key, line);
    return line;
  }
}

function leastOf(pools: readonly CapacityPool[]): ReadonlyMap<string, Needs> {
  const least = new Map<string, Needs>();
  for (const { needs } of pools) {
    const key = kindKey(needs);
    const { cpu, memoryMiB } = least.get(key) ?? needs;
    least.set(key, {
      ...needs,
      cpu: Math.min(cpu, needs.cpu),
      memoryMiB: Math.min(memoryMiB, needs.memoryMiB),
    });
  }
  return least;
}
