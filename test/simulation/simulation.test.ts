import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleSimulation } from "./bundle.ts";
import { MUTANTS } from "./mutants.ts";
import { runSeeds } from "./run.ts";

const SEEDS = Number(process.env["WINDLASS_SIMULATION_SEEDS"] ?? 200);
/** Found by early seeds; `npm run bench -- simulate` plants them all. */
const PLANTED = ["minContainers are not kept", "a child is not taken out of its parent"];

let folder: string;

beforeAll(() => {
  const scratch = resolve(import.meta.dirname, "../../.windlass");
  mkdirSync(scratch, { recursive: true });
  // Below this package, so that the bundle finds its packages.
  folder = mkdtempSync(join(scratch, "simulation-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

it("breaks no promise, whatever dies, is refused, comes late or comes twice", async () => {
  const bundle = join(folder, "simulation.mjs");
  await bundleSimulation(bundle);
  const half = Math.ceil(SEEDS / 2);
  const runs = await Promise.all([
    runSeeds(bundle, { first: 1, count: half }),
    runSeeds(bundle, { first: 1 + half, count: SEEDS - half }),
  ]);
  expect(runs.flatMap(({ broken }) => broken)).toEqual([]);
  expect(runs.reduce((sum, { sums }) => sum + sums.seeds, 0)).toBe(SEEDS);
  // Without these the runs would have shown nothing.
  expect(runs.every(({ sums }) => sums.calls > sums.seeds && sums.hosts > sums.seeds)).toBe(true);
}, 300_000);

it.each(PLANTED)(
  "finds that %s, and the shortest trace to it",
  async (name) => {
    const mutant = MUTANTS.find((one) => one.name === name);
    const bundle = join(folder, "mutant.mjs");
    await bundleSimulation(bundle, mutant);
    const { broken } = await runSeeds(bundle, { first: 1, count: 8 });
    expect(broken.length).toBeGreaterThan(0);
    for (const { steps } of broken) expect(steps?.length).toBeLessThan(10);
  },
  300_000,
);

it("is the same for the same seed", async () => {
  const bundle = join(folder, "again.mjs");
  await bundleSimulation(bundle, MUTANTS[0]);
  const [once, again] = [
    await runSeeds(bundle, { first: 1, count: 6 }),
    await runSeeds(bundle, { first: 1, count: 6 }),
  ];
  expect(again).toEqual(once);
}, 300_000);
