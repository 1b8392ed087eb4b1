import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LEASE_MS } from "../../lib/aws/held-range.ts";
import { callKey } from "../../lib/aws/keys.ts";
import { sealItems, sealReply } from "../../lib/aws/page-text.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { until } from "../engine/until.ts";
import { GeneratorLab, type Opened, unruly } from "./generator-lab.ts";
import { Random } from "./random.ts";
import { settle } from "./source-lab.ts";

const SEEDS = Number(process.env["WINDLASS_SEEDS"] ?? 60);

let lab: GeneratorLab;

beforeEach(async () => {
  lab = new GeneratorLab();
  await lab.deploy();
});

afterEach(async () => {
  await lab.close();
  expect(lab.errors).toEqual([]);
});

/** Iterates to the end, and says how that was. */
function collect(items: AsyncIterable<unknown>): {
  readonly seen: unknown[];
  readonly done: Promise<unknown>;
} {
  const seen: unknown[] = [];
  const iterate = async (): Promise<unknown> => {
    try {
      for await (const item of items) seen.push(item);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  return { seen, done: iterate() };
}

async function started(containerId = "a"): Promise<Opened> {
  const opened = lab.open(containerId);
  await until(() => opened.worker.leases.length === 1);
  return opened;
}

describe("items of a generator", () => {
  it("come as they are yielded, before it has ended", async () => {
    const { seen, done } = collect(lab.call());
    const { worker } = await started();
    worker.yields(1);
    await until(() => seen.length === 1);
    worker.yields({ n: 2 }, new Date(3));
    await until(() => seen.length === 3);
    worker.returns();
    expect(await done).toBeUndefined();
    expect(seen).toEqual([1, { n: 2 }, new Date(3)]);
  });

  it("are gathered into messages, but for the first", async () => {
    const { seen, done } = collect(lab.call());
    const { worker } = await started();
    for (let n = 0; n < 100; n += 1) worker.yields(n);
    await until(() => seen.length > 0);
    expect(seen).toHaveLength(1);
    await until(() => seen.length === 100);
    worker.returns();
    expect(await done).toBeUndefined();
  });

  it("are there before the error that came after them", async () => {
    const { seen, done } = collect(lab.call());
    const { worker } = await started();
    worker.yields(1);
    worker.yields(2, 3);
    worker.throws(new RangeError("after three"));
    expect(await done).toMatchObject({ name: "RangeError", message: "after three" });
    expect(seen).toEqual([1, 2, 3]);
  });

  it("travel through the bucket when they do not fit a message", async () => {
    const { seen, done } = collect(lab.call());
    const { worker } = await started();
    const large = "x".repeat(2 * 1024 * 1024);
    worker.yields("small");
    worker.yields(large);
    worker.yields("last");
    worker.returns();
    expect(await done).toBeUndefined();
    expect(seen).toEqual(["small", large, "last"]);
    const kept = [...lab.objects.texts.keys()].filter((key) => key.startsWith("calls/media/"));
    expect(kept).toHaveLength(1);
  });

  it("are each seen once and in order, however their messages arrive", async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const random = new Random(seed);
      lab = new GeneratorLab();
      await lab.deploy();
      const { seen, done } = collect(lab.call(unruly(lab, random)));
      const { worker } = await started();
      const { callId } = worker.lease;
      const count = random.below(30);
      for (let from = 0; from < count; ) {
        const items = Array.from(
          { length: Math.min(1 + random.below(3), count - from) },
          (_, n) => from + n,
        );
        await lab.queues.send(lab.replies(), { body: await sealed({ callId, from }, items) });
        from += items.length;
      }
      const values = encodePage([null], () => "outputs");
      const end = { start: 0, count: 1, values, yielded: { run: 1, items: count } };
      await lab.queues.send(lab.replies(), { body: sealReply(end, { callId, epoch: 1 }) });
      expect(await done).toBeUndefined();
      expect(seen, `seed ${seed}`).toEqual(Array.from({ length: count }, (_, n) => n));
      await lab.close();
    }
  });

  it("are waited for when the end is known before them, and then given up", async () => {
    const { seen, done } = collect(lab.call());
    const { worker } = await started();
    worker.yields(1);
    await until(() => seen.length === 1);
    lab.queues.losing = (url) => url.includes("-r-");
    worker.yields(2);
    worker.returns();
    await until(() => lab.row(worker.lease.callId)?.isDone === true);
    // The table knows of the end, and of two items.
    for (let second = 0; second < 119; second += 1) {
      lab.pass(1000);
      await settle();
    }
    expect(seen).toEqual([1]);
    for (let second = 0; second < 42; second += 1) {
      lab.pass(1000);
      await settle();
    }
    expect(await done).toMatchObject({ code: "WINDLASS_ITEMS_LOST" });
  });
});

describe("credit of a generator", () => {
  it("lets it on as its items are taken, and asks the table only when it is nearly used up", async () => {
    const items = lab.call();
    const first = items.next();
    const { worker } = await started();
    const reads = (): number => lab.reads.filter((operation) => operation === "get").length;
    const before = reads();
    worker.yields(...Array.from({ length: 499 }, (_, n) => n));
    await first;
    await settle();
    expect(reads() - before).toBeLessThanOrEqual(1);
    worker.yields(...Array.from({ length: 501 }, (_, n) => 499 + n));
    await settle();
    expect(worker.allowed).toBe(1000);
    for (let taken = 1; taken < 500; taken += 1) await items.next();
    await until(() => worker.allowed === 1500);
    for (let taken = 0; taken < 500; taken += 1) await items.next();
    await until(() => worker.allowed === 2000);
    await items.return(undefined);
  });

  it("is not lost with a write that fails", async () => {
    const items = lab.call();
    const first = items.next();
    const { worker } = await started();
    worker.yields(...Array.from({ length: 1000 }, (_, n) => n));
    await first;
    const put = lab.table.port(async () => {});
    // Someone else writes the row in between, as a cancellation of another input would.
    await put.put(callKey("media", worker.lease.callId), { state: "open", cancelled: [] }, 0);
    for (let taken = 1; taken < 500; taken += 1) await items.next();
    await until(() => worker.allowed === 1500);
    await items.return(undefined);
  });
});

describe("leaving a generator early", () => {
  it("cancels it, and takes its message away", async () => {
    const items = lab.call();
    const first = items.next();
    const { worker, source } = await started();
    worker.yields(1, 2, 3);
    expect(await first).toEqual({ value: 1, done: false });
    await items.return(undefined);
    await settle();
    lab.pass(5000);
    await until(() => worker.cancelled.length > 0);
    await until(() => source.isIdle);
    expect(lab.queues.bodies("inputs-of-count")).toEqual([]);
    expect(lab.row(worker.lease.callId)?.isDone).toBe(false);
  });

  it("is noticed at once by one that waits for credit", async () => {
    const items = lab.call();
    const first = items.next();
    const { worker } = await started();
    worker.yields(...Array.from({ length: 1000 }, (_, n) => n));
    await first;
    await items.return(undefined);
    await until(() => worker.cancelled.length > 0);
  });
});

describe("a container that ends while its generator runs", () => {
  it("ends the stream after the items that it sent, and is not followed by another run", async () => {
    const { seen, done } = collect(lab.call());
    const { worker } = await started();
    worker.yields(1, 2);
    worker.crashes();
    expect(await done).toMatchObject({
      name: "ContainerCrashedError",
      code: "WINDLASS_CONTAINER_CRASHED",
    });
    expect(seen).toEqual([1, 2]);
    await settle();
    expect(worker.leases).toHaveLength(1);
  });

  it("is tried again while it has yielded nothing", async () => {
    const { seen, done } = collect(lab.call());
    const { worker } = await started();
    worker.crashes();
    await until(() => worker.leases.length === 2);
    worker.yields(1);
    worker.returns();
    expect(await done).toBeUndefined();
    expect(seen).toEqual([1]);
  });

  it("fails in the container that takes its message when it was not heard of any more", async () => {
    const { seen, done } = collect(lab.call());
    const first = await started();
    first.worker.yields(1, 2);
    await until(() => seen.length === 2);
    await until(() => lab.row(first.worker.lease.callId)?.hasYielded === true);
    first.kill();
    lab.pass(LEASE_MS + 1);
    const second = lab.open("b");
    expect(await done).toMatchObject({ code: "WINDLASS_CONTAINER_CRASHED" });
    expect(seen).toEqual([1, 2]);
    expect(second.worker.leases).toEqual([]);
  });

  it("runs in another when it was not heard of before it yielded, and items of it are not mixed", async () => {
    const { seen, done } = collect(lab.call());
    const first = await started();
    first.kill();
    lab.pass(LEASE_MS + 1);
    const second = lab.open("b");
    await until(() => second.worker.leases.length === 1);
    second.worker.yields("b1");
    await until(() => seen.length === 1);
    second.worker.returns();
    expect(await done).toBeUndefined();
    expect(seen).toEqual(["b1"]);
  });

  it("ends the stream when another has begun it anew after all", async () => {
    const { seen, done } = collect(lab.call());
    const first = await started();
    // It ends after its first item was sent, and before the table knows of it.
    const { callId } = first.worker.lease;
    const item = await sealed({ callId, from: 0 }, ["a1"]);
    first.kill();
    await lab.queues.send(lab.replies(), { body: item });
    await until(() => seen.length === 1);
    lab.pass(LEASE_MS + 1);
    const second = lab.open("b");
    await until(() => second.worker.leases.length === 1);
    second.worker.yields("b1");
    expect(await done).toMatchObject({ code: "WINDLASS_GENERATOR_RAN_AGAIN" });
    expect(seen).toEqual(["a1"]);
  });

  it("gives it to another when it is stopped, unless it has yielded", async () => {
    const { seen, done } = collect(lab.call());
    const first = await started();
    void first.source.stop();
    await until(() => first.source.isIdle);
    const second = lab.open("b");
    await until(() => second.worker.leases.length === 1);
    second.worker.yields(1);
    await until(() => seen.length === 1);
    second.worker.yields(2);
    void second.source.stop();
    expect(await done).toMatchObject({ code: "WINDLASS_GENERATOR_INTERRUPTED" });
    expect(seen).toEqual([1, 2]);
    expect(second.worker.cancelled.length).toBeGreaterThan(0);
  });

  it("loses and doubles nothing at whichever request it ends", async () => {
    const outcomes = new Set<string>();
    const itemsOf = (name: string): string[] => [0, 1, 2].map((n) => `${name}${n}`);
    for (let at = 0; ; at += 1) {
      lab = new GeneratorLab();
      await lab.deploy();
      const { seen, code, died } = await dieAt(at);
      const ofSecond = seen[0] === "b0";
      outcomes.add(code ?? (ofSecond ? "again" : "once"));
      // All of one run, or the first items of the first one and a reason.
      const whole = itemsOf(ofSecond ? "b" : "a");
      expect(seen, died).toEqual(code === undefined ? whole : itemsOf("a").slice(0, seen.length));
      await lab.close();
      if (died === undefined) break;
    }
    const crashed = ["WINDLASS_CONTAINER_CRASHED", "WINDLASS_GENERATOR_RAN_AGAIN"];
    expect([...outcomes].sort()).toEqual([...crashed, "again", "once"]);
  });

  it("is run by one of two that received the same message", async () => {
    const { seen, done } = collect(lab.call());
    const first = await started();
    const [body] = lab.queues.bodies("inputs-of-count");
    // SQS delivers a message twice, each time as if for the first time.
    await lab.queues.send("inputs-of-count", { body: body ?? "" });
    const second = lab.open("b");
    await settle();
    await settle();
    expect(second.worker.leases).toEqual([]);
    first.worker.yields(1);
    first.worker.returns();
    expect(await done).toBeUndefined();
    expect(seen).toEqual([1]);
  });
});

interface End {
  readonly seen: readonly unknown[];
  readonly code: string | undefined;
}

/** Runs a generator whose container ends at this request; another is there two seconds later. */
async function dieAt(at: number): Promise<End & { readonly died: string | undefined }> {
  const { seen, done } = collect(lab.call());
  const ends: End[] = [];
  void done.then((error) => {
    ends.push({ seen, code: (error as { code?: string } | undefined)?.code });
  });
  const requests: string[] = [];
  const containers = [
    lab.open("a", (request, kill) => {
      if (requests.length === at) kill();
      requests.push(request);
    }),
  ];
  for (let second = 0; ends[0] === undefined; second += 1) {
    for (const opened of containers) await runOn(opened);
    lab.pass(1000);
    if (second === 1) containers.push(lab.open("b"));
    expect(second, `${requests[at]} is survived`).toBeLessThan(300);
  }
  return { ...ends[0], died: requests[at] };
}

/** Goes on with what a worker runs: three items, and then the end. */
async function runOn({ name, worker }: Opened): Promise<void> {
  await settle();
  const { length } = worker.leases;
  if (length === 0 || worker.isDone) return;
  if (worker.yielded < 3) worker.yields(`${name}${worker.yielded}`);
  else worker.returns();
  await settle();
}

/** Items of the first run as a message. */
function sealed(
  { callId, from }: { readonly callId: string; readonly from: number },
  items: readonly unknown[],
): Promise<string> {
  const values = encodePage(items, () => "items");
  const fields = { callId, epoch: 1, from, count: items.length };
  return sealItems(values, fields, async () => "none");
}
