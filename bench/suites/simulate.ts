import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { bundleSimulation } from "../../test/simulation/bundle.ts";
import { MUTANTS } from "../../test/simulation/mutants.ts";
import { runComparison, runSeeds } from "../../test/simulation/run.ts";
import type { Suite, SuiteContext } from "../suite.ts";

const SEEDS = 10_000;
const QUICK_SEEDS = 40;
/** As many processes as the machine of the bar has cores. */
const PROCESSES = 2;
/** A planted bug that these do not find is not found. */
const SEEDS_A_MUTANT = 1000;
const SCRATCH: string = resolve(import.meta.dirname, "../../.windlass");

/**
 * The system in virtual time: seeds whose faults break no promise, bugs that are planted and found, and what waiting
 * and hosts come to on traces, against target tracking and against whoever knows the future. Runs once, whatever the
 * rounds: it is the same each time.
 */
export const simulate: Suite = {
  name: "simulate",
  async run(context) {
    mkdirSync(SCRATCH, { recursive: true });
    // Below this package, so that bundles find its packages.
    const folder = mkdtempSync(join(SCRATCH, "simulate-"));
    try {
      const bundle = join(folder, "simulation.mjs");
      await bundleSimulation(bundle);
      await runAllSeeds(bundle, context);
      if (!context.quick) await compareTraces(bundle, context);
      await plantMutants(folder, context);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

async function runAllSeeds(bundle: string, context: SuiteContext): Promise<void> {
  const seeds = context.quick ? QUICK_SEEDS : SEEDS;
  const count = seeds / PROCESSES;
  context.progress(`${seeds} seeds`);
  const start = performance.now();
  const runs = await Promise.all(
    Array.from({ length: PROCESSES }, (_, nth) =>
      runSeeds(bundle, { first: 1 + nth * count, count }),
    ),
  );
  const seconds = (performance.now() - start) / 1000;
  const sum = (name: "seeds" | "violations" | "virtualHours"): number =>
    runs.reduce((total, { sums }) => total + sums[name], 0);
  for (const { seed, violation } of runs.flatMap(({ broken }) => broken)) {
    context.progress(`seed ${seed}: ${violation.invariant}: ${violation.detail}`);
  }
  const { measurements } = context;
  measurements.add("windlass", "seeds", { value: sum("seeds"), unit: "1" });
  measurements.add("windlass", "violations", { value: sum("violations"), unit: "1" });
  measurements.add("windlass", "virtual_hours", { value: sum("virtualHours"), unit: "h" });
  measurements.add("windlass", "wall", { value: seconds, unit: "s" });
}

async function compareTraces(
  bundle: string,
  { measurements, progress }: SuiteContext,
): Promise<void> {
  progress("traces");
  for (const { trace, contender, wait_p50, wait_p95, gpu_hours, dollars } of await runComparison(
    bundle,
  )) {
    measurements.add(contender, `p50_wait_${trace}`, { value: wait_p50, unit: "s" });
    measurements.add(contender, `p95_wait_${trace}`, { value: wait_p95, unit: "s" });
    measurements.add(contender, `gpu_hours_${trace}`, { value: gpu_hours, unit: "h" });
    measurements.add(contender, `dollars_${trace}`, { value: dollars, unit: "USD" });
  }
}

async function plantMutants(folder: string, context: SuiteContext): Promise<void> {
  const mutants = context.quick ? MUTANTS.slice(0, 1) : MUTANTS;
  let caught = 0;
  for (const mutant of mutants) {
    const bundle = join(folder, "mutant.mjs");
    await bundleSimulation(bundle, mutant);
    const seeds = { first: 1, count: SEEDS_A_MUTANT, isFirstEnough: true };
    const { broken } = await runSeeds(bundle, seeds);
    if (broken.length > 0) caught += 1;
    context.progress(`${broken.length > 0 ? "caught" : "NOT FOUND"}: ${mutant.name}`);
  }
  const { measurements } = context;
  measurements.add("windlass", "mutants_planted", { value: mutants.length, unit: "1" });
  measurements.add("windlass", "mutants_caught", { value: caught, unit: "1" });
  measurements.add("windlass", "mutants_missed", { value: mutants.length - caught, unit: "1" });
}
