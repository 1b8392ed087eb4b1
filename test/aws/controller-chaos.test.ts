import { expect, it } from "vitest";
import type { ControlRequest } from "../../cdk/controller/control.ts";
import { Died, FakeCloud } from "./fake-cloud.ts";
import { Random } from "./random.ts";

const FUNCTIONS = {
  resize: { maxContainers: 3, spot: "never" },
  crop: { gpu: ["L4", "A10G:2"], maxContainers: 1, spot: "require" },
} as const;
const REFUSED = ["c6a.large", "g6.xlarge", "spot", "on-demand"];
/** It showed an app that could not be read as one without containers. */
const MEMORABLE = [138];
const STEPS = 480;
const STEP_MS = 15_000;

/** Two hours of work, deaths, refusals, lost hosts and lost wakes, then peace. */
async function live(seed: number): Promise<FakeCloud> {
  const random = new Random(seed);
  const cloud = new FakeCloud();
  await cloud.deploy("media", FUNCTIONS);
  const processes = [cloud.process(), cloud.process(), cloud.process()];
  const invoke = async (request: ControlRequest): Promise<void> => {
    const process = processes[random.below(processes.length)];
    await cloud.invoke(request, process).catch((error: unknown) => {
      if (!(error instanceof Died)) throw error;
    });
  };
  // Steps of invocations that run at once take turns, and any of them may fail.
  cloud.gate = async () => {
    for (let turns = random.below(3); turns > 0; turns -= 1) await Promise.resolve();
    if (random.below(150) === 0) throw new Died();
  };
  for (let step = 0; step < STEPS; step += 1) {
    const pool = random.below(2) === 0 ? "resize" : "crop";
    if (random.below(12) === 0) await cloud.send("media", pool);
    trouble(cloud, random);
    await cloud.pass(STEP_MS);
    await Promise.all(asked(pool, step, random).map(invoke));
    check(cloud, seed);
  }
  cloud.gate = async () => {};
  cloud.refusals.clear();
  for (let minute = 0; minute < 20; minute += 1) {
    await cloud.pass(60_000);
    await invoke({ kind: "sweep" });
    check(cloud, seed);
  }
  return cloud;
}

function trouble(cloud: FakeCloud, random: Random): void {
  const refused = REFUSED[random.below(REFUSED.length)] ?? "";
  if (random.below(20) === 0) cloud.refusals.set(refused, "InsufficientInstanceCapacity");
  if (random.below(10) === 0) cloud.refusals.clear();
  const [victim] = cloud.on;
  if (victim !== undefined && random.below(40) === 0) cloud.kill(victim);
}

/** What the controller is asked at once; most of it is lost. */
function asked(pool: string, step: number, random: Random): ControlRequest[] {
  const wake: ControlRequest = { kind: "wake", app: "media", pools: [pool] };
  return [
    ...(random.below(4) === 0 ? [wake, wake] : []),
    ...(random.below(4) === 0 ? [{ kind: "change" } as const] : []),
    ...(step % 4 === 0 ? [{ kind: "sweep" } as const] : []),
  ];
}

function check(cloud: FakeCloud, seed: number): void {
  for (const [name, { maxContainers }] of Object.entries(FUNCTIONS)) {
    const running = cloud.runningTasks.filter(
      ({ request }) => request.environment["WINDLASS_POOL"] === name,
    );
    expect(running.length, `${name} with seed ${seed}`).toBeLessThanOrEqual(maxContainers);
  }
  for (const { request, instance } of cloud.runningTasks) {
    expect(request.gpus > 0).toBe(instance.type.startsWith("g"));
    expect(instance.market).toBe(request.gpus > 0 ? "spot" : "on-demand");
  }
}

const seeds = [...Array.from({ length: 15 }, (_, index) => index + 1), ...MEMORABLE];

it("loses no work and leaves nothing on, whatever fails and however it is invoked", async () => {
  for (const seed of seeds) {
    const cloud = await live(seed);
    const left = {
      seed,
      waiting: cloud.waiting("media/resize") + cloud.waiting("media/crop"),
      on: cloud.on.length,
      tasks: cloud.runningTasks.length,
      rows: cloud.table.list("#controller").filter(({ sk }) => sk.startsWith("host#")).length,
    };
    expect(left).toEqual({ seed, waiting: 0, on: 0, tasks: 0, rows: 0 });
  }
}, 120_000);
