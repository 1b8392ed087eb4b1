import { describe, expect, it } from "vitest";
import type { ControlRequest } from "../../cdk/controller/control.ts";
import { LEASE_KEY } from "../../cdk/controller/rows.ts";
import { containerKey, sessionKey } from "../../lib/aws/keys.ts";
import type { PoolRow } from "../../lib/aws/pool-row.ts";
import { Died, FakeCloud } from "./fake-cloud.ts";

const WAKE: ControlRequest = { kind: "wake", app: "media", pools: ["resize"] };
const CHANGE: ControlRequest = { kind: "change" };
const SWEEP: ControlRequest = { kind: "sweep" };

async function cloudOf(
  functions: Parameters<FakeCloud["deploy"]>[1] = { resize: {} },
): Promise<FakeCloud> {
  const cloud = new FakeCloud();
  await cloud.deploy("media", functions);
  return cloud;
}

/** Boots the host of a message that waits, and lets its container do its work. */
async function served(cloud: FakeCloud): Promise<void> {
  await cloud.send("media", "resize");
  await cloud.invoke(WAKE);
  await cloud.pass(50_000);
  await cloud.invoke(CHANGE);
  await cloud.pass(3000);
}

/** Minutes go by, with a sweep in each. */
async function minutes(
  cloud: FakeCloud,
  count: number,
  controller = cloud.process(),
): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    await cloud.pass(60_000);
    await cloud.invoke(SWEEP, controller).catch((error: unknown) => {
      if (!(error instanceof Died)) throw error;
    });
  }
}

function notice(cloud: FakeCloud): string | undefined {
  return cloud.table.list<PoolRow>("media#pools")[0]?.body.notice;
}

describe("a wake", () => {
  it("buys a host for a message that waits, and says so", async () => {
    const cloud = await cloudOf();
    await cloud.send("media", "resize");

    expect(await cloud.invoke(WAKE)).toEqual({ end: "done", passes: 1 });

    expect(cloud.instances).toMatchObject([{ type: "c6a.large", isOn: true }]);
    expect(notice(cloud)).toBe("a host boots: c6a.large, $0.08/h");
    expect(cloud.table.list("#controller").map(({ sk }) => sk)).toContain("lease");
  });

  it("starts nothing for an empty queue", async () => {
    const cloud = await cloudOf();

    await cloud.invoke(WAKE);

    expect(cloud.bought).toBe(0);
    expect(cloud.containers("media")).toEqual([]);
  });

  it("buys nothing more while the host boots, and places the container once it has joined", async () => {
    const cloud = await cloudOf();
    await cloud.send("media", "resize");
    for (let wait = 0; wait < 4; wait += 1) {
      await cloud.invoke(WAKE);
      await cloud.pass(13_000);
    }
    expect(cloud.bought).toBe(1);

    await cloud.invoke(CHANGE);

    expect(cloud.runningTasks).toHaveLength(1);
    const [{ id, row } = { id: "", row: undefined }] = cloud.containers("media");
    expect(row).toMatchObject({
      status: "placed",
      pool: "resize",
      taskArn: "task/1",
      hostArn: "host/i-1",
    });
    expect(cloud.tasks[0]?.request).toMatchObject({
      container: id,
      instanceId: "i-1",
      needs: { cpu: 128, memoryMiB: 128 },
      environment: {
        WINDLASS_APP: "media",
        WINDLASS_FUNCTION: "resize",
        WINDLASS_POOL: "resize",
        WINDLASS_CONTAINER_ID: id,
        WINDLASS_ENVIRONMENT: "test",
        WINDLASS_TABLE: "table",
        WINDLASS_BUCKET: "bucket",
        WINDLASS_CONTROLLER: "controller",
      },
    });
  });

  it("buys nothing for a call that was cancelled, and deletes its messages", async () => {
    const cloud = await cloudOf();
    await cloud.cancel("media", await cloud.send("media", "resize"));

    await cloud.invoke(WAKE);

    expect(cloud.bought).toBe(0);
    expect(cloud.waiting("media/resize")).toBe(0);
  });

  it("gives back what it looked at", async () => {
    const cloud = await cloudOf();
    await cloud.send("media", "resize");
    await cloud.cancel("media", await cloud.send("media", "resize"));

    await cloud.invoke(WAKE);

    const { count } = cloud.ports().queues;
    expect(await count("media/resize")).toEqual({ waiting: 1, hidden: 0 });
    expect(cloud.bought).toBe(1);
  });

  it("starts ten containers at most before an input was measured", async () => {
    const cloud = await cloudOf();
    await cloud.send("media", "resize", 5000);
    await cloud.invoke(WAKE);
    await cloud.pass(50_000);
    cloud.agentsWork = false;
    await cloud.invoke(CHANGE);

    expect(cloud.runningTasks).toHaveLength(10);
    expect(cloud.bought).toBe(1);
  });

  it("never starts more than maxContainers", async () => {
    const cloud = await cloudOf({ resize: { maxContainers: 2 } });
    for (let n = 0; n < 5; n += 1) await cloud.send("media", "resize");
    cloud.agentsWork = false;
    await cloud.invoke(WAKE);
    await cloud.pass(50_000);
    await cloud.invoke(CHANGE);
    await cloud.invoke(WAKE);

    expect(cloud.runningTasks).toHaveLength(2);
  });
});

describe("invoked twice at once", () => {
  it("buys once", async () => {
    const cloud = await cloudOf();
    await cloud.send("media", "resize");
    const outcomes = await Promise.all([
      cloud.invoke(WAKE),
      cloud.invoke(WAKE),
      cloud.invoke(SWEEP),
    ]);

    expect(cloud.bought).toBe(1);
    expect(outcomes.map(({ end }) => end).sort()).toEqual(["done", "left", "left"]);
  });

  it("does what it was asked for while it planned", async () => {
    const cloud = await cloudOf({ resize: {}, crop: {} });
    await cloud.send("media", "resize");
    let isFirst = true;
    cloud.gate = async (operation) => {
      if (operation !== "fleet.buy" || !isFirst) return;
      isFirst = false;
      await cloud.send("media", "crop");
      const wake = { kind: "wake", app: "media", pools: ["crop"] } as const;
      expect(await cloud.invoke(wake)).toEqual({ end: "left", passes: 0 });
    };

    expect(await cloud.invoke(WAKE)).toEqual({ end: "done", passes: 2 });
    await cloud.pass(50_000);
    await cloud.invoke(CHANGE);
    expect(
      cloud.runningTasks.map(({ request }) => request.environment["WINDLASS_POOL"]).sort(),
    ).toEqual(["crop", "resize"]);
    expect(cloud.bought).toBe(1);
  });

  it("does so also when what it planned was refused meanwhile", async () => {
    const cloud = await cloudOf({ resize: {}, crop: { gpu: ["L4"] } });
    cloud.refusals.set("c6a.large", "InsufficientInstanceCapacity");
    await cloud.send("media", "resize");
    let isFirst = true;
    cloud.gate = async (operation, moment) => {
      if (operation !== "rows.transact" || moment !== "before" || !isFirst) return;
      isFirst = false;
      await cloud.send("media", "crop");
      await cloud.invoke({ kind: "wake", app: "media", pools: ["crop"] });
    };
    await cloud.invoke(WAKE);

    expect(cloud.instances.map(({ type }) => type).sort()).toEqual(["g6.xlarge", "m6a.large"]);
  });

  it("lets an invocation that was paused for too long do nothing more", async () => {
    const cloud = await cloudOf();
    await cloud.send("media", "resize");
    let resume = (): void => {};
    const paused = new Promise<void>((reached) => {
      cloud.gate = async (operation, moment) => {
        if (operation !== "rows.transact" || moment !== "before") return;
        cloud.gate = async () => {};
        await new Promise<void>((go) => {
          resume = go;
          reached();
        });
      };
    });
    const first = cloud.invoke(WAKE);
    await paused;
    cloud.now += 31_000;
    expect(await cloud.invoke(WAKE)).toMatchObject({ end: "done" });
    resume();

    expect(await first).toEqual({ end: "fenced", passes: 0 });
    expect(cloud.bought).toBe(1);
  });
});

describe("a change", () => {
  it("of an instance that is no host is none", async () => {
    const cloud = await cloudOf();
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);
    const about = (instanceId: string): ControlRequest => ({ kind: "change", instanceId });

    expect(await cloud.invoke(about("i-of-others"))).toEqual({ end: "foreign", passes: 0 });
    expect(await cloud.invoke(about("i-1"))).toMatchObject({ end: "done" });
  });
});

describe("an idle environment", () => {
  it("drains the container after its window, then ends the host, and is empty", async () => {
    const cloud = await cloudOf();
    await served(cloud);
    expect(cloud.waiting("media/resize")).toBe(0);
    await minutes(cloud, 5);

    expect(cloud.on).toEqual([]);
    expect(cloud.runningTasks).toEqual([]);
    expect(cloud.table.list("#controller").map(({ sk }) => sk)).toEqual(["lease", "offers"]);
    const ended = cloud.logs.find(({ event }) => event === "host-terminated");
    expect(ended).toMatchObject({ reason: "it had nothing to run" });
  });

  it("ends a host at the latest a window and two sweeps after its last container", async () => {
    const cloud = await cloudOf();
    await served(cloud);
    await minutes(cloud, 2);
    expect(cloud.runningTasks).toEqual([]);
    await minutes(cloud, 2);

    expect(cloud.on).toEqual([]);
  });

  it("looks twice, five seconds apart, before it ends a host", async () => {
    const cloud = await cloudOf();
    await served(cloud);
    const drained: number[] = [];
    let ended = 0;
    cloud.gate = async (operation, moment) => {
      if (moment !== "after") return;
      if (operation === "cluster.setDraining") drained.push(cloud.now);
      if (operation === "fleet.terminate") ended = cloud.now;
    };
    await minutes(cloud, 5);

    expect(drained).toHaveLength(1);
    expect(ended - (drained[0] ?? 0)).toBeGreaterThanOrEqual(5000);
  });

  it("opens a closing host again for work that comes, and buys none", async () => {
    const cloud = await cloudOf();
    await served(cloud);
    cloud.gate = async (operation, moment) => {
      if (operation !== "cluster.setDraining" || moment !== "after") return;
      cloud.gate = async () => {};
      await cloud.send("media", "resize");
      await cloud.invoke(WAKE);
    };
    await minutes(cloud, 3);
    await cloud.pass(3000);

    expect(cloud.bought).toBe(1);
    expect(cloud.on).toMatchObject([{ isDraining: false }]);
    expect(cloud.waiting("media/resize")).toBe(0);
  });

  it("keeps minContainers, and restores them", async () => {
    const cloud = await cloudOf({ resize: { minContainers: 2 } });
    await minutes(cloud, 5);
    expect(cloud.runningTasks).toHaveLength(2);
    cloud.kill(cloud.instances[0] as never);
    await minutes(cloud, 3);

    expect(cloud.runningTasks).toHaveLength(2);
    expect(cloud.on).toHaveLength(1);
  });

  it("keeps a buffer beside containers that work", async () => {
    const cloud = await cloudOf({ resize: { bufferContainers: 2 } });
    cloud.agentsWork = false;
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);
    await cloud.pass(50_000);
    await cloud.invoke(CHANGE);

    expect(cloud.runningTasks).toHaveLength(3);
  });
});

describe("EC2 refuses", () => {
  it("for want of stock: the next type is bought at once, and the first is left alone", async () => {
    const cloud = await cloudOf();
    cloud.refusals.set("c6a.large", "InsufficientInstanceCapacity");
    await cloud.send("media", "resize");

    expect(await cloud.invoke(WAKE)).toEqual({ end: "done", passes: 2 });

    expect(cloud.instances).toMatchObject([{ type: "m6a.large" }]);
    expect(cloud.requests.filter((one) => one === "fleet.buy")).toHaveLength(2);
  });

  it("every type: whoever waits is told, and it is tried again later", async () => {
    const cloud = await cloudOf({ resize: { gpu: ["L4"] } });
    cloud.refusals.set("*", "InsufficientInstanceCapacity");
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);
    const asked = cloud.requests.filter((one) => one === "fleet.buy").length;
    expect(notice(cloud)).toBe(
      "EC2 has no g6.xlarge in any zone of this environment (InsufficientInstanceCapacity)",
    );
    await cloud.pass(60_000);
    await cloud.invoke(WAKE);
    expect(cloud.requests.filter((one) => one === "fleet.buy")).toHaveLength(asked);

    cloud.refusals.clear();
    await cloud.pass(300_000);
    await cloud.invoke(WAKE);
    expect(cloud.instances).toMatchObject([{ type: "g6.xlarge" }]);
  });

  it("for a quota: no type that shares it is asked for", async () => {
    const cloud = await cloudOf({ resize: { gpu: ["L4"] } });
    cloud.refusals.set("*", "VcpuLimitExceeded");
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);

    expect(cloud.requests.filter((one) => one === "fleet.buy")).toHaveLength(1);
    expect(notice(cloud)).toContain('quota "Running On-Demand G and VT instances"');
  });

  it("for want of a permission: it stops and says which", async () => {
    const cloud = await cloudOf();
    cloud.refusals.set("*", "UnauthorizedOperation");
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);

    expect(cloud.requests.filter((one) => one === "fleet.buy")).toHaveLength(1);
    expect(notice(cloud)).toBe(
      "AWS refuses to let the controller buy hosts: UnauthorizedOperation: no c6a.large",
    );
  });

  it("a host that costs more than the limit is not bought", async () => {
    const cloud = await cloudOf({ resize: { gpu: ["A100-80GB"] } });
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);

    expect(cloud.bought).toBe(0);
    expect(notice(cloud)).toBe("p4de.24xlarge costs $27.45/h, above the limit of $10/h a host");
  });
});

describe("hosts that differ from what was expected", () => {
  it("are ended when the container does not fit, and never bought again for it", async () => {
    const cloud = await cloudOf({ resize: { memoryMiB: { request: 3300, limit: null } } });
    cloud.registers.set("c6a.large", { cpu: 2048, memoryMiB: 3000, gpus: 0 });
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);
    await minutes(cloud, 4);

    expect(cloud.instances.map(({ type }) => type)).toEqual(["c6a.large", "m6a.large"]);
    expect(cloud.on.map(({ type }) => type)).toEqual(["m6a.large"]);
    expect(cloud.waiting("media/resize")).toBe(0);
  });

  it("are shared by containers of several functions while these fit", async () => {
    const half = { cpu: { request: 1, limit: null } };
    const cloud = await cloudOf({ resize: half, crop: half, blur: half });
    cloud.agentsWork = false;
    for (const name of ["resize", "crop", "blur"]) await cloud.send("media", name);
    await cloud.invoke({ kind: "wake", app: "media", pools: ["resize", "crop", "blur"] });
    await cloud.pass(50_000);
    await cloud.invoke(CHANGE);

    expect(cloud.runningTasks).toHaveLength(3);
    expect(cloud.bought).toBe(2);
  });

  it("with GPUs run nothing that needs none", async () => {
    const cloud = await cloudOf({ resize: { gpu: ["L4"] }, crop: {} });
    cloud.agentsWork = false;
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);
    await cloud.pass(50_000);
    await cloud.send("media", "crop");
    await cloud.invoke({ kind: "wake", app: "media", pools: ["crop"] });

    expect(cloud.instances.map(({ type }) => type)).toEqual(["g6.xlarge", "c6a.large"]);
  });

  it("that never join their cluster are ended", async () => {
    const cloud = await cloudOf();
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);
    const [host] = cloud.instances;
    Object.assign(host as object, { launchedAt: Number.POSITIVE_INFINITY });
    await minutes(cloud, 11);

    expect(host).toMatchObject({ isOn: false });
  });

  it("without a row are adopted by their tag, and end when they have nothing to run", async () => {
    const cloud = await cloudOf();
    await cloud.ports().fleet.buy({ id: "leaked", type: "g6.xlarge", hasGpus: true });
    await minutes(cloud, 4);

    expect(cloud.on).toEqual([]);
    expect(cloud.logs).toContainEqual(
      expect.objectContaining({ event: "host-adopted", host: "leaked" }),
    );
  });
});

describe("a sweep", () => {
  it("does without any event or wake what they would have done", async () => {
    const cloud = await cloudOf();
    await cloud.send("media", "resize");
    await minutes(cloud, 3);
    expect(cloud.waiting("media/resize")).toBe(0);
    await minutes(cloud, 5);

    expect(cloud.bought).toBe(1);
    expect(cloud.on).toEqual([]);
  });

  it("stops a container whose agent is silent, and replaces it while there is work", async () => {
    const cloud = await cloudOf();
    cloud.agentsWork = false;
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);
    await cloud.pass(50_000);
    await cloud.invoke(CHANGE);
    await cloud.pass(15_000);
    const [first] = cloud.runningTasks;
    cloud.silent.add(first?.container ?? "");
    await minutes(cloud, 1);

    expect(first).toMatchObject({ isStopped: true, reason: "nothing was heard of its agent" });
    expect(cloud.runningTasks).toHaveLength(1);
    expect(cloud.runningTasks[0]?.container).not.toBe(first?.container);
  });

  it("marks containers as ended whose task has stopped, and forgets them after an hour", async () => {
    const cloud = await cloudOf();
    await served(cloud);
    Object.assign(cloud.tasks[0] as object, { isStopped: true, reason: "OutOfMemoryError" });
    await cloud.invoke(CHANGE);
    expect(cloud.containers("media")).toMatchObject([{ row: { status: "ended" } }]);
    await minutes(cloud, 62);

    expect(cloud.containers("media")).toEqual([]);
  });

  it("waits longer and longer while containers cannot start, and says why", async () => {
    const cloud = await cloudOf();
    cloud.agentsWork = false;
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);
    await cloud.pass(50_000);
    for (let second = 0; second < 120; second += 1) {
      await cloud.invoke(CHANGE);
      for (const task of cloud.runningTasks) {
        cloud.silent.add(task.container);
        Object.assign(task, { isStopped: true, reason: "CannotPullContainerError" });
      }
      cloud.now += 1000;
    }

    expect(cloud.tasks.length).toBeGreaterThanOrEqual(3);
    expect(cloud.tasks.length).toBeLessThanOrEqual(7);
    expect(notice(cloud)).toBe("its last container could not start: CannotPullContainerError");
  });

  it("stops tasks that no row speaks of", async () => {
    const cloud = await cloudOf();
    await served(cloud);
    const [{ id } = { id: "" }] = cloud.containers("media");
    await cloud.table.port(async () => {}).delete(containerKey("media", id));
    await minutes(cloud, 1);

    expect(cloud.runningTasks).toEqual([]);
  });

  it("drains containers of apps that are gone", async () => {
    const cloud = await cloudOf();
    await served(cloud);
    const rows = cloud.table.port(async () => {});
    await rows.delete({ pk: "media#deployment", sk: "current" });
    await rows.delete({ pk: "#apps", sk: "media" });
    await minutes(cloud, 4);

    expect(cloud.runningTasks).toEqual([]);
    expect(cloud.on).toEqual([]);
  });

  it("removes the reply queues of sessions that were silent for an hour", async () => {
    const cloud = await cloudOf();
    const rows = cloud.table.port(async () => {});
    for (const [name, age] of [
      ["old", 61],
      ["young", 5],
    ] as const) {
      cloud.queues.set(name, []);
      const session = { queueUrl: name, at: cloud.now - age * 60_000, expiresAt: 0 };
      await rows.put(sessionKey("media", name), session, 0);
    }
    await cloud.invoke(SWEEP);

    expect([...cloud.queues.keys()]).not.toContain("old");
    expect([...cloud.queues.keys()]).toContain("young");
    expect(cloud.table.list("media#sessions").map(({ sk }) => sk)).toEqual(["young"]);
  });
});

describe("an app in trouble", () => {
  it.each(["objects.get", "queues.count", "queues.peek"])(
    "where %s fails does not keep others waiting",
    async (failing) => {
      const cloud = await cloudOf();
      await cloud.deploy("broken", { crop: {} });
      await cloud.send("broken", "crop");
      await cloud.send("media", "resize");
      const controller = cloud.process();
      // What is read first fails.
      let isFirst = true;
      cloud.gate = async (operation) => {
        if (operation !== failing || !isFirst) return;
        isFirst = false;
        throw new TypeError("AccessDenied");
      };
      await cloud.invoke({ kind: "wake", app: "broken", pools: ["crop"] }, controller);
      expect(cloud.bought).toBe(0);
      expect(cloud.logs).toContainEqual(
        expect.objectContaining({ event: "failed", error: "TypeError: AccessDenied" }),
      );
      isFirst = true;
      await cloud.invoke(SWEEP, controller);

      expect(cloud.instances).toHaveLength(1);
    },
  );

  it("has its host bought by the next pass when EC2 did not answer", async () => {
    const cloud = await cloudOf();
    await cloud.send("media", "resize");
    cloud.gate = async (operation, moment) => {
      if (operation !== "fleet.buy" || moment !== "after") return;
      cloud.gate = async () => {};
      throw new TypeError("socket hang up");
    };
    await cloud.invoke(WAKE);
    await minutes(cloud, 2);
    await cloud.pass(3000);

    expect(cloud.bought).toBe(1);
    expect(cloud.waiting("media/resize")).toBe(0);
  });
});

describe("an invocation that dies", () => {
  /** From a message that waits to an environment at rest, with a death at one step; what it bought. */
  async function lifeWithDeathAt(step: number, moment: "before" | "after"): Promise<FakeCloud> {
    const cloud = await cloudOf();
    let steps = 0;
    let isDead = false;
    cloud.gate = async (_, at) => {
      if (isDead) throw new Died();
      if (at !== moment) return;
      steps += 1;
      isDead = steps === step;
      if (isDead) throw new Died();
    };
    const survive = async (request: ControlRequest): Promise<void> => {
      isDead = false;
      await cloud.invoke(request).catch((error: unknown) => {
        if (!(error instanceof Died)) throw error;
      });
    };
    await cloud.send("media", "resize");
    for (let wait = 0; wait < 20 && cloud.waiting("media/resize") > 0; wait += 1) {
      await survive(WAKE);
      await cloud.pass(15_000);
    }
    expect(cloud.waiting("media/resize")).toBe(0);
    for (let minute = 0; minute < 12; minute += 1) {
      await cloud.pass(60_000);
      await survive(SWEEP);
    }
    if (steps < step) return cloud;
    expect
      .soft([step, moment, cloud.on.length], "hosts that were left on")
      .toEqual([step, moment, 0]);
    expect.soft([step, moment, cloud.bought], "hosts bought").toEqual([step, moment, 1]);
    expect.soft([step, moment, cloud.tasks.length], "tasks started").toEqual([step, moment, 1]);
    expect.soft(cloud.runningTasks).toEqual([]);
    expect.soft(cloud.table.list("#controller").map(({ sk }) => sk)).toEqual(["lease", "offers"]);
    return cloud;
  }

  it.each(["before", "after"] as const)(
    "%s any of its steps leaves nothing that is not healed, and buys nothing twice",
    async (moment) => {
      const whole = await lifeWithDeathAt(Number.POSITIVE_INFINITY, moment);
      const steps = whole.requests.length;
      expect(steps).toBeGreaterThan(60);
      for (let step = 1; step <= steps; step += 1) await lifeWithDeathAt(step, moment);
    },
  );

  it("leaves what it was asked for to the next", async () => {
    const cloud = await cloudOf();
    await cloud.send("media", "resize");
    cloud.gate = async (operation) => {
      if (operation === "rows.list") throw new Died();
    };
    await expect(cloud.invoke(WAKE)).rejects.toThrow(Died);
    cloud.gate = async () => {};
    const row = await cloud.table.port(async () => {}).get<{ pending: object }>(LEASE_KEY);
    expect(row?.body.pending).toEqual({ "media resize": 1 });
    await cloud.invoke(CHANGE);

    expect(cloud.bought).toBe(1);
  });
});
