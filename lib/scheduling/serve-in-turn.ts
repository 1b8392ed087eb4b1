import { Budget } from "./budget.ts";
import { chooseOffer } from "./offers.ts";
import { Slots } from "./slots.ts";
import { type Served, type Serving, Starts, toldOf } from "./starts.ts";
import { tellNone } from "./trail.ts";

/**
 * One pool after the other gets all that it is to have; undefined where a limit of the environment does not allow what
 * they need together.
 */
export function serveInTurn({ wishes, state, now }: Serving): Served | undefined {
  const slots = new Slots(
    state,
    wishes.map(({ pool }) => pool),
    now,
  );
  const budget = new Budget(state);
  const used = new Set<string>();
  const all = wishes.map((wish) => new Starts(wish));
  for (const starts of all) {
    const { pool } = starts;
    for (;;) {
      const slot = slots.find(pool, starts.left);
      starts.settle(slot);
      if (starts.left <= 0) break;
      if (slot !== undefined) {
        starts.put(slot, slots, used);
        continue;
      }
      const choice = chooseOffer(pool.needs, starts.left, { sale: state, now });
      if (choice.kind === "none") {
        starts.wait({ reason: tellNone(choice), count: starts.left });
        continue;
      }
      if (!budget.allows(choice.offer.type)) return undefined;
      budget.spend(choice.offer.type);
      slots.add(choice.offer, { ...toldOf(choice, pool), isPromised: false });
    }
  }
  return { slots, used, actions: all.flatMap(({ actions }) => actions), ending: new Map() };
}
