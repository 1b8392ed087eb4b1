import type {
  CapacityAction,
  CapacityPool,
  CapacityState,
  HostPurpose,
  HostState,
} from "./capacity-state.ts";
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
import type { HostType } from "./host-types.ts";
import { chooseOffer } from "./offers.ts";
import { plan } from "./plan.ts";
import { planHosts } from "./plan-hosts.ts";
import { hostText } from "./prices.ts";
import { tellNext, tellNone, tellPassed } from "./trail.ts";

/** A host with what this plan leaves of it. */
interface Slot {
  /** Undefined for one that this plan buys. */
  readonly host: HostState | undefined;
  /** In the cluster comes before on its way. */
  readonly order: number;
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
  readonly purposes: Map<string, HostPurpose>;
}

const ORDER: readonly HostState["status"][] = ["active", "closing", "booting", "buying"];

/**
 * Containers to start and where, hosts to buy, to close and to end. A pure function of what is known, so that the
 * controller on AWS and the simulator decide alike.
 */
export function planCapacity(state: CapacityState, now: number): CapacityAction[] {
  const actions: CapacityAction[] = [];
  const slots = slotsOf(state);
  const used = new Set<string>();
  const byKey = new Map(state.pools.map((pool) => [pool.key, pool]));
  // Who has the fewest is served first: a large map does not keep a single call waiting.
  const ordered = [...state.pools].sort((a, b) => a.containers.length - b.containers.length);
  for (const action of plan(ordered, now)) {
    const pool = byKey.get(action.pool);
    if (pool === undefined) continue;
    if (action.kind === "stop") {
      actions.push({ kind: "drain", pool: action.pool, container: action.container });
    } else if (pool.startAfter > now) {
      const reason = `its last container could not start: ${pool.startError ?? "no reason is known"}`;
      actions.push({ kind: "wait", pool: pool.key, count: action.count, reason });
    } else {
      actions.push(...start(pool, action.count, { state, now, slots, used }));
    }
  }
  for (const { host, type, market, trail, purposes } of slots) {
    if (host !== undefined) continue;
    const bought = state.types.find(({ name }) => name === type);
    if (bought === undefined) continue;
    actions.push({ kind: "buy", type: bought, market, trail, boughtFor: [...purposes.values()] });
  }
  return [...actions, ...planHosts(state, used, now)];
}

interface Planning {
  readonly state: CapacityState;
  readonly now: number;
  readonly slots: Slot[];
  readonly used: Set<string>;
}

function start(pool: CapacityPool, count: number, planning: Planning): CapacityAction[] {
  const actions: CapacityAction[] = [];
  const waits = new Map<string, Wait>();
  const wait = (reason: string, amount: number, trying?: string): void => {
    const count = (waits.get(reason)?.count ?? 0) + amount;
    const said = { kind: "wait", pool: pool.key, count, reason } as const;
    waits.set(reason, trying === undefined ? said : { ...said, trying });
  };
  for (let left = count; left > 0; left -= 1) {
    const slot = findSlot(pool.needs, planning.slots) ?? buy(pool, left, planning);
    if (typeof slot === "string") {
      wait(slot, left);
      break;
    }
    const { gpus } = claim(slot, pool);
    if (slot.host?.status === "active") {
      planning.used.add(slot.host.id);
      actions.push({ kind: "place", pool: pool.key, host: slot.host.id, gpus });
      continue;
    }
    if (slot.host !== undefined && !planning.used.has(slot.host.id)) {
      planning.used.add(slot.host.id);
      if (slot.host.status === "closing") actions.push({ kind: "reopen", host: slot.host.id });
    }
    const { reason, trying } = whyWait(slot, pool);
    wait(reason, 1, trying);
  }
  return [...actions, ...waits.values()];
}

type Wait = Extract<CapacityAction, { kind: "wait" }>;

/** A host is on its way; what was tried before it concerns those that it was bought for. */
function whyWait(slot: Slot, pool: CapacityPool): { reason: string; trying?: string } {
  const { type, market, usdPerHour, trail } = slot;
  const boots = `a host boots: ${hostText({ name: type, usdPerHour }, market)}`;
  if (trail === "" || slot.buyer !== pool.key) return { reason: boots };
  const reason = `${trail}; ${boots}`;
  return slot.host === undefined ? { reason, trying: `${trail}, trying ${slot.next}` } : { reason };
}

/** Where it fits: in the cluster before on its way, then by the GPU, and where the least is left over. */
function findSlot(needs: Needs, slots: readonly Slot[]): Slot | undefined {
  let best: Slot | undefined;
  for (const slot of slots) {
    if (claimOn(needs, slot, slot.room) === undefined) continue;
    if (best === undefined || isBetter(slot, best, needs)) best = slot;
  }
  return best;
}

function isBetter(a: Slot, b: Slot, needs: Needs): boolean {
  if (a.order !== b.order) return a.order < b.order;
  const wish = a.gpu === b.gpu ? 0 : rankOf(needs, a.gpu) - rankOf(needs, b.gpu);
  if (wish !== 0) return wish < 0;
  // Those about to be idle are left to become so.
  if (isUsed(a) !== isUsed(b)) return isUsed(a);
  if (a.usdPerHour !== b.usdPerHour) return a.usdPerHour < b.usdPerHour;
  return a.room.memoryMiB < b.room.memoryMiB;
}

function isUsed({ host, purposes }: Slot): boolean {
  return (host !== undefined && host.tasks > 0) || purposes.size > 0;
}

/** A slot on a host to be bought, or why there is none. */
function buy(pool: CapacityPool, count: number, { state, now, slots }: Planning): Slot | string {
  const choice = chooseOffer(pool.needs, count, { sale: state, now });
  if (choice.kind === "none") return tellNone(choice);
  const { offer, gpus, passed } = choice;
  const { type, market } = offer;
  const slot: Slot = {
    ...{
      host: undefined,
      order: ORDER.length,
      type: type.name,
      gpu: type.gpu,
      market,
      usdPerHour: type.usdPerHour,
    },
    ...{ trail: tellPassed(passed, offer), buyer: pool.key, next: tellNext(offer, gpus, passed) },
    room: roomOf(type, state.learned),
    purposes: new Map(),
  };
  slots.push(slot);
  return slot;
}

/** What a container takes of a slot that has room for it. */
function claim(slot: Slot, { key, needs }: CapacityPool): Room {
  const wanted = claimOn(needs, slot, slot.room) ?? { cpu: 0, memoryMiB: 0, gpus: 0 };
  slot.room = subtract(slot.room, wanted);
  const count = (slot.purposes.get(key)?.count ?? 0) + 1;
  slot.purposes.set(key, { pool: key, needs, count });
  return wanted;
}

/** Hosts with room. */
function slotsOf(state: CapacityState): Slot[] {
  const planned = new Set(state.pools.map(({ key }) => key));
  const types = new Map(state.types.map((type) => [type.name, type]));
  return state.hosts
    .filter((host) => host.status !== "leaving" && (host.isConnected || isComing(host)))
    .map((host) => {
      const { type, market, trail } = host;
      const { gpu = null, usdPerHour = 0 }: Partial<HostType> = types.get(type) ?? {};
      const room = isComing(host) ? freeOf(host, { gpu, market }, planned) : host.room;
      const buyer = host.boughtFor[0]?.pool;
      const purposes = new Map<string, HostPurpose>();
      const order = ORDER.indexOf(host.status);
      return {
        host,
        order,
        type,
        gpu,
        market,
        usdPerHour,
        trail,
        buyer,
        next: type,
        room,
        purposes,
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
