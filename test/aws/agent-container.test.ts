import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CONTAINER_BEAT_MS } from "../../lib/aws/container-row.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { deploymentKey, parametersKey } from "../../lib/aws/keys.ts";
import { openInputs } from "../../lib/aws/range-message.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { packPage } from "../../lib/messages.ts";
import { mistake } from "../dsl/mistake.ts";
import { until } from "../engine/until.ts";
import { DEPLOYED, Lab, queueOf, type Started, settle } from "./agent-lab.ts";

let lab: Lab;

beforeEach(() => {
  lab = new Lab();
});

afterEach(() => lab.close());

describe("a container", () => {
  it("runs inputs of its function and tells the results", async () => {
    await lab.deploy();
    await lab.startReady("double");
    await lab.send("double", [1, 2, 3]);
    expect(await lab.results(3)).toEqual([2, 4, 6]);
    await until(() => lab.queues.bodies(queueOf("double")).length === 0);
  });

  it("says in its row how it is, and keeps what the controller wrote", async () => {
    await lab.deploy();
    const started = lab.start("double");
    const ready = await lab.reaches(started, "ready");
    expect(ready).toMatchObject({
      ...{ pool: "double", function: "double", taskArn: "arn:task", hostArn: "arn:host" },
      ...{ createdAt: lab.now - 500, at: lab.now, deployment: 1, error: null, mustDrain: false },
      ...{ taken: 0, idleSince: lab.now, inputMs: null },
    });
    expect(ready.expiresAt * 1000).toBeGreaterThan(lab.now + 3600_000);
    expect(await finish(started)).toBe(0);
    expect(lab.row(started.id)).toMatchObject({ status: "ended", taskArn: "arn:task" });
  });

  it("starts the runner of its function at once, or in its place that of newer code", async () => {
    await lab.deploy();
    await lab.startReady("double");
    expect(lab.runners).toEqual(["node"]);
    await lab.reaches(lab.start("double", { language: "python" }), "ready");
    expect(lab.runners).toEqual(["node", "python", "node"]);
  });

  it("writes a row where there is none", async () => {
    await lab.deploy();
    const started = lab.start("double", { hasRow: false });
    expect(await lab.reaches(started, "ready")).toMatchObject({
      createdAt: lab.now,
      taskArn: null,
    });
  });

  it("writes what it runs with its beat and not before", async () => {
    await lab.deploy();
    const started = await lab.startReady("sleepy");
    await lab.send("sleepy", [60_000, 1]);
    await until(() => lab.queues.visibleAt(queueOf("sleepy")).every((at) => at > lab.now));
    lab.pass(CONTAINER_BEAT_MS - 1);
    await settle();
    expect(lab.row(started.id)).toMatchObject({ taken: 0 });
    lab.pass(1);
    await until(() => lab.row(started.id)?.taken === 2);
    expect(lab.row(started.id)).toMatchObject({ status: "ready", idleSince: null, at: lab.now });
  });

  it("measures how long an input takes", async () => {
    await lab.deploy();
    const started = await lab.startReady("double");
    await lab.send("double", [1]);
    await lab.results(1);
    lab.pass(CONTAINER_BEAT_MS);
    await until(() => lab.row(started.id)?.inputMs === 0);
  });

  it("passes on what user code writes, with its name", async () => {
    await lab.deploy();
    const { id, lines } = await lab.startReady("loud");
    await lab.send("loud", [0]);
    await until(() => lines.length === 2);
    expect(lines).toContainEqual({
      function: "loud",
      container: id,
      stream: "stdout",
      call: expect.stringMatching(/^fc-/),
      text: "to\tall",
    });
    expect(lines).toContainEqual({
      function: "loud",
      container: id,
      stream: "stderr",
      call: expect.stringMatching(/^fc-/),
      text: "to the brave",
    });
  });

  it("runs an input for longer than SQS hides its message", async () => {
    await lab.deploy(undefined, (spec) => ({ ...spec, timeoutSeconds: 86_400 }));
    const folder = mkdtempSync(join(tmpdir(), "windlass-agent-"));
    const file = join(folder, "there");
    const started = await lab.startReady("patient");
    await lab.startReady("patient");
    await lab.send("patient", [file]);
    await until(() => (lab.queues.visibleAt(queueOf("patient"))[0] ?? 0) > lab.now);
    for (const since = lab.now; lab.now - since < 23 * 3600_000; ) {
      lab.pass(CONTAINER_BEAT_MS);
      await settle();
    }
    writeFileSync(file, "");
    expect(await lab.results(1)).toEqual(["there"]);
    await until(() => lab.queues.bodies(queueOf("patient")).length === 0);
    expect(lab.replies()).toHaveLength(1);
    expect(lab.row(started.id)).toMatchObject({ status: "ready", error: null });
    rmSync(folder, { recursive: true });
  });

  it("lets user code call other functions of its app", async () => {
    await lab.deploy();
    await lab.startReady("double");
    await lab.startReady("nested");
    await lab.send("nested", [20]);
    expect(await lab.results(1)).toEqual([41]);
  });

  it("lets user code call functions of another app that its function uses", async () => {
    await lab.deploy();
    await lab.deployOther("double");
    await lab.startReady("double");
    await lab.startReady("abroad");
    await lab.startReady("spawning");
    await lab.send("abroad", [20]);
    expect(await lab.results(1)).toEqual([40]);
    await lab.send("spawning", [4]);
    expect(await lab.results(1)).toEqual([8]);
  });

  it("refuses calls that its function does not use, and says what to write", async () => {
    await lab.deploy();
    await lab.startReady("closed");
    await lab.startReady("connecting");
    await lab.send("closed", ["own", "other"]);
    const [own, other] = (await lab.results(2)).map((error) => mistake(() => fail(error)));

    expect(own).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_NOT_IN_USES
      function "closed" may not call "double": it is not in its \`uses\`
      hint: add "double" to \`uses\` of function "closed""
    `);
    expect(other).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_NOT_IN_USES
      function "closed" may not call "double" of app "other": it is not in its \`uses\`
      hint: add "other/double" to \`uses\` of function "closed""
    `);
    await lab.send("connecting", [0]);
    const [connected] = (await lab.results(1)).map((error) => mistake(() => fail(error)));
    expect(connected).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_NOT_IN_USES
      function "connecting" may not connect to app "other": it is not in its \`uses\`
      hint: without \`uses\`, function "connecting" calls its own app only: write \`uses: ["agent-test", "other"]\`"
    `);
  });

  it("lets its function connect to another app, and scale and ask about its own", async () => {
    await lab.deploy();
    await lab.deployOther("double");
    await lab.startReady("double");
    await lab.startReady("connected");
    await lab.startReady("scaling");
    await lab.send("connected", [4]);
    expect(await lab.results(1)).toEqual([[["double"], 8, 0]]);
    await lab.send("scaling", [2]);
    expect(await lab.results(1)).toEqual([{ backlog: 0, numTotalRunners: 1 }]);
    const found = await lab.rows.get<DeploymentRow>(deploymentKey(DEPLOYED));
    expect(found?.body.scaling).toMatchObject({ double: { minContainers: 2 } });
  });

  it("becomes the parameter set of its pool, and runs its hooks", async () => {
    await lab.deploy();
    const folder = mkdtempSync(join(tmpdir(), "windlass-agent-"));
    const file = join(folder, "left");
    const pool = "Counter#0123456789abcdef";
    const params = packPage(encodePage([{ file }], () => "params"));
    const row = { function: "Counter", params, queueUrl: "set", at: 0, expiresAt: 0 };
    await lab.rows.put(parametersKey(DEPLOYED, pool), row, 0);
    const started = lab.start("Counter", { pool });
    await lab.reaches(started, "ready");
    await lab.send("Counter", [5], { method: "add", queue: "set" });
    expect(await lab.results(1)).toEqual([15]);
    expect(existsSync(file)).toBe(false);
    expect(await finish(started)).toBe(0);
    expect(readFileSync(file, "utf8")).toBe("left");
    rmSync(folder, { recursive: true });
  });
});

describe("options of a function hold in a container", () => {
  it("retries", async () => {
    await lab.deploy();
    await lab.startReady("flaky");
    const folder = mkdtempSync(join(tmpdir(), "windlass-agent-"));
    const file = join(folder, "attempts");
    writeFileSync(file, "");
    await lab.send("flaky", [file]);
    expect(await lab.results(1)).toMatchObject([{ message: "never" }]);
    expect(readFileSync(file, "utf8")).toBe("xxx");
    rmSync(folder, { recursive: true });
    await until(() => lab.queues.bodies(queueOf("flaky")).length === 0);
    expect(lab.failed()).toMatchObject([
      { start: 0, end: 1, attempts: 3, kind: "error", error: { name: "Error", message: "never" } },
    ]);
    expect(lab.failed()[0]?.error.trace).toMatch(/^Error: never\n +at .*\.mjs:/);
  });

  it("timeouts: the next input has a fresh process", async () => {
    await lab.deploy(undefined, (spec) => ({ ...spec, timeoutSeconds: 5, maxContainers: 1 }));
    await lab.startReady("sleepy");
    await lab.send("sleepy", [60_000]);
    await until(() => (lab.queues.visibleAt(queueOf("sleepy"))[0] ?? 0) > lab.now);
    await settle();
    lab.pass(5000);
    expect(await lab.results(1)).toMatchObject([{ code: "WINDLASS_FUNCTION_TIMEOUT" }]);
    await until(() => lab.failed().length === 1);
    expect(lab.failed()[0]?.error.code).toBe("WINDLASS_FUNCTION_TIMEOUT");
    await lab.send("sleepy", [1]);
    expect(await lab.results(1)).toEqual([1]);
  });

  it("maxInputs: no more at a time, whatever came in one message", async () => {
    await lab.deploy();
    await lab.startReady("several");
    await lab.send("several", [0, 0, 0, 0, 0, 0, 0, 0]);
    const most = (await lab.results(8)) as number[];
    expect(Math.max(...most)).toBe(3);
  });

  it("singleUseContainers: each input has a process of its own", async () => {
    await lab.deploy();
    await lab.startReady("once");
    await lab.send("once", [0, 0, 0]);
    expect(new Set(await lab.results(3)).size).toBe(3);
  });

  it("maxInputs: what waits leaves for other containers, half of it every two seconds", async () => {
    await lab.deploy();
    await lab.startReady("crowded");
    await lab.send("crowded", [0, 0, 0, 0, 0, 0, 0, 0]);
    await until(() => (lab.queues.visibleAt(queueOf("crowded"))[0] ?? 0) > lab.now);
    await settle();
    lab.pass(2000);
    await until(() => lab.queues.bodies(queueOf("crowded")).length === 2);
    const left = await openInputs(lab.queues.bodies(queueOf("crowded"))[1] ?? "", lab.bucket);
    expect(left).toMatchObject({ start: 5, end: 8, isChild: true, attempt: 0 });
  });

  it("a process that ends takes no other input with it, and the container stays", async () => {
    await lab.deploy();
    const started = await lab.startReady("fatal");
    await lab.send("fatal", [0, 1, 2]);
    expect(await lab.results(3)).toMatchObject([0, { code: "WINDLASS_CONTAINER_CRASHED" }, 2]);
    await until(() => lab.queues.bodies(queueOf("fatal")).length === 0);
    expect(lab.failed()).toMatchObject([
      { start: 1, end: 2, kind: "crashed", payload: { args: { text: "[1]" } } },
    ]);
    expect(lab.row(started.id)).toMatchObject({ status: "ready" });
  });

  it("a process that ends fails nothing that ran beside the input that ended it", async () => {
    await lab.deploy();
    await lab.startReady("crowd");
    await lab.send("crowd", ["a", "bad", "b", "c", "d"]);
    const results = await lab.results(5);
    const bad = expect.objectContaining({ code: "WINDLASS_CONTAINER_CRASHED" });
    expect(results).toEqual(["a", bad, "b", "c", "d"]);
  });

  it("runs only what is still its own again after a crash: it had given the rest away", async () => {
    await lab.deploy(undefined, (spec) => ({ ...spec, timeoutSeconds: 86_400 }));
    await lab.startReady("doomed");
    const file = join(mkdtempSync(join(tmpdir(), "windlass-agent-")), "doom");
    await lab.send("doomed", [file, ""]);
    while (lab.queues.bodies(queueOf("doomed")).length < 2) {
      lab.pass(2000);
      await settle();
    }
    writeFileSync(file, "");
    const results = await lab.results(2);
    expect(results).toMatchObject([{ code: "WINDLASS_CONTAINER_CRASHED" }, "well"]);
    await until(() => lab.queues.bodies(queueOf("doomed")).length === 0);
    expect(lab.replies()).toHaveLength(2);
  });
});

async function finish(started: Started): Promise<number> {
  started.container.drain();
  await settle();
  return lab.end(started);
}

function fail(error: unknown): never {
  throw error;
}
