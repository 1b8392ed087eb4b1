import { describe, expect, it } from "vitest";
import type { ControlRequest } from "../../cdk/controller/control.ts";
import type { Purchase } from "../../cdk/controller/ports.ts";
import { type HostRow, LEASE_KEY } from "../../cdk/controller/rows.ts";
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

    expect(cloud.instances).toMatchObject([{ type: "c6a.large", market: "spot", isOn: true }]);
    expect(notice(cloud)).toBe("a host boots: c6a.large, spot, up to $0.09/h");
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
        WINDLASS_LANGUAGE: "node",
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
    expect(await count("media/resize")).toEqual({ waiting: 1, hidden: 0, delayed: 0 });
    expect(cloud.bought).toBe(1);
  });

  it("starts 25 containers at most before an input was measured", async () => {
    const cloud = await cloudOf();
    await cloud.send("media", "resize", 5000);
    await cloud.invoke(WAKE);
    await cloud.pass(50_000);
    cloud.agentsWork = false;
    await cloud.invoke(CHANGE);

    expect(cloud.runningTasks).toHaveLength(25);
    expect(cloud.bought).toBe(1);
  });

  it("counts inputs, not messages, while its containers start", async () => {
    const cloud = await cloudOf();
    await cloud.send("media", "resize", 8);
    await cloud.invoke(WAKE);
    await cloud.pass(50_000);
    cloud.agentsWork = false;
    for (let look = 0; look < 3; look += 1) await cloud.invoke(CHANGE);

    expect(cloud.runningTasks).toHaveLength(8);
  });

  it("counts what a container has taken and cannot run yet, and messages by how many inputs they have", async () => {
    const cloud = await cloudOf();
    await served(cloud);
    cloud.agentsWork = false;
    await cloud.write({ status: "ready", taken: 3, messageInputs: 2, idleSince: null });
    await cloud.send("media", "resize", 2);
    await cloud.invoke(WAKE);
    await cloud.pass(50_000);
    await cloud.invoke(CHANGE);

    // One runs; two wait beside it, two in a message.
    expect(cloud.runningTasks).toHaveLength(5);
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

  it("ends an empty host that ECS has lost sight of, however often others wake it", async () => {
    const cloud = await cloudOf({ resize: { scaledownWindowSeconds: 2 }, blur: { gpu: ["H200"] } });
    await served(cloud);
    await minutes(cloud, 1);
    const [host] = cloud.instances;
    if (host !== undefined) host.isConnected = false;
    // It waits for ever: what it needs is too dear.
    await cloud.send("media", "blur");
    for (let wait = 0; wait < 16; wait += 1) {
      await cloud.pass(15_000);
      await cloud.invoke({ kind: "wake", app: "media", pools: ["blur"] });
      if (wait % 4 === 3) await cloud.invoke(SWEEP);
    }
    expect(host?.isOn).toBe(false);
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
    expect(cloud.asked).toEqual(["c6a.large spot", "m6a.large spot"]);
  });

  it("spot instances: it buys on demand, and says so before and after", async () => {
    const cloud = await cloudOf({ resize: { gpu: ["L4"] } });
    cloud.refusals.set("spot", "InsufficientInstanceCapacity");
    const told: (string | undefined)[] = [];
    cloud.gate = async (operation, moment) => {
      if (operation === "fleet.buy" && moment === "before") told.push(notice(cloud));
      if (cloud.bought === 0) expect(notice(cloud) ?? "").not.toContain("a host boots");
    };
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);

    expect(cloud.instances).toMatchObject([{ type: "g6.xlarge", market: "on-demand" }]);
    expect(told[1]).toBe("no spot g6.xlarge in us-east-1a/b, trying spot g6.2xlarge");
    expect(told.at(-1)).toBe("no spot L4 in us-east-1a/b, trying L4:1 on demand");
    const bought = "no spot L4 in us-east-1a/b; a host boots: g6.xlarge, $0.82/h";
    expect(notice(cloud)).toBe(bought);
    await cloud.pass(20_000);
    await cloud.invoke(WAKE);
    expect(notice(cloud)).toBe(bought);
  });

  it("one GPU of the list: the next one is bought, after spot and on demand", async () => {
    const cloud = await cloudOf({ resize: { gpu: ["L40S", "A10G"] } });
    for (const size of ["xlarge", "2xlarge", "4xlarge"]) {
      cloud.refusals.set(`g6e.${size}`, "InsufficientInstanceCapacity");
    }
    let trying: string | undefined;
    cloud.gate = async (operation, moment) => {
      if (operation === "fleet.buy" && moment === "before") trying = notice(cloud);
    };
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);

    expect(cloud.asked).toEqual([
      ...["g6e.xlarge spot", "g6e.2xlarge spot", "g6e.4xlarge spot"],
      ...["g6e.xlarge on-demand", "g6e.2xlarge on-demand", "g6e.4xlarge on-demand"],
      "g5.xlarge spot",
    ]);
    expect(trying).toBe("no L40S in us-east-1a/b, trying A10G:1");
  });

  it("spot instances of what must be spot: nothing is bought on demand", async () => {
    const cloud = await cloudOf({ resize: { spot: "require" } });
    cloud.refusals.set("spot", "InsufficientInstanceCapacity");
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);

    expect(cloud.asked.filter((one) => !one.endsWith(" spot"))).toEqual([]);
    expect(cloud.bought).toBe(0);
    expect(notice(cloud)).toMatch(/^no spot c6a\.large, .*; tried again within 5 minutes$/);
  });

  it("every type: whoever waits is told, and it is tried again later", async () => {
    const cloud = await cloudOf({ resize: { gpu: ["L4"] } });
    cloud.refusals.set("*", "InsufficientInstanceCapacity");
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);
    const asked = cloud.asked.length;
    expect(notice(cloud)).toBe("no L4 in us-east-1a/b; tried again within 5 minutes");
    await cloud.pass(60_000);
    await cloud.invoke(WAKE);
    expect(cloud.asked).toHaveLength(asked);

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

    expect(cloud.asked).toEqual(["g6.xlarge spot", "g6.xlarge on-demand"]);
    const of = (market: string) =>
      `the account's quota of vCPUs for ${market} G and VT instances leaves no room: ask AWS for more`;
    expect(notice(cloud)).toBe(`${of("spot")}; ${of("on-demand")}; tried again within 5 minutes`);
  });

  it("for the quota of spot instances: on demand has another one", async () => {
    const cloud = await cloudOf({ resize: { gpu: ["L4"] } });
    cloud.refusals.set("spot", "MaxSpotInstanceCountExceeded");
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);

    expect(cloud.asked).toEqual(["g6.xlarge spot", "g6.xlarge on-demand"]);
    expect(cloud.instances).toMatchObject([{ market: "on-demand" }]);
  });

  it("for want of a permission: it stops and says which", async () => {
    const cloud = await cloudOf({ resize: { gpu: ["L4"] }, crop: {} });
    cloud.refusals.set("*", "UnauthorizedOperation");
    cloud.refusalMessage =
      "You are not authorized to perform this operation. User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: iam:PassRole on resource: c";
    for (const name of ["resize", "crop"]) await cloud.send("media", name);
    await cloud.invoke(WAKE);
    await cloud.invoke({ kind: "wake", app: "media", pools: ["crop"] });

    expect(cloud.asked).toHaveLength(1);
    const lacks =
      "AWS refuses to let the controller buy hosts: it lacks iam:PassRole (UnauthorizedOperation)";
    for (const { body } of cloud.table.list<PoolRow>("media#pools")) {
      expect(body.notice).toContain(lacks);
    }
    cloud.refusals.clear();
    await cloud.pass(60_000);
    await cloud.invoke(WAKE);
    expect(cloud.bought).toBe(1);
  });

  it("for want of a permission that EC2 does not name: it says which there are", async () => {
    const cloud = await cloudOf();
    cloud.refusals.set("*", "UnauthorizedOperation");
    cloud.refusalMessage = "You are not authorized. Encoded authorization failure message: 4d5a";
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);

    expect(notice(cloud)).toMatch(/it lacks one of ec2:CreateFleet, .*, ssm:GetParameters/);
    expect(notice(cloud)).not.toContain("4d5a");
  });

  it("for want of spot's own role: it says what makes it", async () => {
    const cloud = await cloudOf();
    cloud.refusals.set("spot", "AuthFailure.ServiceLinkedRoleCreationNotPermitted");
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);

    expect(cloud.asked).toHaveLength(1);
    expect(notice(cloud)).toContain("`npx windlass bootstrap` creates it");
  });

  it("for a reason that nobody knows: it is told, and the next type is bought", async () => {
    const cloud = await cloudOf();
    cloud.refusals.set("c6a.large spot", "InternalError");
    cloud.refusalMessage = "try again";
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);

    expect(notice(cloud)).toBe(
      "EC2 refuses c6a.large: InternalError: try again; a host boots: m6a.large, spot, up to $0.10/h",
    );
  });

  it("a host that costs more than the limit is not bought", async () => {
    const cloud = await cloudOf({ resize: { gpu: ["A100-80GB"] } });
    await cloud.send("media", "resize");
    await cloud.invoke(WAKE);

    expect(cloud.bought).toBe(0);
    expect(notice(cloud)).toBe(
      "p4de.24xlarge costs $27.46/h, above the limit of $10/h a host; nearest: H100 on p5.4xlarge (16 vCPUs, 256 GiB), $6.90/h; RTX-PRO-6000 on g7e.2xlarge (8 vCPUs, 64 GiB), $3.38/h; RTX-PRO-6000:2 on g7e.12xlarge (48 vCPUs, 512 GiB), $8.30/h",
    );
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
    const leaked: Purchase = {
      ...{ id: "leaked", type: "g6.xlarge", market: "spot" },
      ...{ architecture: "amd64", hasGpus: true },
    };
    await cloud.ports().fleet.buy(leaked);
    await minutes(cloud, 1);
    expect(cloud.table.list<HostRow>("#controller")).toContainEqual(
      expect.objectContaining({ body: expect.objectContaining({ market: "spot" }) }),
    );
    await minutes(cloud, 3);

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

  it("takes up the task of a container whose start nobody has noted, though it may not be asked for again", async () => {
    const cloud = await cloudOf();
    await served(cloud);
    await cloud.write({ status: "wanted", taskArn: null });
    const before = cloud.requests.filter((request) => request === "cluster.run").length;
    await cloud.invoke(CHANGE);

    expect(cloud.containers("media")).toMatchObject([
      { row: { status: "placed", taskArn: "task/1" } },
    ]);
    expect(cloud.requests.filter((request) => request === "cluster.run")).toHaveLength(before);
  });

  it("replaces a container that has ended while there is work, as soon as it hears of it", async () => {
    const cloud = await cloudOf();
    await served(cloud);
    await cloud.pass(120_000);
    cloud.agentsWork = false;
    await cloud.send("media", "resize");
    Object.assign(cloud.tasks[0] as object, { isStopped: true, reason: "exit code 137" });
    await cloud.invoke(CHANGE);

    expect(cloud.runningTasks).toHaveLength(1);
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

describe("a pool that nobody woke", () => {
  it("gets the host that was bought when it was its turn", async () => {
    const functions = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [`f${n}`, {}] as const),
    );
    const cloud = await cloudOf(functions);
    await cloud.send("media", "f7");
    while (cloud.bought === 0) await minutes(cloud, 1);
    await cloud.pass(50_000);
    await cloud.invoke(CHANGE);

    expect(cloud.runningTasks).toHaveLength(1);
    expect(cloud.bought).toBe(1);
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

  it("keeps a host that was bought minutes after it was decided, and that EC2 does not list yet", async () => {
    const cloud = await cloudOf();
    await cloud.send("media", "resize");
    const controller = cloud.process();
    controller.ports.fleet.instances = async () => [];
    let refused = 2;
    cloud.gate = async (operation, moment) => {
      if (operation !== "fleet.buy" || moment !== "before" || refused === 0) return;
      refused -= 1;
      throw new TypeError("socket hang up");
    };
    await cloud.invoke(WAKE, controller);
    await minutes(cloud, 2, controller);
    expect(cloud.bought).toBe(1);
    await cloud.pass(3000);
    await cloud.invoke(SWEEP, controller);

    expect(cloud.bought).toBe(1);
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

describe("a host that EC2 takes back", () => {
  const interruption = (instanceId: string): ControlRequest => ({
    kind: "interruption",
    instanceId,
  });

  it("is drained, its tasks are told to stop, and another is bought for what waits", async () => {
    const cloud = await cloudOf();
    await served(cloud);
    const [first] = cloud.runningTasks;
    expect(first).toBeDefined();
    await cloud.send("media", "resize");

    expect(await cloud.invoke(interruption("i-1"))).toMatchObject({ end: "done" });

    expect(first).toMatchObject({ isStopped: true, reason: "EC2 takes back its host" });
    expect(cloud.requests).toContain("cluster.setDraining");
    await minutes(cloud, 3);
    expect(cloud.on.map(({ id }) => id)).toEqual(["i-2"]);
    expect(cloud.runningTasks.map(({ instance }) => instance.id)).toEqual(["i-2"]);
  });

  it("is ended once it is empty, and never opened again", async () => {
    const cloud = await cloudOf();
    await served(cloud);

    await cloud.invoke(interruption("i-1"));
    await minutes(cloud, 3);

    expect(cloud.on).toEqual([]);
  });

  it("is nobody's business when it is no host of the environment", async () => {
    const cloud = await cloudOf();
    await served(cloud);

    expect(await cloud.invoke(interruption("i-77"))).toEqual({ end: "foreign", passes: 0 });
    expect(cloud.runningTasks).toHaveLength(1);
  });
});

describe("the autoscaler of a function", () => {
  const scaled = (count: number) => ({ minContainers: count });

  it("is followed at once, and as long as nothing is deployed", async () => {
    const cloud = await cloudOf();
    await cloud.scale("media", "resize", scaled(2));
    await cloud.invoke(WAKE);
    await minutes(cloud, 40);
    expect(cloud.runningTasks).toHaveLength(2);

    await cloud.scale("media", "resize", { minContainers: 0, scaledownWindowSeconds: 2 });
    await cloud.invoke(WAKE);
    await minutes(cloud, 3);
    expect(cloud.runningTasks).toEqual([]);
  });

  it("limits containers and keeps idle ones as long as it says", async () => {
    const cloud = await cloudOf();
    await cloud.scale("media", "resize", { maxContainers: 1, scaledownWindowSeconds: 600 });
    for (let n = 0; n < 5; n += 1) await cloud.send("media", "resize");
    await cloud.invoke(WAKE);
    await cloud.pass(50_000);
    await cloud.invoke(CHANGE);
    await minutes(cloud, 8);
    expect(cloud.runningTasks).toHaveLength(1);
    await minutes(cloud, 5);
    expect(cloud.runningTasks).toEqual([]);
  });

  it("costs no request more", async () => {
    const count = async (isScaled: boolean): Promise<number> => {
      const cloud = await cloudOf();
      if (isScaled) await cloud.scale("media", "resize", { bufferContainers: 0 });
      await served(cloud);
      const before = cloud.requests.length;
      await cloud.invoke(SWEEP);
      return cloud.requests.length - before;
    };
    expect(await count(true)).toBe(await count(false));
  });
});
