import type { CapacityAction, CapacityPool, CapacityState } from "./capacity-state.ts";
import type { PassedOffer } from "./offers.ts";
import { hostText } from "./prices.ts";
import type { Offer } from "./rests.ts";
import type { Slot } from "./slot.ts";
import type { Slots } from "./slots.ts";
import { tellNext, tellPassed } from "./trail.ts";

type Wait = Extract<CapacityAction, { kind: "wait" }>;

/** Containers that a pool is to get. */
export interface Wish {
  readonly pool: CapacityPool;
  readonly count: number;
  /** So many of them are worth waiting for a host: the others start only where there is room now. */
  readonly worthBoot: number;
}

/** What is to be served, and from what. */
export interface Serving {
  /** Those first that have the fewest containers. */
  readonly wishes: readonly Wish[];
  /** All pools, in the same order. */
  readonly pools: readonly CapacityPool[];
  /** Containers that end for want of work. */
  readonly stopping: ReadonlySet<string>;
  readonly state: CapacityState;
  readonly now: number;
}

/** What was decided. */
export interface Served {
  readonly slots: Slots;
  readonly actions: readonly CapacityAction[];
  /** Hosts that something starts on or waits for. */
  readonly used: ReadonlySet<string>;
  /** Hosts that end, each with the pool that another is bought for then. */
  readonly ending: ReadonlyMap<string, string>;
}

/** What becomes of the containers that one pool is to get. */
export class Starts {
  readonly pool: CapacityPool;
  readonly #actions: CapacityAction[] = [];
  readonly #waits: Map<string, Wait> = new Map();
  readonly #wish: Wish;
  #given = 0;
  /** Containers that nothing was decided for. */
  left: number;

  constructor(wish: Wish) {
    this.pool = wish.pool;
    this.left = wish.count;
    this.#wish = wish;
  }

  /** Gives up what is not worth waiting for a host, where there is room on none that is there. */
  settle(slot: Slot | undefined): void {
    if (slot?.host?.status === "active") return;
    this.left = Math.min(this.left, Math.max(0, this.#wish.worthBoot - this.#given));
  }

  get actions(): readonly CapacityAction[] {
    return [...this.#actions, ...this.#waits.values()];
  }

  /** Puts one container there; `used` are hosts that something starts on or waits for. */
  put(slot: Slot, slots: Slots, used: Set<string>): void {
    const { gpus } = slots.claim(slot, this.pool);
    const { host } = slot;
    if (host?.status === "active") {
      used.add(host.id);
      this.#actions.push({ kind: "place", pool: this.pool.key, host: host.id, gpus });
      this.left -= 1;
      this.#given += 1;
      return;
    }
    if (host !== undefined && !used.has(host.id)) {
      used.add(host.id);
      if (host.status === "closing") this.#actions.push({ kind: "reopen", host: host.id });
    }
    const { reason, trying } = whyWait(slot, this.pool);
    this.wait({ reason, count: 1, ...(trying !== undefined && { trying }) });
  }

  wait(wait: Pick<Wait, "reason" | "count" | "trying" | "isLimited">): void {
    const count = (this.#waits.get(wait.reason)?.count ?? 0) + wait.count;
    this.#waits.set(wait.reason, { kind: "wait", pool: this.pool.key, ...wait, count });
    this.left -= wait.count;
    this.#given += wait.count;
  }
}

/** What is said of a host that is to be bought. */
export function toldOf(
  { offer, gpus, passed }: { offer: Offer; gpus: number; passed: readonly PassedOffer[] },
  pool: CapacityPool,
): Pick<Slot, "trail" | "next" | "buyer"> {
  const trail = tellPassed(passed, offer);
  return { trail, next: tellNext(offer, gpus, passed), buyer: pool.key };
}

/** A host is on its way; what was tried before it concerns those that it was bought for. */
function whyWait(slot: Slot, pool: CapacityPool): { reason: string; trying?: string } {
  const { type, market, usdPerHour, trail } = slot;
  const boots = `a host boots: ${hostText({ name: type, usdPerHour }, market)}`;
  if (trail === "" || slot.buyer !== pool.key) return { reason: boots };
  const reason = `${trail}; ${boots}`;
  return slot.host === undefined ? { reason, trying: `${trail}, trying ${slot.next}` } : { reason };
}
