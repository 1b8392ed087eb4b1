import type { CapacityPool, CapacityState, HostPurpose, HostState } from "./capacity-state.ts";
import {
  claimOn,
  type HostKind,
  type Market,
  type Needs,
  type Room,
  rankOf,
  roomOf,
  subtract,
} from "./fit.ts";
import { Heap } from "./heap.ts";
import type { HostType } from "./host-types.ts";
import type { Offer } from "./rests.ts";

/** A host with what this plan leaves of it. */
export interface Slot {
  /** Undefined for one that this plan buys. */
  readonly host: HostState | undefined;
  /** In the cluster comes before on its way. */
  readonly order: number;
  /** Of equals the first is taken. */
  readonly index: number;
  readonly type: string;
  readonly gpu: string | null;
  readonly market: Market;
  readonly usdPerHour: number;
  /** What was tried before it, and for whom. */
  readonly trail: string;
  readonly buyer: string | undefined;
  /** What it is called while it is asked for. */
  readonly next: string;
  room: Room;
  /** It is to end: nothing more goes there. */
  isEnding: boolean;
  /** It is bought once another has ended. */
  readonly isPromised: boolean;
  readonly purposes: Map<string, HostPurpose>;
}

/** What was found for the same needs before, and how much has changed since. */
interface Found {
  best: Slot | undefined;
  seen: number;
  searches: number;
  /** Slots that fit, once so many were full; those that were claimed since are there again. */
  heap: Heap<Slot> | undefined;
}

/** From then on it is cheaper to put all in order than to look at all. */
const MAX_SEARCHES = 4;

const ORDER: readonly HostState["status"][] = ["active", "closing", "booting", "buying"];

/**
 * Hosts with room. For each kind of needs the best host is known until it is full: a claim makes a host better for the
 * next container and no other worse, and what does not fit now will not fit later.
 */
export class Slots {
  readonly #state: CapacityState;
  readonly #all: Slot[];
  /** Those that have room for the smallest container, by their GPU. */
  readonly #open: Map<string | null, Slot[]> = new Map();
  readonly #found: Map<string, Found> = new Map();
  /** Slots whose room has changed, in order. */
  readonly #changed: Slot[] = [];

  constructor(state: CapacityState) {
    this.#state = state;
    this.#all = slotsOf(state);
    const cpu = Math.min(...state.pools.map(({ needs }) => needs.cpu));
    const memoryMiB = Math.min(...state.pools.map(({ needs }) => needs.memoryMiB));
    for (const slot of this.#all) {
      if (slot.room.cpu >= cpu && slot.room.memoryMiB >= memoryMiB) this.#addOpen(slot);
    }
  }

  get all(): readonly Slot[] {
    return this.#all;
  }

  /** Where it fits: in the cluster before on its way, then by the GPU, and where the least is left over. */
  find({ needs }: CapacityPool): Slot | undefined {
    const key = needsKey(needs);
    const known = this.#found.get(key);
    if (known === undefined) {
      const best = this.#search(needs);
      this.#found.set(key, { best, seen: this.#changed.length, searches: 1, heap: undefined });
      return best;
    }
    this.#catchUp(known, needs);
    if (known.best !== undefined && !fits(known.best, needs)) known.best = this.#next(known, needs);
    return known.best;
  }

  /** A host to be bought. */
  add({ type, market }: Offer, told: Pick<Slot, "trail" | "next" | "buyer" | "isPromised">): Slot {
    const { name, gpu, usdPerHour } = type;
    const slot: Slot = {
      ...{ host: undefined, index: this.#all.length, isEnding: false },
      order: ORDER.length + Number(told.isPromised),
      ...{ type: name, gpu, market, usdPerHour, ...told },
      room: roomOf(type, this.#state.learned),
      purposes: new Map(),
    };
    this.#all.push(slot);
    this.#addOpen(slot);
    this.#changed.push(slot);
    return slot;
  }

  /** What a container takes of a slot that has room for it. */
  claim(slot: Slot, { key, needs }: CapacityPool): Room {
    const wanted = claimOn(needs, slot, slot.room) ?? { cpu: 0, memoryMiB: 0, gpus: 0 };
    slot.room = subtract(slot.room, wanted);
    const count = (slot.purposes.get(key)?.count ?? 0) + 1;
    slot.purposes.set(key, { pool: key, needs, count });
    this.#changed.push(slot);
    return wanted;
  }

  /** Leaves a slot this room at most. */
  withhold(slot: Slot, room: Room): void {
    slot.room = {
      cpu: Math.min(slot.room.cpu, room.cpu),
      memoryMiB: Math.min(slot.room.memoryMiB, room.memoryMiB),
      gpus: Math.min(slot.room.gpus, room.gpus),
    };
    this.#changed.push(slot);
  }

  /** Looks at what has changed since the last time. */
  #catchUp(known: Found, needs: Needs): void {
    for (; known.seen < this.#changed.length; known.seen += 1) {
      const slot = this.#changed[known.seen];
      if (slot === undefined || !fits(slot, needs)) continue;
      known.heap?.push(slot);
      if (known.best === undefined || isBetter(slot, known.best, needs)) known.best = slot;
    }
  }

  #next(known: Found, needs: Needs): Slot | undefined {
    known.searches += 1;
    if (known.searches <= MAX_SEARCHES) return this.#search(needs);
    if (known.heap === undefined) {
      known.heap = new Heap((a, b) => isBetter(a, b, needs));
      for (const slot of this.#openTo(needs)) if (fits(slot, needs)) known.heap.push(slot);
    }
    for (;;) {
      const { first } = known.heap;
      if (first === undefined || fits(first, needs)) return first;
      known.heap.pop();
    }
  }

  #addOpen(slot: Slot): void {
    const known = this.#open.get(slot.gpu);
    if (known === undefined) this.#open.set(slot.gpu, [slot]);
    else known.push(slot);
  }

  #openTo(needs: Needs): readonly Slot[] {
    if (needs.gpu.length === 0) return this.#open.get(null) ?? [];
    return [...this.#open].flatMap(([gpu, slots]) => (rankOf(needs, gpu) < 0 ? [] : slots));
  }

  #search(needs: Needs): Slot | undefined {
    let best: Slot | undefined;
    for (const slot of this.#openTo(needs)) {
      if (!fits(slot, needs)) continue;
      if (best === undefined || isBetter(slot, best, needs)) best = slot;
    }
    return best;
  }
}

const keys: WeakMap<Needs, string> = new WeakMap();

/** The same for the same needs. */
export function needsKey(needs: Needs): string {
  const known = keys.get(needs);
  if (known !== undefined) return known;
  const { cpu, memoryMiB, gpu, spot } = needs;
  const key = `${cpu} ${memoryMiB} ${spot} ${gpu.join()}`;
  keys.set(needs, key);
  return key;
}

function fits(slot: Slot, needs: Needs): boolean {
  const { room } = slot;
  if (room.cpu < needs.cpu || room.memoryMiB < needs.memoryMiB || slot.isEnding) return false;
  return claimOn(needs, slot, room) !== undefined;
}

function isBetter(a: Slot, b: Slot, needs: Needs): boolean {
  if (a.order !== b.order) return a.order < b.order;
  const wish = a.gpu === b.gpu ? 0 : rankOf(needs, a.gpu) - rankOf(needs, b.gpu);
  if (wish !== 0) return wish < 0;
  // Those about to be idle are left to become so.
  if (isUsed(a) !== isUsed(b)) return isUsed(a);
  if (a.usdPerHour !== b.usdPerHour) return a.usdPerHour < b.usdPerHour;
  if (a.room.memoryMiB !== b.room.memoryMiB) return a.room.memoryMiB < b.room.memoryMiB;
  return a.index < b.index;
}

function isUsed({ host, purposes }: Slot): boolean {
  return (host !== undefined && host.tasks > 0) || purposes.size > 0;
}

function slotsOf(state: CapacityState): Slot[] {
  const planned = new Set(state.pools.map(({ key }) => key));
  const types = new Map(state.types.map((type) => [type.name, type]));
  return state.hosts
    .filter((host) => host.status !== "leaving" && (host.isConnected || isComing(host)))
    .map((host, index) => {
      const { type, market, trail } = host;
      const { gpu = null, usdPerHour = 0 }: Partial<HostType> = types.get(type) ?? {};
      return {
        ...{ host, order: ORDER.indexOf(host.status), index },
        ...{ isEnding: false, isPromised: false },
        ...{ type, gpu, market, usdPerHour },
        ...{ trail, buyer: host.boughtFor[0]?.pool, next: type },
        room: isComing(host) ? freeOf(host, { gpu, market }, planned) : host.room,
        purposes: new Map<string, HostPurpose>(),
      };
    });
}

function isComing({ status }: HostState): boolean {
  return status === "buying" || status === "booting";
}

/** On hosts still to come, what was bought for pools not planned now is theirs. */
function freeOf(
  { room, boughtFor }: HostState,
  kind: HostKind,
  planned: ReadonlySet<string>,
): Room {
  let left = room;
  for (const { pool, needs, count } of boughtFor) {
    for (let nth = planned.has(pool) ? count : 0; nth < count; nth += 1) {
      const wanted = claimOn(needs, kind, left);
      if (wanted === undefined) break;
      left = subtract(left, wanted);
    }
  }
  return left;
}
