import { beforeEach, describe, expect, it } from "vitest";
import { LEASE_MS } from "../../lib/aws/held-range.ts";
import { blockKey, callKey, rangeKey } from "../../lib/aws/keys.ts";
import { openReply } from "../../lib/aws/page-text.ts";
import { openInputs, type RangeInputs, sealInputs } from "../../lib/aws/range-message.ts";
import type { RangeRow } from "../../lib/aws/range-row.ts";
import type { Failure, ResultPage } from "../../lib/backend.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import type { Lease } from "../../runtime-shim/agent/lease-source.ts";
import { QueueLeaseSource } from "../../runtime-shim/agent/queue-lease-source.ts";
import { until } from "../engine/until.ts";
import { MemoryQueues } from "./memory-queues.ts";
import { MemoryObjects, MemoryTable } from "./memory-table.ts";
import { DEAD, outputs, QUEUE, REPLIES, Worker } from "./source-lab.ts";

const CALL = "fc-1";

describe("leases from a queue", () => {
  let now = 0;
  let table: MemoryTable;
  let queues: MemoryQueues;
  let errors: unknown[];
  let mayScaleOut = false;
  let objects: MemoryObjects;
  let newer: number;
  let shared: number;

  beforeEach(() => {
    now = 1_000_000;
    table = new MemoryTable();
    queues = new MemoryQueues(() => now);
    errors = [];
    objects = new MemoryObjects();
    newer = 0;
    shared = 0;
    mayScaleOut = false;
    broken = undefined;
    return () => expect(errors).toEqual([]);
  });

  /** The operation of the table that fails from now on. */
  let broken: string | undefined;

  const rows = () => table.port(async () => {});

  function open(
    containerId: string,
    check: (operation: string) => void = () => {},
  ): { source: QueueLeaseSource; worker: Worker } {
    const checked = table.port(async (operation, moment) => {
      if (moment === "before") check(operation);
      if (operation === broken) throw new Error(`no ${operation}`);
    });
    const source = new QueueLeaseSource({
      store: { rows: checked, objects, now: () => now },
      queues,
      queueUrl: QUEUE,
      deadLetterQueueUrl: DEAD,
      containerId,
      deployment: 1,
      leases: "whole",
      onNewer: () => {
        newer += 1;
      },
      onShared: () => {
        shared += 1;
      },
      mayScaleOut: () => mayScaleOut,
      onError: (error) => errors.push(error),
    });
    const worker = new Worker();
    source.available(worker);
    return { source, worker };
  }

  function inputs(fields: Partial<RangeInputs> = {}): RangeInputs {
    const { start = 0, end = 3 } = fields;
    const values = Array.from({ length: end - start }, (_, offset) => start + offset);
    return {
      request: { callId: CALL, kind: "map", target: { app: "app", name: "double" } },
      start,
      end,
      unary: true,
      attempt: 0,
      isChild: false,
      deployment: 1,
      replyTo: REPLIES,
      args: encodePage(values, () => "inputs"),
      ...fields,
    };
  }

  const submit = async (fields?: Partial<RangeInputs>): Promise<void> =>
    queues.send(QUEUE, { body: await sealInputs(inputs(fields), objects) });

  const replies = (): ResultPage[] =>
    queues.bodies(REPLIES).flatMap((body) => openReply(body).page ?? []);

  const told = (): unknown[][] => replies().map(({ values }) => decodePage(values) as unknown[]);

  const stored = (): RangeRow[] =>
    table.list<RangeRow>(blockKey("app", CALL, 0)).map(({ body }) => body);

  const argumentsOf = (lease: Lease | undefined): unknown[] | undefined =>
    lease === undefined ? undefined : (decodePage(lease.args) as unknown[]);

  it("are run, stored, told and deleted, in that order", async () => {
    const { source, worker } = open("a");
    await submit();
    await until(() => worker.leases.length === 1);
    const [lease] = worker.leases as [Lease];
    expect(argumentsOf(lease)).toEqual([0, 1, 2]);
    source.complete(lease, outputs(0, [0, 2]));
    expect(told()).toEqual([]);
    source.complete(lease, outputs(2, [4]));
    await until(() => queues.bodies(QUEUE).length === 0);
    expect(told()).toEqual([[0, 2], [4]]);
    expect(stored()).toMatchObject([{ isDone: true, epoch: 0, end: 3 }]);
    expect(source.isIdle).toBe(true);
  });

  it("are flushed after two seconds, and gone on with by another container", async () => {
    const first = open("a");
    await submit();
    await until(() => first.worker.leases.length === 1);
    first.source.complete(first.worker.leases[0] as Lease, outputs(0, [0]));
    now += 2000;
    first.source.tick();
    await until(() => told().length === 1);
    // The first container is never heard of again.
    now += LEASE_MS + 1;
    const second = open("b");
    await until(() => second.worker.leases.length === 1);
    // Whoever crashed may have done so because of the next input: each runs alone.
    expect(argumentsOf(second.worker.leases[0])).toEqual([1]);
    second.source.complete(second.worker.leases[0] as Lease, outputs(1, [2]));
    second.worker.slots = 1;
    second.source.available(second.worker);
    await until(() => second.worker.leases.length === 2);
    second.source.complete(second.worker.leases[1] as Lease, outputs(2, [4]));
    await until(() => queues.bodies(QUEUE).length === 0);
    expect(told()).toEqual([[0], [2], [4]]);
    // What the first one says after that is dropped, and its work is cancelled.
    first.source.complete(first.worker.leases[0] as Lease, outputs(1, ["late", "late"]));
    await until(() => first.source.dropped === 1);
    expect(told()).toEqual([[0], [2], [4]]);
    expect(first.worker.cancelled).toEqual([first.worker.leases[0]?.id]);
  });

  it("give half of what a container has not started to others, and half of the rest every two seconds", async () => {
    const first = open("a");
    await submit({ end: 5 });
    await until(() => first.worker.leases.length === 1);
    const [lease] = first.worker.leases as [Lease];
    mayScaleOut = true;
    expect(first.source.hasIdleCapacity()).toBe(true);
    first.worker.slots = 0;
    first.source.giveBack(lease, { start: 1, end: 5 }, { kind: "returned" });
    await until(() => queues.bodies(QUEUE).length === 2);
    expect([first.source.waiting, first.source.messageInputs]).toEqual([2, 2]);
    now += 2000;
    first.source.tick();
    await until(() => queues.bodies(QUEUE).length === 3);
    expect([first.source.waiting, first.source.messageInputs]).toEqual([1, 1]);
    const [second, third] = [open("b"), open("c")];
    await until(() => second.worker.leases.length + third.worker.leases.length === 2);
    const taken = [second, third].flatMap(({ worker }) => worker.leases.map(argumentsOf));
    expect(taken.sort()).toEqual([[2], [3, 4]]);
    for (const { source, worker } of [second, third]) {
      const { start = 0, count = 0 } = worker.leases[0] ?? {};
      const values = Array.from({ length: count }, (_, offset) => 2 * (start + offset));
      source.complete(worker.leases[0] as Lease, outputs(start, values));
    }
    first.source.complete(lease, outputs(0, [0]));
    first.worker.slots = 1;
    first.source.available(first.worker);
    await until(() => first.worker.leases.length === 2);
    first.source.complete(first.worker.leases[1] as Lease, outputs(1, [2]));
    await until(() => queues.bodies(QUEUE).length === 0);
    expect(told().sort()).toEqual([[0], [2], [4], [6, 8]]);
    expect(shared).toBe(2);
  });

  it("are cut to what a worker has room for, and single messages are taken several at a time", async () => {
    const { source, worker } = open("a");
    worker.room = 2;
    await submit({ end: 5 });
    await until(() => worker.leases.length === 1);
    for (let start = 0; start < 5; start += 2) {
      const lease = worker.leases.at(-1) as Lease;
      expect([lease.start, lease.count]).toEqual([start, Math.min(2, 5 - start)]);
      source.complete(lease, outputs(start, Array(lease.count).fill(0)));
      worker.slots = 1;
      source.available(worker);
    }
    await until(() => queues.bodies(QUEUE).length === 0);
    worker.slots = 0;
    const other = { callId: "fc-2", kind: "map", target: { app: "app", name: "double" } } as const;
    for (let at = 0; at < 3; at += 1) {
      await submit({ request: { ...other, callId: `fc-${at + 2}` }, end: 1 });
    }
    await until(() => !source.isIdle);
    worker.room = 3;
    worker.slots = 3;
    source.available(worker);
    await until(() => worker.leases.length === 6);
    expect(worker.leases.slice(3).map(({ count }) => count)).toEqual([1, 1, 1]);
    for (const lease of worker.leases.slice(3)) source.complete(lease, outputs(0, [0]));
    await until(() => source.isIdle);
  });

  it("stay in a container that is the only one which there may be", async () => {
    const { source, worker } = open("a");
    await submit({ end: 4 });
    await until(() => worker.leases.length === 1);
    source.giveBack(worker.leases[0] as Lease, { start: 1, end: 4 }, { kind: "returned" });
    worker.slots = 1;
    source.available(worker);
    expect(worker.leases.map(argumentsOf)).toEqual([
      [0, 1, 2, 3],
      [1, 2, 3],
    ]);
    expect(shared).toBe(0);
  });

  it("send an input that is to run again as its own delayed message", async () => {
    const { source, worker } = open("a");
    await submit();
    await until(() => worker.leases.length === 1);
    const [lease] = worker.leases as [Lease];
    const failure: Failure = { index: 1, kind: "error", error: encodePage(["no"], () => "error") };
    source.complete(lease, outputs(0, [0]));
    source.retry(lease, failure, 1500);
    source.complete(lease, outputs(2, [4]));
    await until(() => told().length === 2);
    const again = await openInputs(queues.bodies(QUEUE)[0] ?? "", objects);
    expect(again).toMatchObject({ start: 1, end: 2, attempt: 1, isChild: true });
    expect(queues.visibleAt(QUEUE)).toEqual([now + 2000]);
    now += 2000;
    queues.wake();
    worker.slots = 1;
    source.available(worker);
    await until(() => worker.leases.length === 2);
    expect(worker.leases[1]).toMatchObject({ start: 1, count: 1, attempt: 1 });
  });

  it("fail an input alone that crashes its container three times", async () => {
    const { source, worker } = open("a");
    await submit({ end: 1 });
    for (let crash = 1; crash <= 3; crash += 1) {
      await until(() => worker.leases.length === crash);
      worker.slots = 1;
      const rest = { start: 0, end: 1 };
      const reason = { kind: "crashed", detail: "boom", isAlone: true } as const;
      source.giveBack(worker.leases[crash - 1] as Lease, rest, reason);
    }
    await until(() => queues.bodies(REPLIES).length === 1);
    expect(replies()[0]?.failures?.[0]?.kind).toBe("crashed");
    expect(replies()[0]?.failures?.[0]?.error.text).toContain("boom");
  });

  it("are dropped on sight once their call is cancelled, and stopped within a heartbeat", async () => {
    const { source, worker } = open("a");
    await submit();
    await until(() => worker.leases.length === 1);
    await rows().put(callKey("app", CALL), { state: "cancelled" }, 0);
    now += 5000;
    source.tick();
    await until(() => queues.bodies(QUEUE).length === 0);
    expect(worker.cancelled).toEqual([worker.leases[0]?.id]);
    await submit({ start: 3, end: 6 });
    worker.slots = 1;
    source.available(worker);
    await until(() => queues.bodies(QUEUE).length === 0);
    expect(worker.leases).toHaveLength(1);
  });

  it("are told of an input that was cancelled on its own, and drop its result", async () => {
    const { source, worker } = open("a");
    await submit();
    await until(() => worker.leases.length === 1);
    await rows().put(callKey("app", CALL), { state: "open", cancelled: [1] }, 0);
    now += 5000;
    source.tick();
    await until(() => worker.cancelled.length === 1);
    source.complete(worker.leases[0] as Lease, outputs(0, [0, 2, 4]));
    await until(() => queues.bodies(QUEUE).length === 0);
    const told = replies().map(({ start, count, failures }) => [start, count, failures?.[0]?.kind]);
    expect(told.sort()).toEqual([
      [0, 1, undefined],
      [1, 1, "cancelled"],
      [2, 1, undefined],
    ]);
  });

  it("go back when they are for a newer deployment, and end this container's leases", async () => {
    const { source, worker } = open("a");
    await submit();
    await until(() => worker.leases.length === 1);
    worker.slots = 1;
    source.available(worker);
    await submit({ start: 3, end: 4, deployment: 2 });
    await until(() => newer === 1);
    await until(() => queues.visibleAt(QUEUE)[1] === now);
    const over = source.retire();
    source.complete(worker.leases[0] as Lease, outputs(0, [0, 2, 4]));
    await over;
    expect(queues.bodies(QUEUE)).toHaveLength(1);
    expect(worker.leases).toHaveLength(1);
  });

  it("fail with the error of a container that cannot start", async () => {
    const { source, worker } = open("a");
    worker.slots = 0;
    await submit();
    await submit({ start: 3, end: 5 });
    queues.isPatient = false;
    await source.failWaiting(encodePage([new Error("no module")], () => "error"));
    expect(queues.bodies(QUEUE)).toEqual([]);
    const failures = replies().flatMap((page) => page.failures ?? []);
    expect(failures.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(failures.map(({ kind }) => kind))).toEqual(new Set(["startup"]));
    expect(failures[0]?.error.text).toContain("no module");
  });

  it("go back to the queue at once when the container is told to stop", async () => {
    const first = open("a");
    await submit();
    await until(() => first.worker.leases.length === 1);
    first.source.complete(first.worker.leases[0] as Lease, outputs(0, [0]));
    await first.source.stop();
    expect(queues.visibleAt(QUEUE)).toEqual([now]);
    const second = open("b");
    await until(() => second.worker.leases.length === 1);
    // No one crashed: the rest runs as one lease.
    expect(argumentsOf(second.worker.leases[0])).toEqual([1, 2]);
  });

  it("are cancelled when the container is told to stop and their queue is gone", async () => {
    const first = open("a");
    await submit();
    await until(() => first.worker.leases.length === 1);
    queues.hide = async () => {
      throw new Error("no such queue");
    };
    await expect(first.source.stop()).rejects.toThrow("no such queue");
    expect(first.worker.cancelled).toEqual(first.worker.leases.map(({ id }) => id));
    expect(first.source.isIdle).toBe(true);
  });

  it("go back to the queue when the container is told to stop while it takes them", async () => {
    let stopped: Promise<void> | undefined;
    const first = open("a", (operation) => {
      if (operation === "get") stopped ??= first.source.stop();
    });
    await submit();
    await until(() => stopped !== undefined);
    await stopped;
    expect(queues.visibleAt(QUEUE)).toEqual([now]);
    expect(first.source.isIdle).toBe(true);
    const second = open("b");
    await until(() => second.worker.leases.length === 1);
    expect(argumentsOf(second.worker.leases[0])).toEqual([0, 1, 2]);
  });

  it.each([
    ["put", "finishing"],
    ["transact", "splitting"],
  ] as const)(
    "are given up when %s fails while %s, and run again from the queue",
    async (operation, step) => {
      const first = open("a");
      await submit();
      await until(() => first.worker.leases.length === 1);
      const [lease] = first.worker.leases as [Lease];
      broken = operation;
      if (step === "finishing") first.source.complete(lease, outputs(0, [0, 2, 4]));
      else {
        mayScaleOut = true;
        first.worker.slots = 0;
        first.source.giveBack(lease, { start: 1, end: 3 }, { kind: "returned" });
      }
      await until(() => first.source.isIdle);
      expect(errors.splice(0)).toEqual([new Error(`no ${operation}`)]);
      expect(first.worker.cancelled).toEqual([lease.id]);
      expect(told()).toEqual([]);
      broken = undefined;
      now += LEASE_MS + 1;
      const second = open("b");
      await until(() => second.worker.leases.length === 1);
      expect(argumentsOf(second.worker.leases[0])).toEqual([0, 1, 2]);
    },
  );

  it("let a container take others when the first input of a suspicious range could not be named", async () => {
    const first = open("a");
    await submit();
    await until(() => first.worker.leases.length === 1);
    first.source.complete(first.worker.leases[0] as Lease, outputs(0, [0]));
    now += 2000;
    first.source.tick();
    await until(() => told().length === 1);
    now += LEASE_MS + 1;
    let puts = 0;
    const second = open("b", (operation) => {
      if (operation !== "put") return;
      puts += 1;
      // The first takes the range over, the second names its input.
      if (puts === 2) throw new Error("no put");
    });
    await until(() => errors.length === 1);
    expect(errors.splice(0)).toEqual([new Error("no put")]);
    await submit({ start: 3, end: 4 });
    await until(() => second.worker.leases.length === 1);
    expect(argumentsOf(second.worker.leases[0])).toEqual([3]);
  });

  it("fail an input alone, and once, that has ended three containers while they held it", async () => {
    const { source, worker } = open("a");
    await submit({ end: 1 });
    await until(() => worker.leases.length === 1);
    now += 20_000;
    source.tick();
    await until(() => queues.visibleAt(QUEUE)[0] === now + 60_000);
    const row = { end: 1, epoch: 3, owner: "gone", leaseUntil: 0, results: [], children: [] };
    const seen = { isSent: true, isDone: false, isSuspicious: true, expiresAt: 1 };
    const suspected = { suspect: 0, crashes: { 0: 2 } };
    await rows().put(rangeKey("app", CALL, 0), { ...row, ...seen, ...suspected }, 0);
    now += LEASE_MS + 1;
    const deletions: string[] = [];
    const remove = queues.delete.bind(queues);
    queues.delete = async (url, handle) => {
      deletions.push(handle);
      await remove(url, handle);
    };
    open("b");
    await until(() => queues.bodies(QUEUE).length === 0);
    expect(replies()[0]?.failures?.[0]?.kind).toBe("crashed");
    expect(queues.bodies(REPLIES)).toHaveLength(1);
    expect(stored()).toMatchObject([{ isDone: true, epoch: 4 }]);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((next) => setImmediate(next));
    expect(deletions).toHaveLength(1);
  });

  it("keep their message hidden while they run", async () => {
    const { source, worker } = open("a");
    await submit();
    await until(() => worker.leases.length === 1);
    now += 20_000;
    source.tick();
    await until(() => queues.visibleAt(QUEUE)[0] === now + 60_000);
  });
});
