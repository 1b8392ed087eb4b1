import type { LeaseRow } from "./rows.ts";
import { ACTIVE, SWEEP } from "./rows.ts";

/** What one pass is to look at. */
export interface Asked {
  /** Pools that somebody waits for, by `<app> <pool>`. */
  readonly pools: ReadonlySet<string>;
  /** Pools that were woken within the last minutes or have containers, and what became of tasks and instances. */
  readonly isFull: boolean;
  /** What a sweep does beside that. */
  readonly isSweep: boolean;
}

/** Only hosts: containers were looked at a moment ago. */
export const HOSTS_ONLY: Asked = { pools: new Set(), isFull: false, isSweep: false };

/** What was asked for after a wake. */
export function askedSince({ pending }: LeaseRow, wakeSeq: number): Asked {
  const items = Object.keys(pending).filter((item) => (pending[item] ?? 0) > wakeSeq);
  const isSweep = items.includes(SWEEP);
  return {
    pools: new Set(items.filter((item) => item !== SWEEP && item !== ACTIVE)),
    isFull: isSweep || items.includes(ACTIVE),
    isSweep,
  };
}

export function both(one: Asked, other: Asked): Asked {
  return {
    pools: new Set([...one.pools, ...other.pools]),
    isFull: one.isFull || other.isFull,
    isSweep: one.isSweep || other.isSweep,
  };
}
