import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openFailedInputs } from "../../lib/aws/failed-inputs.ts";
import { LEASE_MS } from "../../lib/aws/held-range.ts";
import { callKey } from "../../lib/aws/keys.ts";
import { openPage } from "../../lib/aws/page-text.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import type { Lease } from "../../runtime-shim/agent/lease-source.ts";
import { until } from "../engine/until.ts";
import {
  DEAD,
  failed,
  type Opened,
  outputs,
  QUEUE,
  REPLIES,
  SourceLab,
  settle,
} from "./source-lab.ts";

const DAYS = 24 * 3600_000;

let lab: SourceLab;

beforeEach(() => {
  lab = new SourceLab();
});

afterEach(() => expect(lab.errors).toEqual([]));

/** The next lease of a container, which is free for another at once. */
async function leased({ worker }: Opened, count = 1): Promise<Lease> {
  await until(() => worker.leases.length === count);
  worker.slots = 1;
  return worker.leases[count - 1] as Lease;
}

const isDone = (): boolean => lab.queues.bodies(QUEUE).length === 0;

describe("an input that failed for good", () => {
  it("has one entry, with its error and its arguments, and the others have none", async () => {
    const container = lab.open("a");
    await lab.submit(["zero", "one", "two"]);
    const lease = await leased(container);
    container.source.complete(lease, outputs(0, [0]));
    const error = Object.assign(new TypeError("no such model"), { code: "E_MODEL" });
    container.source.complete({ ...lease, attempt: 2 }, failed(1, "error", error));
    container.source.complete(lease, outputs(2, [4]));
    await until(isDone);
    expect(lab.entries()).toEqual([
      {
        ...{ start: 1, end: 2, pool: "double", deployment: 4, attempts: 3, at: lab.now },
        request: { callId: lab.callId, kind: "map", target: { app: "app", name: "double" } },
        ...{ kind: "error", unary: true },
        error: {
          ...{ name: "TypeError", code: "E_MODEL", message: "no such model" },
          trace: expect.stringContaining("dead-letters.test.ts"),
        },
        payload: { start: 1, end: 2, args: encodePage(["one"], () => "args") },
      },
    ]);
  });

  it("is stored, told to its caller, told to the queue, and forgotten, in that order", async () => {
    const container = lab.open("a");
    await lab.submit([1]);
    container.source.complete(await leased(container), failed(0, "error", new Error("no")));
    await until(isDone);
    const asked = lab.requests.slice(lab.requests.indexOf("put"));
    expect(asked).toEqual(["put", `send ${REPLIES}`, `send ${DEAD}`, "delete"]);
  });

  it("costs nothing where none failed", async () => {
    const container = lab.open("a");
    await lab.submit([1]);
    container.source.complete(await leased(container), outputs(0, [2]));
    await until(isDone);
    expect(lab.requests).toEqual(["get", "put", `send ${REPLIES}`, "delete"]);
  });

  it("has no entry when it was cancelled", async () => {
    const container = lab.open("a");
    await lab.submit([0, 1]);
    const lease = await leased(container);
    const row = { state: "open", cancelled: [1] };
    await lab.table.port(async () => {}).put(callKey("app", lab.callId), row, 0);
    lab.now += 5000;
    container.source.tick();
    await settle();
    container.source.complete(lease, outputs(0, [0]));
    await until(isDone);
    expect(lab.rows()[0]?.results).toHaveLength(2);
    expect(lab.entries()).toEqual([]);
  });

  it.each([
    ["before its entry", `before send ${DEAD}`, 1],
    ["after its entry", `after send ${DEAD}`, 2],
    ["before its message is deleted", "before delete", 2],
  ])("has its entry when its container dies %s", async (_, moment, entries) => {
    const first = lab.open("a", (request) => {
      if (request === moment) first.kill();
    });
    await lab.submit([0, 1]);
    const lease = await leased(first);
    first.worker.slots = 0;
    first.source.complete(lease, outputs(0, [0]));
    first.source.complete(lease, failed(1, "timeout", new Error("late")));
    await settle();
    expect(lab.told()).toHaveLength(2);
    lab.now += LEASE_MS + 1;
    lab.open("b");
    await until(isDone);
    expect(lab.entries().map(({ start, kind }) => [start, kind])).toEqual(
      Array(entries).fill([1, "timeout"]),
    );
    expect(lab.told()).toHaveLength(2);
  });

  it("is tried to be told twenty times: its message must not wait for ever", async () => {
    const first = lab.open("a", (request) => {
      if (request === `before send ${DEAD}`) throw new RangeError("no such queue");
    });
    await lab.submit([1]);
    first.source.complete(await leased(first), failed(0, "error", new Error("no")));
    await settle();
    first.source.available(first.worker);
    let minutes = 0;
    for (; !isDone(); minutes += 1) {
      lab.now += LEASE_MS + 1;
      lab.queues.wake();
      await settle();
    }
    expect(minutes).toBe(19);
    expect(lab.told()).toHaveLength(1);
    expect(lab.errors.splice(0)).toEqual(Array(20).fill(new RangeError("no such queue")));
  });

  it("has an entry by whoever finishes the range, not by the container that lost it", async () => {
    const first = lab.open("a");
    await lab.submit([0, 1]);
    const lost = await leased(first);
    first.worker.slots = 0;
    first.source.complete(lost, failed(0, "error", new Error("first")));
    lab.now += 2000;
    first.source.tick();
    await settle();
    lab.now += LEASE_MS + 1;
    const second = lab.open("b");
    second.source.complete(await leased(second), outputs(1, [2]));
    await until(isDone);
    first.source.complete(lost, failed(1, "error", new Error("second")));
    await until(() => first.source.dropped === 1);
    expect(lab.entries().map(({ start, error }) => [start, error.message])).toEqual([[0, "first"]]);
  });

  it("has its arguments in an object of its own when they are large", async () => {
    const container = lab.open("a");
    const large = "x".repeat(40_000);
    await lab.submit([1, large]);
    const lease = await leased(container);
    container.source.complete(lease, outputs(0, [1]));
    container.source.complete(lease, failed(1, "rejected", new Error("too large")));
    await until(isDone);
    const [entry] = lab.entries();
    const payload = entry?.payload as { readonly object: string };
    expect(payload).toMatchObject({ start: 1, end: 2, until: lab.now + 8 * DAYS });
    expect(payload.object).toBe(`calls/app/${lab.callId}/failed/1-2`);
    expect(decodePage(openPage(await lab.objects.get(payload.object)))).toEqual([large]);
  });

  it("has an entry though its arguments cannot be taken apart", async () => {
    const container = lab.open("a");
    const args = { text: "[1,", tagged: false, attachments: [] };
    await lab.submit([1, 2], { args });
    const lease = await leased(container);
    container.source.complete(lease, outputs(0, [2]));
    container.source.complete(lease, failed(1, "error", "no error at all"));
    await until(isDone);
    expect(lab.entries()).toMatchObject([
      {
        ...{ start: 1, end: 2, payload: { start: 0, end: 2, args } },
        error: { name: "RemoteError", code: "WINDLASS_THROWN_VALUE" },
      },
    ]);
  });

  it("has a bounded trace", async () => {
    const container = lab.open("a");
    await lab.submit([1]);
    const error = new Error("m".repeat(1_000_000));
    container.source.complete(await leased(container), failed(0, "error", error));
    await until(isDone);
    expect(lab.queues.bodies(DEAD)[0]?.length).toBeLessThan(20_000);
  });
});

describe("inputs that failed alike, one after the other", () => {
  it("share an entry", async () => {
    const container = lab.open("a");
    await lab.submit([0, 1, 2, 3, 4]);
    const lease = await leased(container);
    const same = new Error("same");
    container.source.complete(lease, failed(0, "error", same));
    container.source.complete(lease, failed(1, "error", same));
    container.source.complete(lease, outputs(2, [4]));
    container.source.complete(lease, failed(3, "error", same));
    container.source.complete(lease, failed(4, "error", new Error("other")));
    await until(isDone);
    const spans = lab.entries().map(({ start, end }) => [start, end]);
    expect(spans).toEqual([
      [0, 2],
      [3, 4],
      [4, 5],
    ]);
    expect(lab.entries()[0]?.payload).toMatchObject({ start: 0, end: 2, args: { text: "[0,1]" } });
  });

  it("share an entry a range when no container can start", async () => {
    const container = lab.open("a");
    container.worker.slots = 0;
    const values = Array.from({ length: 250 }, (_, index) => index);
    await lab.submit(values);
    await lab.submit(values, { start: 250, end: 500 });
    lab.queues.isPatient = false;
    await container.source.failWaiting(encodePage([new Error("no module")], () => "error"));
    const entries = lab.entries().map(({ start, end, kind, attempts }) => {
      return { start, end, kind, attempts };
    });
    expect(entries).toEqual([
      { start: 0, end: 250, kind: "startup", attempts: 0 },
      { start: 250, end: 500, kind: "startup", attempts: 0 },
    ]);
  });
});

describe("entries", () => {
  it("keep the parameters of a class and the method", async () => {
    const container = lab.open("a");
    const params = encodePage([{ model: "small" }], () => "params");
    const target = { app: "app", name: "Llm", method: "generate", params };
    await lab.submit([1], { request: { callId: lab.callId, kind: "group", target } });
    container.source.complete(await leased(container), failed(0, "error", new Error("no")));
    await until(isDone);
    expect(lab.entries()[0]?.request).toEqual({ callId: lab.callId, kind: "group", target });
    expect(lab.entries()[0]?.pool).toMatch(/^Llm#[0-9a-f]{16}$/);
  });

  it("are messages too that SQS gave up by itself", async () => {
    await lab.submit([7, 8], { start: 3, end: 5, attempt: 1 });
    expect(openFailedInputs(lab.queues.bodies(QUEUE)[0] ?? "")).toMatchObject({
      ...{ start: 3, end: 5, attempts: 2, at: null, deployment: 1, pool: "double" },
      error: { code: "WINDLASS_NEVER_ANSWERED" },
      payload: { start: 3, end: 5, args: { text: "[7,8]" } },
    });
    await lab.submit(["x".repeat(2_000_000)]);
    expect(openFailedInputs(lab.queues.bodies(QUEUE)[1] ?? "").payload).toEqual({
      ...{ start: 0, end: 1, object: `calls/app/${lab.callId}/in/0` },
      until: lab.now + 8 * DAYS,
    });
  });

  it("are refused when they are anything else", () => {
    const fields = { v: 1, pages: 0, app: "app", function: "f" };
    expect(() => openFailedInputs(JSON.stringify(fields))).toThrow(
      expect.objectContaining({ code: "WINDLASS_DEAD_LETTER_MALFORMED" }),
    );
    expect(() => openFailedInputs("hello")).toThrow(
      expect.objectContaining({ code: "WINDLASS_ENVELOPE_MALFORMED" }),
    );
  });
});
