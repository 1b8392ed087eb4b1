import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CONTAINER_BEAT_MS, type ContainerRow } from "../../lib/aws/container-row.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { bundleObject, containerKey, deploymentKey } from "../../lib/aws/keys.ts";
import { until } from "../engine/until.ts";
import { DEPLOYED, Lab, queueOf, type Started, settle } from "./agent-lab.ts";

const THROWS = 'throw new Error("no model on the disk")';

let lab: Lab;

beforeEach(() => {
  lab = new Lab();
});

afterEach(() => lab.close());

async function change(id: string, fields: Partial<ContainerRow>): Promise<void> {
  const key = containerKey(DEPLOYED, id);
  const found = await lab.rows.get<ContainerRow>(key);
  await lab.rows.put(key, { ...found?.body, ...fields }, found?.version ?? 0);
}

describe("a container ends", () => {
  it("after what it runs, when the controller wants it to", async () => {
    await lab.deploy();
    const started = await lab.startReady("sleepy");
    await lab.send("sleepy", [100, 100]);
    await until(() => (lab.queues.visibleAt(queueOf("sleepy"))[0] ?? 0) > lab.now);
    await settle();
    await change(started.id, { mustDrain: true });
    lab.pass(CONTAINER_BEAT_MS);
    await lab.reaches(started, "draining");
    expect(await lab.results(2)).toEqual([100, 100]);
    expect(await lab.end(started)).toBe(0);
    expect(lab.row(started.id)).toMatchObject({ status: "ended", error: null, taken: 0 });
  });

  it("before it starts, when the controller no longer wants it", async () => {
    await lab.deploy();
    const started = lab.start("double", { mustDrain: true });
    expect(await lab.end(started)).toBe(0);
    expect(lab.row(started.id)).toMatchObject({ status: "ended", error: null });
  });

  it("when the controller has given it up", async () => {
    await lab.deploy();
    const started = await lab.startReady("double");
    await change(started.id, { status: "ended" });
    lab.pass(CONTAINER_BEAT_MS);
    await lab.reaches(started, "draining");
    expect(await lab.end(started)).toBe(0);
  });

  it("within a beat of a deployment, or when its app was removed", async () => {
    await lab.deploy();
    const [first, second] = [await lab.startReady("double"), await lab.startReady("sleepy")];
    await lab.deploy();
    const third = await lab.startReady("warm");
    lab.pass(CONTAINER_BEAT_MS);
    await lab.reaches(first, "draining");
    await lab.reaches(second, "draining");
    expect(await lab.end(first)).toBe(0);
    expect(await lab.end(second)).toBe(0);
    expect(lab.row(third.id)).toMatchObject({ status: "ready", deployment: 2 });
    await lab.rows.delete(deploymentKey(DEPLOYED));
    lab.pass(CONTAINER_BEAT_MS);
    expect(await lab.end(third)).toBe(0);
  });

  it("at once when it is sent an input for newer code, which it gives back", async () => {
    await lab.deploy();
    const started = await lab.startReady("double");
    await lab.send("double", [1], { deployment: 2 });
    await lab.reaches(started, "draining");
    expect(await lab.end(started)).toBe(0);
    expect(lab.queues.visibleAt(queueOf("double"))).toEqual([lab.now]);
    expect(lab.replies()).toEqual([]);
    // There is room for another now.
    expect(lab.woken).toEqual(["double"]);
  });

  it("within a beat of its function's removal, whatever it runs", async () => {
    await lab.deploy();
    const started = await lab.startReady("sleepy");
    await lab.send("sleepy", [1, 3_600_000]);
    await until(() => (lab.queues.visibleAt(queueOf("sleepy"))[0] ?? 0) > lab.now);
    await settle();
    await lab.deploy(undefined, undefined, ["sleepy"]);
    lab.pass(CONTAINER_BEAT_MS);
    await until(() => lab.queues.visibleAt(queueOf("sleepy"))[0] === lab.now);
    lab.pass(1000);
    expect(await lab.end(started)).toBe(0);
    expect(lab.row(started.id)).toMatchObject({ status: "ended", error: null, taken: 0 });
  });

  it("by itself, ten minutes after the controller should have ended it", async () => {
    await lab.deploy(undefined, (spec) => ({ ...spec, scaledownWindowSeconds: 60 }));
    const idle = await lab.startReady("double");
    const warm = await lab.startReady("warm");
    lab.pass(660_000);
    await settle();
    expect(lab.row(idle.id)).toMatchObject({ status: "ready" });
    lab.pass(1000);
    await lab.reaches(idle, "draining");
    expect(await lab.end(idle)).toBe(0);
    expect(lab.row(warm.id)).toMatchObject({ status: "ready" });
  });

  it("when it is told to stop: what it runs goes back at once, with the results so far", async () => {
    await lab.deploy(undefined, (spec) => ({ ...spec, timeoutSeconds: 86_400 }));
    const started = await lab.startReady("sleepy");
    await lab.send("sleepy", [1, 60_000, 2]);
    await until(() => (lab.queues.visibleAt(queueOf("sleepy"))[0] ?? 0) > lab.now);
    // The runner is a process of its own: its first result may take a while.
    while (lab.replies().length === 0) {
      lab.pass(2000);
      await settle();
    }
    expect(await lab.results(1)).toEqual([1]);
    started.container.stop();
    await until(() => lab.queues.visibleAt(queueOf("sleepy"))[0] === lab.now);
    const next = await lab.startReady("sleepy");
    lab.pass(1000);
    expect(await lab.end(started)).toBe(0);
    expect(lab.row(started.id)).toMatchObject({ status: "ended", error: null });
    expect(next.ended()).toBeUndefined();
  });
});

describe("hooks at the end of a container", () => {
  const textOf = (started: Started): string[] => started.lines.map(({ text }) => text);

  it("run at once when its host goes, while what it ran is for others", async () => {
    await lab.deploy();
    const started = await lab.startReady("Keeper");
    await lab.send("Keeper", [0], { method: "work" });
    await until(() => textOf(started).includes("works"));
    started.container.stop();
    await until(() => lab.queues.visibleAt(queueOf("Keeper"))[0] === lab.now);
    expect(await lab.end(started)).toBe(0);
    expect(textOf(started)).toEqual(["works", "aborted", "saves", "leaves"]);
    expect(lab.replies()).toEqual([]);
  });

  it("have thirty seconds, counted from when nothing runs", async () => {
    await lab.deploy(undefined, (spec) => ({ ...spec, timeoutSeconds: 86_400 }));
    const started = await lab.startReady("Clinging");
    await lab.send("Clinging", [0], { method: "work" });
    await until(() => textOf(started).includes("works"));
    started.container.drain();
    lab.pass(40_000);
    started.endPolls();
    await until(() => textOf(started).includes("clings"));
    lab.pass(50);
    lab.pass(29_000);
    await settle();
    expect(started.ended()).toBeUndefined();
    lab.pass(1000);
    expect(await lab.end(started)).toBe(0);
  });
});

describe("a container that cannot start", () => {
  it("says so in its row and leaves what waits to the next", async () => {
    await lab.deploy(THROWS);
    await lab.send("double", [1]);
    const started = lab.start("double");
    expect(await lab.end(started)).toBe(1);
    expect(lab.row(started.id)).toMatchObject({
      ...{ status: "ended", deployment: 1, error: "Error: no model on the disk" },
    });
    expect(lab.queues.visibleAt(queueOf("double"))).toEqual([lab.now]);
    expect(lab.replies()).toEqual([]);
  });

  it("tells whoever waits when it is the third in a row", async () => {
    await lab.deploy(THROWS);
    await lab.send("double", [1, 2]);
    for (let start = 1; start <= 3; start += 1) {
      expect(await lab.end(lab.start("double"))).toBe(1);
      lab.now += 1000;
    }
    const [first, second] = await lab.results(2);
    expect([first, second]).toMatchObject([
      { message: "no model on the disk" },
      { message: "no model on the disk" },
    ]);
    expect(lab.queues.bodies(queueOf("double"))).toEqual([]);
    expect(lab.failed()).toMatchObject([{ start: 0, end: 2, kind: "startup", attempts: 0 }]);
  });

  it("counts once with those that started before it had failed", async () => {
    await lab.deploy(THROWS);
    await lab.send("double", [1]);
    const together = [lab.start("double"), lab.start("double"), lab.start("double")];
    for (const started of together) expect(await lab.end(started)).toBe(1);
    expect(lab.replies()).toEqual([]);
  });

  it("counts anew with other code", async () => {
    await lab.deploy(THROWS);
    await lab.send("double", [1]);
    for (let start = 1; start <= 2; start += 1) {
      await lab.end(lab.start("double"));
      lab.now += 1000;
    }
    await lab.deploy(`${THROWS}; // still`);
    await lab.end(lab.start("double"));
    expect(lab.replies()).toEqual([]);
    expect(lab.queues.bodies(queueOf("double"))).toHaveLength(1);
  });

  it("refuses code that is not what was deployed", async () => {
    await lab.deploy();
    const found = await lab.rows.get<DeploymentRow>(deploymentKey(DEPLOYED));
    const codeHash = found?.body.codeHash ?? "";
    await lab.bucket.put(bundleObject(DEPLOYED, codeHash), "// something else");
    const started = lab.start("double");
    expect(await lab.end(started)).toBe(1);
    expect(lab.row(started.id)?.error).toMatch(
      /^WINDLASS_CODE_HASH: the code of app "deployed" at "bundles\/deployed\/[0-9a-f]{64}\.mjs" is not what was deployed/,
    );
  });

  it.each([
    ["WINDLASS_FUNCTION_NOT_FOUND", "unknown", undefined],
    ["WINDLASS_POOL_GONE", "Counter", "Counter#gone"],
  ])("says %s", async (code, name, pool) => {
    await lab.deploy();
    const started = lab.start(name, { pool });
    expect(await lab.end(started)).toBe(1);
    expect(lab.row(started.id)?.error).toContain(code);
  });

  it("says that its app is not deployed", async () => {
    const started = lab.start("double");
    expect(await lab.end(started)).toBe(1);
    expect(lab.row(started.id)?.error).toContain("WINDLASS_APP_NOT_DEPLOYED");
  });
});
