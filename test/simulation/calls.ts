import type { Random } from "../aws/random.ts";
import type { Functions } from "./functions.ts";

/** What one input does in its runner. */
export interface Work {
  readonly ms: number;
  readonly does: "answers" | "fails" | "kills-runner" | "kills-container" | "hangs";
  /** Items that it yields first, as a generator. */
  readonly items?: number;
  /** The function that it calls and waits for before. */
  readonly calls?: string;
}

export interface CallStep {
  readonly kind: "call";
  readonly atMs: number;
  readonly fn: string;
  /** The parameter set of a class. */
  readonly params?: string;
  readonly inputs: readonly Work[];
  /** Inputs of one message. */
  readonly pageSize: number;
  /** Spawned: its results are read from the table, by another client should this one die. */
  readonly isDurable: boolean;
  readonly cancelAfterMs: number | undefined;
}

function msOf(random: Random): number {
  return [5, 200, 1500, 8000, 40_000][random.below(5)] ?? 5;
}

function plainWork(random: Random): Work {
  const ms = msOf(random);
  const dice = random.next();
  if (dice < 0.03) return { ms, does: "kills-runner" };
  if (dice < 0.045) return { ms, does: "kills-container" };
  if (dice < 0.055) return { ms, does: "hangs" };
  return { ms, does: dice < 0.12 ? "fails" : "answers" };
}

/** A batch fails as a whole or not at all, and who calls others does nothing else. */
function workOf(random: Random, fn: string): Work {
  switch (fn) {
    case "embed":
      return { ms: msOf(random), does: random.chance(0.05) ? "kills-runner" : "answers" };
    case "count": {
      const does = (["fails", "kills-runner"] as const)[random.below(20)] ?? "answers";
      return { ms: msOf(random), does, items: random.below(7) };
    }
    case "page":
      return { ms: 200, does: "answers", calls: random.chance(0.5) ? "resize" : "crop" };
    default:
      return plainWork(random);
  }
}

/** How many inputs a call has at most. */
const MOST: Readonly<Record<string, number>> = { count: 1, page: 3 };

/** A call within this time. */
export function callOf(random: Random, functions: Functions, withinMs: number): CallStep {
  const names = Object.keys(functions);
  const fn = names[random.below(names.length)] ?? "resize";
  const isMap = random.chance(0.5);
  const size = Math.min(MOST[fn] ?? 20, isMap ? 1 + random.below(20) : 1);
  const ms = random.chance(0.5) ? msOf(random) : undefined;
  return {
    kind: "call",
    atMs: Math.floor(random.next() * withinMs),
    fn,
    ...(fn === "Model" && { params: random.chance(0.5) ? "small" : "large" }),
    inputs: Array.from({ length: size }, () => {
      const work = workOf(random, fn);
      return ms === undefined ? work : { ...work, ms };
    }),
    pageSize: 1 + random.below(10),
    // Nobody waits for a generator later.
    isDurable: random.chance(0.4) && fn !== "count",
    cancelAfterMs: random.chance(0.15) ? random.below(120_000) : undefined,
  };
}
