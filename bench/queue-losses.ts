/** What one process said that took items, in its order. */
export interface Taken {
  readonly items: readonly number[];
  /** It was killed: the item that it was being given may be gone with it. */
  readonly isKilled: boolean;
}

export interface Losses {
  /** Items that were put and are nowhere. */
  readonly lost: number;
  readonly doubled: number;
  /** Items on their way to a process that was killed: one for each of those at most. */
  readonly inHand: number;
}

/** Compares what was put with what processes took at the same time: each killed one may have had an item in its hand. */
export function countLosses(put: readonly number[], takers: readonly Taken[]): Losses {
  const owners = ownersOf(takers);
  const missing = put.filter((item) => !owners.has(item)).length;
  const inHand = Math.min(missing, takers.filter(({ isKilled }) => isKilled).length);
  return { lost: missing - inHand, doubled: countDoubled(takers), inHand };
}

/**
 * The same for processes that took one after the other, each until it was killed: what one of them had in its hand comes
 * right after what it said last. Whatever else nobody has is lost.
 */
export function countLossesInTurn(put: readonly number[], takers: readonly Taken[]): Losses {
  const owners = ownersOf(takers);
  let [lost, inHand, missing, last] = [0, 0, 0, 0];
  for (const item of [...put, Number.POSITIVE_INFINITY]) {
    const owner = item === Number.POSITIVE_INFINITY ? takers.length - 1 : owners.get(item);
    if (owner === undefined) {
      missing += 1;
      continue;
    }
    const explained = Math.min(missing, owner - last);
    inHand += explained;
    lost += missing - explained;
    [missing, last] = [0, owner];
  }
  return { lost, doubled: countDoubled(takers), inHand };
}

/** By item, the index of who took it. */
function ownersOf(takers: readonly Taken[]): ReadonlyMap<number, number> {
  return new Map(takers.flatMap(({ items }, index) => items.map((item) => [item, index] as const)));
}

function countDoubled(takers: readonly Taken[]): number {
  const all = takers.flatMap(({ items }) => items);
  return all.length - new Set(all).size;
}
