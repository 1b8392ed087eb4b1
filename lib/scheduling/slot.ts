import type { Architecture } from "../spec.ts";
import type { CapacityState, HostPurpose, HostState } from "./capacity-state.ts";
import {
  claimOn,
  type HostKind,
  type Market,
  type Needs,
  type Room,
  rankOf,
  subtract,
} from "./fit.ts";
import type { HostType } from "./host-types.ts";

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
  readonly architecture: Architecture;
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
  /** What this plan puts there, by pool; undefined for nothing, as on most hosts. */
  purposes: Map<string, HostPurpose> | undefined;
}

const ORDER: readonly HostState["status"][] = ["active", "closing", "booting", "buying"];
/** What this plan buys comes after all that there is. */
export const BOUGHT_ORDER: number = ORDER.length;

/** Hosts that containers can be put on. */
export function slotsOf(state: CapacityState): Slot[] {
  const planned = new Set(state.pools.map(({ key }) => key));
  const types = new Map(state.types.map((type) => [type.name, type]));
  return state.hosts
    .filter((host) => host.status !== "leaving" && (host.isConnected || isComing(host)))
    .map((host, index) => {
      const { type, market, trail } = host;
      const known: Partial<HostType> = types.get(type) ?? {};
      const { gpu = null, architecture = "amd64", usdPerHour = 0 } = known;
      // Written out: thousands of objects put together of others take longer than all that is decided with them.
      return {
        host,
        order: ORDER.indexOf(host.status),
        index,
        type,
        gpu,
        architecture,
        market,
        usdPerHour,
        trail,
        buyer: host.boughtFor[0]?.pool,
        next: type,
        room: isComing(host) ? freeOf(host, { gpu, architecture, market }, planned) : host.room,
        isEnding: false,
        isPromised: false,
        purposes: undefined,
      };
    });
}

/** True when a container has room there. What does not fit now does not fit later: nothing is given back. */
export function fits(slot: Slot, needs: Needs): boolean {
  const { room } = slot;
  if (room.cpu < needs.cpu || room.memoryMiB < needs.memoryMiB || slot.isEnding) return false;
  return claimOn(needs, slot, room) !== undefined;
}

/**
 * In the cluster before on its way, then by the GPU, and where the least is left over. Whatever their size, containers
 * of a kind see the same order; and what is put on a slot makes it better, and no other worse.
 */
export function isBetter(a: Slot, b: Slot, needs: Needs): boolean {
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
  return (host !== undefined && host.tasks > 0) || purposes !== undefined;
}

/** It is bought, or may be, and is not in its cluster yet. */
export function isComing({ status }: HostState): boolean {
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
