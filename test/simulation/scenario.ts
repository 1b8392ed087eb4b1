import { Random } from "../aws/random.ts";
import { type CallStep, callOf } from "./calls.ts";
import { type Functions, functionsOf, type Limits, limitsOf } from "./functions.ts";

export type Who = "controller" | "container" | "caller";

/** Something that happens to the system, at a moment from the start on. Left out, all else stays as it is. */
export type Step = { readonly atMs: number } & (
  | CallStep
  /** Who next asks for this dies, before it is done or after. */
  | {
      readonly kind: "die";
      readonly who: Who;
      readonly operation: string;
      readonly moment: "before" | "after";
    }
  | { readonly kind: "throttle"; readonly service: string; readonly requests: number }
  /** What EC2 refuses to sell: `g6.xlarge spot`, `g6.xlarge`, `spot` or `*`, and with which code. */
  | {
      readonly kind: "refuse";
      readonly scope: string;
      readonly code: string;
      readonly forMs: number;
    }
  /** The next host that is bought. */
  | { readonly kind: "boot"; readonly how: "never" | "slowly" | "small" }
  /** The next task is refused its image. */
  | { readonly kind: "no-image" }
  | { readonly kind: "interrupt" }
  | { readonly kind: "power-cut" }
  | { readonly kind: "disconnect"; readonly forMs: number }
  | { readonly kind: "kill-container" }
  /** A process stands still: its network is gone, and it knows of nothing. */
  | { readonly kind: "pause"; readonly who: Who; readonly forMs: number }
  | { readonly kind: "events"; readonly how: "lost" | "doubled" | "late"; readonly forMs: number }
  /** The next message that is received is received by another as well. */
  | { readonly kind: "double"; readonly isCounted: boolean }
  /** Counts of queues stay as they are. */
  | { readonly kind: "stale"; readonly forMs: number }
  | { readonly kind: "deploy" }
);

export interface Scenario {
  readonly seed: number;
  readonly functions: Functions;
  readonly limits: Limits;
  /** After this nothing more goes wrong. */
  readonly troubleMs: number;
  readonly steps: readonly Step[];
}

const MINUTE = 60_000;
const TROUBLE_MS = 25 * MINUTE;

const OPERATIONS: Readonly<Record<Who, readonly string[]>> = {
  controller: [
    ...["rows.get", "rows.put", "rows.transact", "rows.list", "rows.delete", "queues.peek"],
    ...["queues.giveBack", "queues.discard", "fleet.buy", "fleet.terminate", "cluster.run"],
    ...["cluster.setDraining", "cluster.hosts", "fleet.instances", "cluster.stop"],
  ],
  container: [
    ...["rows.get", "rows.put", "rows.put", "rows.transact", "queues.receive", "queues.send"],
    ...["queues.delete", "queues.hide", "objects.get"],
  ],
  caller: ["rows.put", "queues.send", "queues.create"],
};

function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new RangeError("there is nothing to pick from");
  return item;
}

const SCOPES = [
  ...["*", "spot", "on-demand", "g6.xlarge", "g6.xlarge spot"],
  ...["c6a.large", "c6a.large spot", "g5.xlarge", "g5.12xlarge"],
];
/** Most often there is no stock. */
const CODES = [
  ...["InsufficientInstanceCapacity", "InsufficientInstanceCapacity"],
  ...["InsufficientInstanceCapacity", "VcpuLimitExceeded", "UnauthorizedOperation"],
];

function troubleOf(random: Random): Step {
  const atMs = Math.floor(random.next() * TROUBLE_MS);
  const forMs = Math.floor(random.next() * 8 * MINUTE);
  const who = pick<Who>(random, ["controller", "container", "container", "caller"]);
  const die = (): Step => {
    const operation = OPERATIONS[who][random.below(OPERATIONS[who].length)] ?? "rows.put";
    return { kind: "die", atMs, who, operation, moment: random.chance(0.5) ? "before" : "after" };
  };
  const scope = pick(random, SCOPES);
  const code = pick(random, CODES);
  return pick<() => Step>(random, [
    ...[die, die, die, die, die],
    () => ({
      kind: "throttle",
      atMs,
      service: pick(random, ["rows", "queues", "cluster", "fleet"]),
      requests: 1 + random.below(6),
    }),
    () => ({ kind: "refuse", atMs, scope, code, forMs }),
    () => ({ kind: "refuse", atMs, scope, code: "InsufficientInstanceCapacity", forMs }),
    () => ({ kind: "boot", atMs, how: pick(random, ["never", "slowly", "small"]) }),
    () => ({ kind: "no-image", atMs }),
    () => ({ kind: "interrupt", atMs }),
    () => ({ kind: "power-cut", atMs }),
    () => ({ kind: "disconnect", atMs, forMs: forMs / 2 }),
    () => ({ kind: "kill-container", atMs }),
    () => ({ kind: "pause", atMs, who, forMs: forMs / 3 }),
    // Its agent hangs for good.
    () => ({ kind: "pause", atMs, who: "container", forMs: 4 * 60 * MINUTE }),
    () => ({ kind: "events", atMs, how: pick(random, ["lost", "doubled", "late"]), forMs }),
    () => ({ kind: "double", atMs, isCounted: random.chance(0.5) }),
    () => ({ kind: "double", atMs, isCounted: random.chance(0.5) }),
    () => ({ kind: "stale", atMs, forMs: forMs / 8 }),
    () => ({ kind: "deploy", atMs }),
  ])();
}

/** The scenario of a seed. */
export function scenarioOf(seed: number): Scenario {
  const random = new Random(seed);
  for (let skipped = 0; skipped < 5; skipped += 1) random.next();
  const limits = limitsOf(random);
  const functions = functionsOf(random, limits);
  const calls = Array.from({ length: 2 + random.below(7) }, () =>
    callOf(random, functions, TROUBLE_MS * 0.9),
  );
  const troubles = Array.from({ length: random.below(30) }, () => troubleOf(random));
  const steps = [...calls, ...troubles].sort((a, b) => a.atMs - b.atMs);
  return { seed, functions, limits, troubleMs: TROUBLE_MS, steps };
}
