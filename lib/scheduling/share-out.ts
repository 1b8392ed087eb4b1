import { Budget } from "./budget.ts";
import { isNext, type Share, sharesOf } from "./fair-shares.ts";
import type { Needs } from "./fit.ts";
import { Heap } from "./heap.ts";
import { RoomMaker } from "./make-room.ts";
import { kindKey, needsKey } from "./needs-key.ts";
import { type Choice, chooseOffer } from "./offers.ts";
import type { Slot } from "./slot.ts";
import { Slots } from "./slots.ts";
import { type Served, type Serving, Starts, toldOf } from "./starts.ts";
import { tellNone } from "./trail.ts";

/**
 * Pools get containers one by one, always the pool with the smallest share, as far as the limits of the environment
 * allow. Who is held back gets what others must leave, see `RoomMaker`; whoever is left is told who has the hosts.
 */
export function shareOut(serving: Serving): Served {
  return new Sharing(serving).served();
}

interface Entry {
  readonly share: Share;
  readonly starts: Starts;
  /** What hosts it can use. */
  readonly kind: string;
}

class Sharing {
  readonly #serving: Serving;
  readonly #slots: Slots;
  readonly #budget: Budget;
  readonly #room: RoomMaker;
  readonly #entries: readonly Entry[];
  readonly #queue: Heap<Entry> = new Heap((a, b) => isNext(a.share, b.share));
  readonly #used: Set<string> = new Set();
  readonly #singles: Map<string, Choice> = new Map();

  constructor(serving: Serving) {
    const { pools, wishes, state, stopping, now } = serving;
    const wishing = wishes.map(({ pool }) => pool);
    const [slots, budget] = [new Slots(state, wishing, now), new Budget(state)];
    const shares = sharesOf(pools, state);
    this.#serving = serving;
    this.#slots = slots;
    this.#budget = budget;
    this.#room = new RoomMaker({ state, slots, budget, shares, stopping, now });
    const byPool = new Map(shares.map((share) => [share.pool, share]));
    this.#entries = wishes.flatMap((wish) => {
      const share = byPool.get(wish.pool);
      return share === undefined
        ? []
        : { share, starts: new Starts(wish), kind: kindKey(wish.pool.needs) };
    });
    for (const entry of this.#entries) this.#queue.push(entry);
  }

  served(): Served {
    for (let entry = this.#queue.pop(); entry !== undefined; entry = this.#queue.pop()) {
      this.#serveOne(entry);
      if (entry.starts.left > 0) this.#queue.push(entry);
    }
    const actions = this.#entries.flatMap(({ starts }) => starts.actions);
    return {
      slots: this.#slots,
      used: this.#used,
      actions: [...this.#room.drains, ...actions],
      ending: this.#room.ending,
    };
  }

  /** Decides about one container of a pool, or about all that it lacks. */
  #serveOne(entry: Entry): void {
    const { share, starts } = entry;
    const slot = this.#slots.find(share.pool, starts.left);
    starts.settle(slot);
    if (starts.left <= 0) return;
    if (slot === undefined) {
      this.#make(entry);
      return;
    }
    this.#put(slot, entry);
  }

  #put(slot: Slot, { share, starts }: Entry): void {
    if (slot.isPromised) {
      this.#slots.claim(slot, share.pool);
      starts.wait({ reason: `${slot.trail}; a host ends first`, count: 1, isLimited: true });
    } else {
      starts.put(slot, this.#slots, this.#used);
    }
    share.count += 1;
  }

  /** Buys a host, sees to it that there is room, or tells why there is none. */
  #make(entry: Entry): void {
    const { share, starts } = entry;
    const { pool } = share;
    const single = this.#single(pool.needs);
    if (single.kind === "none") {
      starts.wait({ reason: tellNone(single), count: starts.left });
      return;
    }
    const payable = this.#budget.hosts < 1 ? undefined : this.#payable(entry);
    if (payable !== undefined) {
      this.#budget.spend(payable.offer.type);
      this.#slots.add(payable.offer, { ...toldOf(payable, pool), isPromised: false });
      return;
    }
    // None of its own is to be had: better a dear one than to wait.
    const dear = this.#slots.findAny(pool);
    if (dear !== undefined) {
      this.#put(dear, entry);
      return;
    }
    const { offer } = single;
    const limit = this.#budget.tell(offer.type);
    if (this.#room.onHost(share)) {
      share.count += 1;
      const reason = `${limit}; containers of others end to make room`;
      starts.wait({ reason, count: 1, isLimited: true });
    } else if (this.#room.forHost(share, offer.type)) {
      const told = { ...toldOf(single, pool), trail: limit };
      this.#slots.add(offer, { ...told, isPromised: true });
    } else {
      starts.wait({ reason: limit, count: starts.left, isLimited: true });
      return;
    }
    // Shares of others have become smaller.
    this.#queue.reorder();
  }

  /** What one container alone would be bought. */
  #single(needs: Needs): Choice {
    const key = needsKey(needs);
    const { state, now } = this.#serving;
    const single = this.#singles.get(key) ?? chooseOffer(needs, 1, { sale: state, now });
    this.#singles.set(key, single);
    return single;
  }

  /** The best of what the limits leave. */
  #payable(entry: Entry): (Choice & { readonly kind: "buy" }) | undefined {
    const { hosts: hostsLeft, usd: maxTotalUsdPerHour } = this.#budget;
    const { state, now } = this.#serving;
    const sale = { ...state, hostsLeft, maxTotalUsdPerHour };
    const choice = chooseOffer(entry.share.pool.needs, this.#alike(entry), { sale, now });
    return choice.kind === "buy" ? choice : undefined;
  }

  /** Containers of this size that all together need that could use the same hosts. */
  #alike({ share: { pool }, kind }: Entry): number {
    const { needs } = pool;
    let count = 0;
    for (const { share, starts, kind: other } of this.#entries) {
      if (starts.left === 0 || other !== kind) continue;
      const { cpu, memoryMiB } = share.pool.needs;
      const size = Math.max(cpu / needs.cpu, memoryMiB / needs.memoryMiB);
      count += starts.left * (needs.gpu.length === 0 ? size : 1);
    }
    return Math.ceil(count);
  }
}
