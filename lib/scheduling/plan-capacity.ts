import type {
  CapacityAction,
  CapacityPool,
  CapacityState,
  HostPurpose,
  HostState,
} from "./capacity-state.ts";
import { claimOn, fits, type Needs, type Room, roomOf, subtract, times } from "./fit.ts";
import type { HostType } from "./host-types.ts";
import { chooseType } from "./offers.ts";
import { plan } from "./plan.ts";
import { planHosts } from "./plan-hosts.ts";

/** A host with what this plan leaves of it. */
interface Slot {
  /** Undefined for one that this plan buys. */
  readonly host: HostState | undefined;
  readonly type: string;
  readonly gpu: string | null;
  readonly usdPerHour: number;
  room: Room;
  readonly purposes: Map<string, HostPurpose>;
}

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
  for (const { host, type, purposes } of slots) {
    if (host !== undefined) continue;
    const bought = state.types.find(({ name }) => name === type);
    if (bought === undefined) continue;
    actions.push({ kind: "buy", type: bought, boughtFor: [...purposes.values()] });
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
  const waits = new Map<string, number>();
  for (let left = count; left > 0; left -= 1) {
    const slot = findSlot(pool.needs, planning.slots) ?? buy(pool.needs, left, planning);
    if (typeof slot === "string") {
      waits.set(slot, left);
      break;
    }
    claim(slot, pool);
    if (slot.host?.status === "active") {
      planning.used.add(slot.host.id);
      actions.push({ kind: "place", pool: pool.key, host: slot.host.id });
      continue;
    }
    if (slot.host !== undefined && !planning.used.has(slot.host.id)) {
      planning.used.add(slot.host.id);
      if (slot.host.status === "closing") actions.push({ kind: "reopen", host: slot.host.id });
    }
    const reason = `a host boots: ${slot.type}, $${slot.usdPerHour.toFixed(2)}/h`;
    waits.set(reason, (waits.get(reason) ?? 0) + 1);
  }
  const waiting = [...waits].map(
    ([reason, amount]) => ({ kind: "wait", pool: pool.key, count: amount, reason }) as const,
  );
  return [...actions, ...waiting];
}

/** Where it fits: in the cluster before on its way, and where the least is left over. */
function findSlot(needs: Needs, slots: readonly Slot[]): Slot | undefined {
  let best: Slot | undefined;
  for (const slot of slots) {
    const wanted = claimOn(needs, slot.gpu);
    if (wanted === undefined || !fits(slot.room, wanted)) continue;
    if (best === undefined || isBetter(slot, best)) best = slot;
  }
  return best;
}

const ORDER: readonly string[] = ["active", "closing", "booting", "buying", "new"];

function isBetter(a: Slot, b: Slot): boolean {
  const rank = (slot: Slot): number => ORDER.indexOf(slot.host?.status ?? "new");
  if (rank(a) !== rank(b)) return rank(a) < rank(b);
  // Those about to be idle are left to become so.
  const tasks = (slot: Slot): number =>
    Number((slot.host?.tasks ?? 0) > 0 || slot.purposes.size > 0);
  if (tasks(a) !== tasks(b)) return tasks(a) > tasks(b);
  if (a.usdPerHour !== b.usdPerHour) return a.usdPerHour < b.usdPerHour;
  return a.room.memoryMiB < b.room.memoryMiB;
}

/** A slot on a host to be bought, or why there is none. */
function buy(needs: Needs, count: number, { state, now, slots }: Planning): Slot | string {
  const choice = chooseType(needs, count, { state, now });
  if (choice.kind === "none") return choice.reason;
  const slot = newSlot(choice.type, state);
  slots.push(slot);
  return slot;
}

function newSlot(type: HostType, state: CapacityState): Slot {
  return {
    host: undefined,
    type: type.name,
    gpu: type.gpu,
    usdPerHour: type.usdPerHour,
    room: roomOf(type, state.learned),
    purposes: new Map(),
  };
}

function claim(slot: Slot, { key, needs }: CapacityPool): void {
  const wanted = claimOn(needs, slot.gpu);
  if (wanted === undefined) return;
  slot.room = subtract(slot.room, wanted);
  const count = (slot.purposes.get(key)?.count ?? 0) + 1;
  slot.purposes.set(key, { pool: key, needs, count });
}

/** Hosts with room. */
function slotsOf(state: CapacityState): Slot[] {
  const planned = new Set(state.pools.map(({ key }) => key));
  const types = new Map(state.types.map((type) => [type.name, type]));
  return state.hosts
    .filter((host) => host.isConnected || isComing(host))
    .map((host) => {
      const { gpu = null, usdPerHour = 0 } = types.get(host.type) ?? {};
      const room = isComing(host) ? freeOf(host, { gpu, planned }) : host.room;
      return { host, type: host.type, gpu, usdPerHour, room, purposes: new Map() };
    });
}

function isComing({ status }: HostState): boolean {
  return status === "buying" || status === "booting";
}

/** On hosts still to come, what was bought for pools not planned now is theirs. */
function freeOf(
  { room, boughtFor }: HostState,
  { gpu, planned }: { readonly gpu: string | null; readonly planned: ReadonlySet<string> },
): Room {
  return boughtFor.reduce((left, { pool, needs, count }) => {
    const wanted = planned.has(pool) ? undefined : claimOn(needs, gpu);
    return wanted === undefined ? left : subtract(left, times(wanted, count));
  }, room);
}
