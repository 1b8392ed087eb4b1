import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AwsBackend } from "../../lib/aws/aws-backend.ts";
import { blockKey } from "../../lib/aws/keys.ts";
import type { RangeRow } from "../../lib/aws/range-row.ts";
import { toGraph } from "../../lib/client/call-graph.ts";
import { toReport } from "../../lib/client/call-report.ts";
import { inputsOf } from "../../lib/client/input-status.ts";
import { readTrace } from "../../lib/client/traced-call.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { createCallId } from "../../lib/ids.ts";
import { KeyedLab } from "./keyed-lab.ts";
import { settle } from "./source-lab.ts";

const DAY_MS = 24 * 3600_000;
let lab: KeyedLab;
let caller: AwsBackend;

beforeEach(async () => {
  lab = new KeyedLab();
  await lab.deploy();
  caller = lab.caller();
});

afterEach(() => {
  lab.close();
  expect(lab.errors).toEqual([]);
});

async function spawn(inputs: readonly number[], parent?: string): Promise<string> {
  const callId = createCallId(lab.now);
  const request = { callId, kind: "map", target: { app: "media", name: "double" } } as const;
  const args = encodePage([...inputs], () => "inputs");
  await caller.spawn(request, { start: 0, count: inputs.length, unary: true, args, parent });
  await caller.endSpawn(callId, inputs.length);
  return callId;
}

const read = (callId: string, index?: number) => readTrace(lab.caller(), { callId, index });
const statuses = async (callId: string) => inputsOf(await read(callId)).map(({ status }) => status);

describe("what the table knows of a spawned call", () => {
  it("is that its inputs wait, then how they ended, in which container and when", async () => {
    const callId = await spawn([1, -1]);
    expect(await statuses(callId)).toEqual(["PENDING", "PENDING"]);
    lab.now += 500;
    lab.container();
    await settle();
    expect(await statuses(callId)).toEqual(["SUCCESS", "FAILURE"]);
    const { timeline, queueWait, inputs, endedAt, createdAt } = toReport(
      callId,
      await read(callId),
    );
    expect(timeline).toMatchObject([
      { start: 0, count: 2, containerId: "ct-1", attempts: 1, status: "FAILURE", depth: 0 },
    ]);
    expect(queueWait).toEqual({ minMs: 500, medianMs: 500, maxMs: 500 });
    expect(inputs).toEqual({ SUCCESS: 1, FAILURE: 1 });
    expect((endedAt ?? 0) - createdAt).toBe(500);
  });

  it("is that they were cancelled, all or one by one", async () => {
    const [one, all] = [await spawn([1, 2]), await spawn([3])];
    await caller.cancel(one, 1);
    await caller.cancel(all);
    lab.container();
    await settle();
    expect(await statuses(one)).toEqual(["SUCCESS", "TERMINATED"]);
    expect(await statuses(all)).toEqual(["TERMINATED"]);
  });

  it("has what one input has called, though that has called others", async () => {
    const parent = await spawn([1, 2]);
    const child = await spawn([3], `in-${parent.slice(3)}.1`);
    const called = { app: "media", name: "double", kind: "map" } as const;
    const made = { called, start: 0, count: 1, at: lab.now };
    await caller.noteMade(parent, { ...made, parent: 1, callId: child });
    await caller.noteMade(child, { ...made, parent: 0, callId: await spawn([4]) });
    lab.container();
    await settle();
    const graph = toGraph(await read(parent));
    expect(graph.map(({ children }) => children.length)).toEqual([0, 1]);
    expect(graph[1]?.children[0]?.children[0]).toMatchObject({ status: "SUCCESS", children: [] });
    expect(toGraph(await read(parent, 0))).toHaveLength(1);
  });

  it("is gone after seven days, as its results are", async () => {
    const callId = await spawn([1]);
    lab.now += 7 * DAY_MS + 1;
    await expect(read(callId)).rejects.toMatchObject({ code: "WINDLASS_OUTPUT_EXPIRED" });
    await expect(caller.cancel(callId)).rejects.toMatchObject({ code: "WINDLASS_OUTPUT_EXPIRED" });
  });

  it("costs calls nothing that nobody can ask about", async () => {
    const callId = createCallId(lab.now);
    const request = { callId, kind: "map", target: { app: "media", name: "double" } } as const;
    const args = encodePage([1], () => "inputs");
    const channel = caller.open(request, { results: () => {} });
    channel.push({ start: 0, count: 1, unary: true, args });
    lab.container();
    await settle();
    const [row] = lab.table.list<RangeRow>(blockKey("media", callId, 0));
    expect(row?.body.results).toHaveLength(1);
    expect(row?.body.results[0]).not.toHaveProperty("run");
    expect(row?.body).not.toHaveProperty("running");
    await caller.close();
  });
});
