import type { FunctionSpec } from "../../lib/spec.ts";
import { Random } from "../aws/random.ts";

/** What one input does in its runner. */
export interface Work {
  readonly ms: number;
  readonly does: "answers" | "fails" | "kills-runner" | "kills-container" | "hangs";
}

export type Who = "controller" | "container" | "caller";

/** Something that happens to the system, at a moment from the start on. Left out, all else stays as it is. */
export type Step = { readonly atMs: number } & (
  | {
      readonly kind: "call";
      readonly fn: string;
      readonly inputs: readonly Work[];
      /** Inputs of one message. */
      readonly pageSize: number;
      /** Spawned: its results are read from the table, by another client should this one die. */
      readonly isDurable: boolean;
      readonly cancelAfterMs: number | undefined;
    }
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
  readonly functions: Readonly<Record<string, Partial<FunctionSpec>>>;
  /** After this nothing more goes wrong. */
  readonly troubleMs: number;
  readonly steps: readonly Step[];
}

const MINUTE = 60_000;
const TROUBLE_MS = 25 * MINUTE;

const RETRIES = {
  maxRetries: 2,
  backoffCoefficient: 2,
  initialDelaySeconds: 1,
  maxDelaySeconds: 60,
};

/** Functions of many kinds: alone and in parallel, on spot and on demand, kept and started from nothing. */
function functionsOf(random: Random): Scenario["functions"] {
  const common = (): Partial<FunctionSpec> => ({
    maxContainers: 1 + random.below(4),
    scaledownWindowSeconds: [2, 20, 60][random.below(3)] ?? 60,
    timeoutSeconds: 90,
    minContainers: random.chance(0.15) ? 1 : 0,
    bufferContainers: random.chance(0.15) ? 1 : 0,
    ...(random.chance(0.3) && { retries: RETRIES }),
    ...(random.chance(0.2) && { concurrency: { maxInputs: 4, targetInputs: 3 } }),
    ...(random.chance(0.1) && { singleUseContainers: true }),
  });
  return {
    resize: { ...common(), spot: random.chance(0.5) ? "prefer" : "never" },
    crop: {
      ...common(),
      gpu: [["L4"], ["L4", "A10G"], ["A10G:2", "L4"]][random.below(3)] ?? ["L4"],
      spot: (["prefer", "require", "never"] as const)[random.below(3)] ?? "prefer",
    },
  };
}

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

function workOf(random: Random): Work {
  const ms = [5, 200, 1500, 8000, 40_000][random.below(5)] ?? 5;
  const dice = random.next();
  if (dice < 0.03) return { ms, does: "kills-runner" };
  if (dice < 0.045) return { ms, does: "kills-container" };
  if (dice < 0.055) return { ms, does: "hangs" };
  return { ms, does: dice < 0.12 ? "fails" : "answers" };
}

function callOf(random: Random): Step {
  const isMap = random.chance(0.5);
  const size = isMap ? 1 + random.below(20) : 1;
  const ms = random.chance(0.5) ? workOf(random).ms : undefined;
  return {
    kind: "call",
    atMs: Math.floor(random.next() * TROUBLE_MS * 0.9),
    fn: random.chance(0.5) ? "resize" : "crop",
    inputs: Array.from({ length: size }, () => {
      const work = workOf(random);
      return ms === undefined ? work : { ...work, ms };
    }),
    pageSize: 1 + random.below(10),
    isDurable: random.chance(0.4),
    cancelAfterMs: random.chance(0.15) ? random.below(120_000) : undefined,
  };
}

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
  const functions = functionsOf(random);
  const calls = Array.from({ length: 2 + random.below(7) }, () => callOf(random));
  const troubles = Array.from({ length: random.below(30) }, () => troubleOf(random));
  const steps = [...calls, ...troubles].sort((a, b) => a.atMs - b.atMs);
  return { seed, functions, troubleMs: TROUBLE_MS, steps };
}
