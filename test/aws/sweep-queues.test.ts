import { beforeEach, expect, it } from "vitest";
import type { Rows } from "../../lib/aws/rows.ts";
import { madeQueueKey, objectKey, partitionQueueKey } from "../../lib/aws/storage/object-keys.ts";
import type { PartitionRow } from "../../lib/aws/storage/partition-queues.ts";
import { FakeCloud } from "./fake-cloud.ts";

const SWEEP = { kind: "sweep" } as const;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let cloud: FakeCloud;
let rows: Rows;

beforeEach(async () => {
  cloud = new FakeCloud();
  // A sweep looks at these queues every ten minutes.
  cloud.now = Math.ceil(cloud.now / (10 * MINUTE_MS)) * 10 * MINUTE_MS;
  rows = cloud.table.port(async () => {});
  await rows.put(objectKey("queue", "jobs"), {}, 0);
});

/** A partition that is kept for this long from now by a queue of SQS that was made at that time. */
async function keep(name: string, forMs: number, partition = name): Promise<void> {
  await rows.put(madeQueueKey(name), { queue: "jobs", partition, at: cloud.now }, 0);
  cloud.queues.set(name, []);
  const body: PartitionRow = { object: "id", name, until: cloud.now + forMs };
  await rows.put(partitionQueueKey("jobs", partition), body, 0);
}

async function listed(): Promise<string[]> {
  return (await rows.list(madeQueueKey("").pk)).map(({ sk }) => sk);
}

async function rowOf(partition: string): Promise<PartitionRow | undefined> {
  return (await rows.get<PartitionRow>(partitionQueueKey("jobs", partition)))?.body;
}

it("removes the queues of partitions that are over, and no others", async () => {
  await keep("short", HOUR_MS);
  await keep("long", 24 * HOUR_MS);
  cloud.now += 2 * HOUR_MS;
  await cloud.invoke(SWEEP);

  expect([...cloud.queues.keys()]).toEqual(["long"]);
  expect(await listed()).toEqual(["long"]);
  expect(await rowOf("short")).toMatchObject({ name: null, until: 0 });
  expect(await rowOf("long")).toMatchObject({ name: "long" });
});

it("removes a queue that another one has replaced, and keeps that", async () => {
  await keep("new", 24 * HOUR_MS, "a");
  await rows.put(madeQueueKey("old"), { queue: "jobs", partition: "a", at: cloud.now }, 0);
  cloud.queues.set("old", []);
  cloud.now += HOUR_MS;
  await cloud.invoke(SWEEP);

  expect([...cloud.queues.keys()]).toEqual(["new"]);
  expect(await rowOf("a")).toMatchObject({ name: "new" });
});

it("removes the queues of an object that is no more", async () => {
  await keep("jobs-1", 24 * HOUR_MS);
  await rows.delete(objectKey("queue", "jobs"));
  cloud.now += HOUR_MS;
  await cloud.invoke(SWEEP);

  expect([...cloud.queues.keys()]).toEqual([]);
  expect(await listed()).toEqual([]);
});

it("leaves alone what was listed just now: its maker is about to write which partition it keeps", async () => {
  await rows.put(madeQueueKey("young"), { queue: "jobs", partition: "a", at: cloud.now }, 0);
  cloud.queues.set("young", []);
  await cloud.invoke(SWEEP);

  expect(await listed()).toEqual(["young"]);
  expect([...cloud.queues.keys()]).toEqual(["young"]);
});

it("looks every ten minutes only", async () => {
  await keep("short", HOUR_MS);
  cloud.now += 2 * HOUR_MS + MINUTE_MS;
  await cloud.invoke(SWEEP);

  expect([...cloud.queues.keys()]).toEqual(["short"]);
});
