import { beforeEach, describe, expect, it } from "vitest";
import { AwsBackend } from "../../lib/aws/aws-backend.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { containerKey, deploymentKey } from "../../lib/aws/keys.ts";
import { type ParametersRow, poolOf } from "../../lib/aws/parameter-sets.ts";
import { poolKey } from "../../lib/aws/pool-row.ts";
import { openInputs, sealInputs, sliceInputs } from "../../lib/aws/range-message.ts";
import type { CallRequest, ResultPage } from "../../lib/backend.ts";
import { FunctionCall } from "../../lib/client/function-call.ts";
import { onNotice, type WaitNotice } from "../../lib/client/notices.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { createCallId } from "../../lib/ids.ts";
import { QueueLeaseSource } from "../../runtime-shim/agent/queue-lease-source.ts";
import { until } from "../engine/until.ts";
import { settle } from "./agent-lab.ts";
import { Doubling } from "./doubling.ts";
import { MemoryQueues } from "./memory-queues.ts";
import { MemoryObjects, MemoryTable } from "./memory-table.ts";
import { NO_STORES } from "./no-stores.ts";

const APP = "media";
const INPUTS = "inputs-of-double";
const MANIFEST = "manifests/media/1.json";

describe("calls of a deployed app", () => {
  let now = 0;
  let table: MemoryTable;
  let objects: MemoryObjects;
  let queues: MemoryQueues;
  let woken: (readonly string[])[];
  let errors: unknown[];
  let sources: QueueLeaseSource[];

  beforeEach(async () => {
    now = 1_000_000;
    table = new MemoryTable();
    objects = new MemoryObjects();
    queues = new MemoryQueues(() => now);
    woken = [];
    errors = [];
    sources = [];
    const spec = { concurrency: { maxInputs: 1, targetInputs: 1 }, batch: null };
    const functions = { double: { queueUrl: INPUTS, taskDefinition: "", containerName: "", spec } };
    objects.texts.set(MANIFEST, JSON.stringify({ version: 1, app: APP, functions }));
    await rows().put(deploymentKey(APP), { number: 1, manifestKey: MANIFEST, removed: {} }, 0);
    return async () => {
      for (const source of sources) void source.stop();
      expect(errors).toEqual([]);
    };
  });

  const rows = () => table.port(async () => {});

  function connect(sessionId = "one"): AwsBackend {
    return new AwsBackend({
      app: APP,
      environment: "test",
      rows: rows(),
      objects,
      queues,
      stores: NO_STORES,
      countMessages: async (url) => (url === INPUTS ? 3 : 0),
      wake: async (pools) => {
        woken.push(pools);
      },
      sessionId,
      wallClock: () => now,
      now: () => now,
      sleep: async (ms) => {
        now += ms;
      },
      onError: (error) => errors.push(error),
    });
  }

  /** A container that doubles. */
  function container(): void {
    const source: QueueLeaseSource = new QueueLeaseSource({
      store: { rows: rows(), objects, now: () => now },
      queues,
      queueUrl: INPUTS,
      deadLetterQueueUrl: "dead",
      containerId: "ct-1",
      deployment: 1,
      leases: "whole",
      onNewer: () => errors.push("newer"),
      onShared: () => {},
      mayScaleOut: () => false,
      onError: (error) => errors.push(error),
    });
    sources.push(source);
    source.available(new Doubling(() => source));
  }

  function request(kind: CallRequest["kind"] = "map"): CallRequest {
    return { callId: createCallId(now), kind, target: { app: APP, name: "double" } };
  }

  /** A deployment without the function. */
  async function removeDouble(): Promise<void> {
    const key = "manifests/media/2.json";
    objects.texts.set(key, JSON.stringify({ version: 1, app: APP, functions: {} }));
    const removed = { double: { number: 2, at: now } };
    await rows().put(deploymentKey(APP), { number: 2, manifestKey: key, removed }, 1);
  }

  const inputPage = (start: number, values: readonly unknown[]) => ({
    start,
    count: values.length,
    unary: true,
    args: encodePage(values, () => "inputs"),
  });

  /** Outputs by input, and the kind of failure where there is no output. */
  function sink(): {
    outputs: Map<number, unknown>;
    errors: unknown[];
    results: (page: ResultPage) => void;
  } {
    const outputs = new Map<number, unknown>();
    const errors: unknown[] = [];
    return {
      outputs,
      errors,
      results(page) {
        const values = decodePage(page.values);
        for (const { index, kind, error } of page.failures ?? []) {
          values[index - page.start] = kind;
          errors.push(...(decodePage(error) as unknown[]));
        }
        for (const [offset, value] of values.entries()) {
          if (outputs.has(page.start + offset))
            throw new Error(`${page.start + offset} came twice`);
          outputs.set(page.start + offset, value);
        }
      },
    };
  }

  it("are answered through the table before there is a reply queue, and by replies after", async () => {
    const backend = connect();
    container();
    const first = sink();
    const channel = backend.open(request("group"), first);
    channel.push(inputPage(0, [1]));
    await until(() => table.list(`${APP}#sessions`).length === 1);
    now += 300;
    backend.tick();
    await until(() => first.outputs.size === 1);
    channel.push(inputPage(1, [2, 3]));
    await until(() => first.outputs.size === 3);
    expect([...first.outputs]).toEqual([
      [0, 2],
      [1, 4],
      [2, 6],
    ]);
    await backend.close();
    expect(table.list(`${APP}#sessions`)).toEqual([]);
  });

  it("tell who listens why they wait, once until it changes", async () => {
    const heard: WaitNotice[] = [];
    const stop = onNotice((notice) => heard.push(notice));
    const backend = connect();
    const tell = (notice: string, version: number): Promise<boolean> =>
      rows().put(poolKey(APP, "double"), { notice, at: now, expiresAt: 0 }, version);
    const look = async (): Promise<void> => {
      now += 1000;
      backend.tick();
      await settle();
    };
    backend.open(request(), sink()).push(inputPage(0, [1]));
    await tell("no H100 in us-east-1a", 0);
    await look();
    await look();
    await tell("a host boots", 1);
    await look();
    stop();
    await tell("nobody hears this", 2);
    await look();
    const told = { app: APP, function: "double" };
    expect(heard).toEqual([
      { ...told, reason: "no H100 in us-east-1a" },
      { ...told, reason: "a host boots" },
    ]);
    await backend.close();
  });

  it("say why a spawned one waits where its result is not there in time", async () => {
    const backend = connect();
    const { callId, ...rest } = request();
    await backend.spawn({ callId, ...rest }, inputPage(0, [1]));
    const row = { notice: "a host boots: g6.xlarge", at: now, expiresAt: 0 };
    await rows().put(poolKey(APP, "double"), row, 0);
    const call = new FunctionCall(callId, backend);
    await expect(call.get({ timeoutSeconds: 0.01 })).rejects.toThrow(
      /has no result after 0.01 s: it waits, a host boots: g6.xlarge$/,
    );
    // What was said long ago says nothing.
    now += 121_000;
    await expect(call.get({ timeoutSeconds: 0.01 })).rejects.toThrow(/after 0.01 s$/);
    await backend.close();
  });

  it("look at the table when a reply is lost", async () => {
    const backend = connect();
    const got = sink();
    const channel = backend.open(request(), got);
    channel.push(inputPage(0, [1]));
    await until(() => queues.urls().length === 2);
    queues.losing = (url) => url !== INPUTS;
    channel.push(inputPage(1, [2]));
    await until(() => queues.bodies(INPUTS).length === 2);
    container();
    await until(() => queues.bodies(INPUTS).length === 0);
    expect(got.outputs.size).toBe(0);
    now += 20_000;
    backend.tick();
    await until(() => got.outputs.size === 2);
    await backend.close();
  });

  it("say that inputs have expired which no container took for a week", async () => {
    const backend = connect();
    const got = sink();
    const channel = backend.open(request(), got);
    channel.push(inputPage(0, [1, 2]));
    await until(() => queues.bodies(INPUTS).length === 1);
    now += 8 * 24 * 3600 * 1000;
    backend.tick();
    for (let turn = 0; turn < 20; turn += 1) await new Promise((next) => setImmediate(next));
    expect(got.errors).toEqual([]);
    now += 20_000;
    backend.tick();
    await until(() => got.errors.length === 2);
    expect(got.errors[0]).toMatchObject({
      name: "OutputExpiredError",
      code: "WINDLASS_INPUT_EXPIRED",
    });
    await backend.close();
  });

  it("wake the controller when nothing happens for a quarter of a second, and then now and then", async () => {
    const backend = connect();
    const channel = backend.open(request(), sink());
    channel.push(inputPage(0, [1]));
    await until(() => queues.urls().length === 2);
    for (let waited = 0; waited < 20_000; waited += 50) {
      backend.tick();
      now += 50;
    }
    expect(woken).toEqual([["double"], ["double"]]);
    channel.close();
    await backend.close();
  });

  it("fail where they cannot be sent, and nobody waits for ever", async () => {
    const backend = connect();
    const got = sink();
    const unknown = { ...request(), target: { app: APP, name: "triple" } };
    backend.open(unknown, got).push(inputPage(0, [1, 2]));
    await until(() => got.outputs.size === 2);
    expect([...got.outputs.values()]).toEqual(["startup", "startup"]);
    await backend.close();
  });

  it("are cut where a block of rows ends", async () => {
    const backend = connect();
    container();
    const got = sink();
    const values = Array.from({ length: 100 }, (_, index) => index);
    backend.open(request(), got).push(inputPage(4090, values));
    await until(() => got.outputs.size === 0 && queues.bodies(INPUTS).length === 0);
    now += 300;
    backend.tick();
    await until(() => got.outputs.size === 100);
    expect(got.outputs.get(4090)).toBe(0);
    expect(got.outputs.get(4189)).toBe(198);
    await backend.close();
  });

  it("carry inputs that no message can hold by way of the bucket", async () => {
    const backend = connect();
    const large = "x".repeat(1024 * 1024);
    await backend.spawn(request(), inputPage(0, [large, large]));
    expect(queues.bodies(INPUTS)[0]?.length).toBeLessThan(1000);
    const inputs = await openInputs(queues.bodies(INPUTS)[0] ?? "", objects);
    expect(decodePage(inputs.args)).toEqual([large, large]);
    const part = sliceInputs(inputs, { start: 1, end: 2 });
    const sent = await sealInputs(part, objects);
    expect(sent.length).toBeLessThan(1000);
    expect(decodePage((await openInputs(sent, objects)).args)).toEqual([large]);
    await backend.close();
  });

  it("are stored when they are spawned, and read by any process", async () => {
    const call = request();
    const backend = connect();
    await backend.spawn(call, inputPage(0, [1, 2]));
    await backend.endSpawn(call.callId, 2);
    expect(woken).toEqual([["double"]]);
    const { callId } = call;
    const other = connect("other");
    const nothing = await other.read({ callId, start: 0, count: 10, waitMs: 0 });
    expect(nothing).toEqual({ total: 2, pages: [] });
    container();
    const reading = await other.read({ callId, start: 0, count: 10, waitMs: 60_000 });
    expect(reading.pages.flatMap(({ values }) => decodePage(values))).toEqual([2, 4]);
    await expect(
      other.read({ callId: createCallId(now), start: 0, count: 1, waitMs: 0 }),
    ).rejects.toMatchObject({ code: "WINDLASS_CALL_NOT_FOUND" });
    now += 8 * 24 * 3600 * 1000;
    await expect(other.read({ callId, start: 0, count: 1, waitMs: 0 })).rejects.toMatchObject({
      code: "WINDLASS_OUTPUT_EXPIRED",
    });
  });

  it("read as cancelled where they were cancelled before they had a result", async () => {
    const { callId, ...rest } = request();
    const backend = connect();
    await backend.spawn({ callId, ...rest }, inputPage(0, [1, 2, 3]));
    await backend.endSpawn(callId, 3);
    await backend.cancel(callId, 0);
    const one = await backend.read({ callId, start: 0, count: 3, waitMs: 0 });
    expect(one.pages.map(({ start, count }) => [start, count])).toEqual([[0, 1]]);
    await backend.cancel(callId);
    const all = await backend.read({ callId, start: 0, count: 3, waitMs: 0 });
    const kinds = all.pages.flatMap(({ failures }) => failures?.map(({ kind }) => kind));
    expect(kinds).toEqual(["cancelled", "cancelled", "cancelled"]);
    container();
    await until(() => queues.bodies(INPUTS).length === 0);
    expect(table.list(`${APP}#call#${callId}#0`)).toEqual([]);
  });

  it("fail once their function was removed, but for what has a result", async () => {
    const backend = connect();
    const got = sink();
    const channel = backend.open(request(), got);
    channel.push(inputPage(0, [1]));
    await until(() => queues.bodies(INPUTS).length === 1);
    container();
    await until(() => queues.bodies(INPUTS).length === 0);
    sources.pop()?.stop();
    channel.push(inputPage(1, [2, 3]));
    await until(() => queues.bodies(INPUTS).length === 1);
    await removeDouble();
    // Its containers may still write results.
    now += 29_999;
    backend.tick();
    await until(() => got.outputs.size === 1);
    await settle();
    expect([...got.outputs]).toEqual([[0, 2]]);
    now += 20_000;
    backend.tick();
    await until(() => got.outputs.size === 3);
    expect([...got.outputs.values()]).toEqual([2, "startup", "startup"]);
    expect(got.errors).toMatchObject([
      { code: "WINDLASS_FUNCTION_REMOVED" },
      { code: "WINDLASS_FUNCTION_REMOVED" },
    ]);
    await backend.close();
  });

  it("read as failed when they were spawned before their function was removed", async () => {
    const backend = connect();
    const { callId, ...rest } = request();
    await backend.spawn({ callId, ...rest }, inputPage(0, [1, 2]));
    await backend.endSpawn(callId, 2);
    await removeDouble();
    const query = { callId, start: 0, count: 2 };
    expect((await backend.read({ ...query, waitMs: 0 })).pages).toEqual([]);
    now += 30_000;
    const { pages } = await backend.read({ ...query, waitMs: 0 });
    const failures = pages.flatMap((page) => page.failures ?? []);
    expect(failures.map(({ index }) => index)).toEqual([0, 1]);
    const errors = failures.flatMap(({ error }) => decodePage(error));
    expect(errors[0]).toMatchObject({ code: "WINDLASS_FUNCTION_REMOVED" });
  });

  it("run again when their function was removed before they were sent", async () => {
    await removeDouble();
    const removed = { double: { number: 2, at: now } };
    await rows().put(deploymentKey(APP), { number: 3, manifestKey: MANIFEST, removed }, 2);
    now += 60_000;
    const backend = connect();
    const { callId, ...rest } = request();
    await backend.spawn({ callId, ...rest }, inputPage(0, [1]));
    const { pages } = await backend.read({ callId, start: 0, count: 1, waitMs: 60_000 });
    expect(pages).toEqual([]);
  });

  it("fail once their app is no longer deployed", async () => {
    const backend = connect();
    const got = sink();
    backend.open(request(), got).push(inputPage(0, [1]));
    await until(() => queues.bodies(INPUTS).length === 1);
    await rows().delete(deploymentKey(APP));
    now += 20_000;
    backend.tick();
    await until(() => got.outputs.size === 1);
    expect(got.errors).toMatchObject([{ code: "WINDLASS_APP_NOT_DEPLOYED" }]);
    await backend.close();
  });

  it("of a class with parameters go to a queue of that parameter set", async () => {
    const params = encodePage([{ model: "small" }], () => "params");
    const target = { app: APP, name: "double", method: "of", params };
    const call = { callId: createCallId(now), kind: "map", target } as const;
    await connect().spawn(call, inputPage(0, [1]));
    await connect("other").spawn({ ...call, callId: createCallId(now) }, inputPage(0, [1]));
    const rows = table.list<ParametersRow>(`${APP}#parameters`);
    expect(rows).toHaveLength(1);
    const { function: name, queueUrl } = rows[0]?.body ?? {};
    expect(name).toBe("double");
    expect(queueUrl?.length).toBeLessThanOrEqual(80);
    expect(queues.bodies(queueUrl ?? "")).toHaveLength(2);
    expect(queues.bodies(INPUTS)).toEqual([]);
    expect(woken[0]).toEqual([poolOf(target)]);
  });

  describe("the autoscaler", () => {
    const double = { app: APP, name: "double" };
    const scaling = () =>
      table.list<DeploymentRow>(`${APP}#deployment`).map(({ body }) => body.scaling)[0];

    it("keeps what was set before, for this deployment, and wakes the controller", async () => {
      const backend = connect();
      await backend.updateAutoscaler(double, { minContainers: 2, scaledownWindowSeconds: 30 });
      await connect("other").updateAutoscaler(double, { minContainers: 1 });
      expect(scaling()).toEqual({
        double: { deployment: 1, minContainers: 1, scaledownWindowSeconds: 30 },
      });
      expect(woken).toEqual([["double"], ["double"]]);
    });

    it("forgets what was set for an earlier deployment", async () => {
      await connect().updateAutoscaler(double, { minContainers: 2 });
      const found = await rows().get<DeploymentRow>(deploymentKey(APP));
      await rows().put(deploymentKey(APP), { ...found?.body, number: 2 }, found?.version ?? 0);
      await connect().updateAutoscaler(double, { bufferContainers: 1 });
      expect(scaling()).toEqual({ double: { deployment: 2, bufferContainers: 1 } });
    });

    it("loses nothing when two write at once", async () => {
      const params = (model: string) => encodePage([{ model }], () => "params");
      await Promise.all(
        ["small", "large"].map((model) =>
          connect(model).updateAutoscaler(
            { ...double, params: params(model) },
            { minContainers: 1 },
          ),
        ),
      );
      expect(Object.keys(scaling() ?? {}).map((pool) => pool.split("#")[0])).toEqual([
        "double",
        "double",
      ]);
    });

    it("refuses a function that is not deployed", async () => {
      const other = { app: APP, name: "triple" };
      const wanted = { code: "WINDLASS_FUNCTION_NOT_FOUND" };
      await expect(connect().updateAutoscaler(other, {})).rejects.toMatchObject(wanted);
      await expect(connect().getCurrentStats(other)).rejects.toMatchObject(wanted);
    });

    it("is told for a limited number of pools", async () => {
      const many = Array.from({ length: 200 }, (_, index) => [`f${index}`, { deployment: 1 }]);
      const found = await rows().get<DeploymentRow>(deploymentKey(APP));
      const body = { ...found?.body, scaling: Object.fromEntries(many) };
      await rows().put(deploymentKey(APP), body, found?.version ?? 0);
      await expect(connect().updateAutoscaler(double, { minContainers: 1 })).rejects.toMatchObject({
        code: "WINDLASS_TOO_MANY_AUTOSCALERS",
      });
    });

    it("counts inputs that wait and the containers that are not over", async () => {
      const put = (id: string, body: object) =>
        rows().put(containerKey(APP, id), { taken: 0, messageInputs: null, ...body }, 0);
      await put("b", { pool: "double", status: "wanted" });
      await put("c", { pool: "double", status: "ended", taken: 7 });
      await put("d", { pool: "double#1", status: "ready", taken: 7 });
      expect(await connect().getCurrentStats(double)).toEqual({ backlog: 3, numTotalRunners: 1 });

      // Messages of 250 inputs; of those that it has taken one runs.
      await put("a", { pool: "double", status: "ready", taken: 100, messageInputs: 250 });
      expect(await connect().getCurrentStats(double)).toEqual({
        ...{ backlog: 3 * 250 + 99, numTotalRunners: 2 },
      });
    });
  });
});
