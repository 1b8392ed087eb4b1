import type { FunctionSpec } from "../../lib/spec.ts";
import type { Random } from "../aws/random.ts";

/** What functions of a scenario have that is not as usual, by their names. */
export type Functions = Readonly<Record<string, Partial<FunctionSpec>>>;

/** What the environment may have at a time. */
export interface Limits {
  readonly maxHosts?: number;
  readonly maxTotalUsdPerHour?: number;
}

const RETRIES = {
  maxRetries: 2,
  backoffCoefficient: 2,
  initialDelaySeconds: 1,
  maxDelaySeconds: 60,
};

/** Waits for calls of its own, which may wait for hosts. */
const PATIENT_SECONDS = 1800;

/** What all hosts together cost at least where every function is to have one: the dearest is a g5.12xlarge. */
const LEAST_USD = 6.5;

export function limitsOf(random: Random): Limits {
  const dice = random.next();
  if (dice < 0.15) return { maxHosts: 2 + random.below(3) };
  return dice < 0.3 ? { maxTotalUsdPerHour: LEAST_USD + random.below(6) } : {};
}

/**
 * Functions of many kinds: alone and in parallel, on spot and on demand, for both processors, kept and started from
 * nothing. Some scenarios have more: a class with parameter sets, batches, a generator, a function that calls others.
 */
export function functionsOf(random: Random, limits: Limits): Functions {
  // What is kept might fill a limit for ever.
  const isKept = Object.keys(limits).length === 0;
  const common = (): Partial<FunctionSpec> => ({
    maxContainers: 1 + random.below(4),
    scaledownWindowSeconds: [2, 20, 60][random.below(3)] ?? 60,
    timeoutSeconds: 90,
    bufferContainers: random.chance(0.15) && isKept ? 1 : 0,
  });
  const plain = (): Partial<FunctionSpec> => ({
    ...common(),
    minContainers: random.chance(0.15) && isKept ? 1 : 0,
    ...(random.chance(0.3) && { retries: RETRIES }),
    ...(random.chance(0.2) && { concurrency: { maxInputs: 4, targetInputs: 3 } }),
    ...(random.chance(0.1) && { singleUseContainers: true }),
  });
  return {
    resize: {
      ...plain(),
      spot: random.chance(0.5) ? "prefer" : "never",
      architecture: random.chance(0.3) ? "arm64" : "amd64",
    },
    crop: {
      ...plain(),
      gpu: [["L4"], ["L4", "A10G"], ["A10G:2", "L4"]][random.below(3)] ?? ["L4"],
      spot: (["prefer", "require", "never"] as const)[random.below(3)] ?? "prefer",
    },
    ...(random.chance(0.25) && { Model: { ...common(), kind: "cls", methods: ["run"] } }),
    ...(random.chance(0.25) && {
      embed: { ...common(), batch: { maxSize: 2 + random.below(4), waitMs: 1000 } },
    }),
    ...(random.chance(0.25) && { count: { ...common(), generator: true } }),
    ...(random.chance(0.25) && { page: { ...common(), timeoutSeconds: PATIENT_SECONDS } }),
  };
}
