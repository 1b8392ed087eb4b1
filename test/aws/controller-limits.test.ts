import { describe, expect, it } from "vitest";
import type { ControlRequest } from "../../cdk/controller/control.ts";
import { LEASE_KEY, type LeaseRow } from "../../cdk/controller/rows.ts";
import type { PoolRow } from "../../lib/aws/pool-row.ts";
import { Died, FakeCloud } from "./fake-cloud.ts";

const CHANGE: ControlRequest = { kind: "change" };
const SWEEP: ControlRequest = { kind: "sweep" };
const TINY = { spot: "never" } as const;
const GPU = { gpu: ["L4"], spot: "never" } as const;

function wake(...pools: string[]): ControlRequest {
  return { kind: "wake", app: "media", pools };
}

async function cloudOf(
  limits: FakeCloud["limits"],
  functions: Parameters<FakeCloud["deploy"]>[1] = { resize: TINY, train: GPU },
): Promise<FakeCloud> {
  const cloud = new FakeCloud();
  cloud.limits = limits;
  await cloud.deploy("media", functions);
  return cloud;
}

/** Has a container for this function on a host of its own, idle from now on. */
async function served(cloud: FakeCloud, name: string): Promise<void> {
  await cloud.send("media", name);
  await cloud.invoke(wake(name));
  await cloud.pass(50_000);
  await cloud.invoke(CHANGE);
  await cloud.pass(3000);
}

function notice(cloud: FakeCloud, pool: string): string | undefined {
  return cloud.table.list<PoolRow>("media#pools").find(({ sk }) => sk === pool)?.body.notice;
}

async function heldBack(cloud: FakeCloud): Promise<readonly string[] | undefined> {
  return (await cloud.ports().rows.get<LeaseRow>(LEASE_KEY))?.body.heldBack;
}

function types(cloud: FakeCloud): string[] {
  return cloud.on.map(({ type }) => type).sort();
}

describe("an environment with a limit", () => {
  it("buys no more, tells who waits, and remembers them", async () => {
    const cloud = await cloudOf({ maxHosts: 1 });
    await served(cloud, "resize");
    await cloud.send("media", "train");

    await cloud.invoke(wake("train"));

    expect(types(cloud)).toEqual(["c6a.large"]);
    expect(notice(cloud, "train")).toBe(
      "the environment's limit of 1 host is reached: media/resize has 1",
    );
    expect(await heldBack(cloud)).toEqual(["media train"]);
  });

  it("counts a purchase whose answer nobody has heard", async () => {
    const cloud = await cloudOf({ maxHosts: 1 });
    await cloud.send("media", "resize");
    cloud.gate = async (operation, moment) => {
      if (operation === "fleet.buy" && moment === "after") throw new Died();
    };
    await cloud.invoke(wake("resize")).catch(() => {});
    cloud.gate = async () => {};
    await cloud.send("media", "train");

    await cloud.invoke(wake("train"));
    await cloud.pass(31_000);
    await cloud.invoke(wake("train"));

    expect(types(cloud)).toEqual(["c6a.large"]);
  });

  it("ends what was idle for a while for who has nothing, and buys for it once that is gone", async () => {
    const cloud = await cloudOf(
      { maxHosts: 1 },
      { resize: { ...TINY, scaledownWindowSeconds: 1200 }, train: GPU },
    );
    await served(cloud, "resize");
    await cloud.pass(60_000);
    await cloud.send("media", "train");
    let most = 0;
    for (let wakes = 0; wakes < 8; wakes += 1) {
      await cloud.invoke(wake("train"));
      most = Math.max(most, cloud.on.length);
      await cloud.pass(15_000);
    }

    expect(most).toBe(1);
    expect(types(cloud)).toEqual(["g6.xlarge"]);
    expect(cloud.runningTasks.map(({ request }) => request.environment["WINDLASS_POOL"])).toEqual([
      "train",
    ]);
    expect(await heldBack(cloud)).toEqual([]);
  });

  it("ends nothing for calls that were cancelled", async () => {
    const cloud = await cloudOf(
      { maxHosts: 1 },
      { resize: { ...TINY, scaledownWindowSeconds: 1200 }, train: GPU },
    );
    await served(cloud, "resize");
    await cloud.pass(60_000);
    await cloud.cancel("media", await cloud.send("media", "train"));

    await cloud.invoke(wake("train"));

    expect(cloud.logs.filter(({ event }) => event === "container-drained")).toEqual([]);
    expect(cloud.waiting("media/train")).toBe(0);
    expect(cloud.runningTasks).toHaveLength(1);
  });

  it("gives what becomes free to who waits for it, not to who is woken just then", async () => {
    const cloud = await cloudOf(
      { maxHosts: 1 },
      { resize: TINY, train: GPU, late: { ...GPU, gpu: ["L40S"] } },
    );
    await served(cloud, "resize");
    await cloud.send("media", "train");
    await cloud.invoke(wake("train"));
    for (const one of cloud.on) cloud.kill(one);
    await cloud.pass(61_000);
    for (let n = 0; n < 5; n += 1) await cloud.send("media", "late");

    await cloud.invoke(wake("late"));
    await cloud.invoke(SWEEP);

    expect(types(cloud)).toEqual(["g6.xlarge"]);
    expect(notice(cloud, "late")).toBe(
      "the environment's limit of 1 host is reached: media/train has 1",
    );
  });

  it("keeps within its budget", async () => {
    const cloud = await cloudOf({ maxTotalUsdPerHour: 0.85 });
    await served(cloud, "resize");
    await cloud.send("media", "train");

    await cloud.invoke(wake("train"));

    expect(types(cloud)).toEqual(["c6a.large"]);
    expect(notice(cloud, "train")).toMatch(/limit of \$0.85\/h for all hosts has no room for g6/);
  });
});
