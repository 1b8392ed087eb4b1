import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import {
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from "@aws-sdk/client-sqs";
import { beforeAll, beforeEach, expect, inject } from "vitest";
import { FifoQueues } from "../../lib/aws/storage/fifo-queues.ts";
import { Queue } from "../../lib/storage/queue.ts";
import { newName, use } from "../storage/lab.ts";
import { awsTest, control, unique } from "./aws.ts";
import { type AwsPlace, clients, createPlace, storesOf } from "./storage-lab.ts";

const NOW = { timeoutSeconds: 0 };
const HELD_SECONDS = 11;
let place: AwsPlace;

beforeAll(async () => {
  if (inject("aws") !== null) place = await createPlace();
});
beforeEach(() => {
  if (inject("aws") !== null) use({ stores: storesOf(place) });
});

function newQueue<Item>(): Queue<Item> {
  return Queue.fromName<Item>(newName(), { createIfMissing: true });
}

/** Names of the environment's queues of SQS, sorted by age where one test has made them. */
async function queuesOfSqs(): Promise<string[]> {
  const QueueNamePrefix = `windlass-${place.environment}_`;
  const { QueueUrls = [] } = await clients.sqs.send(new ListQueuesCommand({ QueueNamePrefix }));
  return QueueUrls;
}

async function onlyNew(before: readonly string[]): Promise<{ url: string; name: string }> {
  const [url = ""] = (await queuesOfSqs()).filter((one) => !before.includes(one));
  return { url, name: url.slice(url.lastIndexOf("/") + 1) };
}

awsTest("an item comes back in its place when its consumer dies with it", async () => {
  const before = await queuesOfSqs();
  const queue = newQueue<number>();
  await queue.putMany([1, 2, 3]);
  const { url, name } = await onlyNew(before);

  // As far as a consumer comes that dies before it has deleted the message.
  await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: url }));
  expect(await queue.getMany(3, NOW)).toEqual([]);
  await control("POST", "age-queue", { queue: name, seconds: HELD_SECONDS });
  expect(await queue.getMany(2, NOW)).toEqual([1, 2]);
  expect(await queue.get(NOW)).toBe(3);
});

awsTest("a consumer that was too slow gets nothing that another has", async () => {
  const fifo = new FifoQueues(clients.sqs);
  const name = `${unique("slow")}.fifo`;
  const url = await fifo.create(name, 3600);
  await fifo.send(url, [{ id: "1", body: "a" }]);
  const slow = await fifo.receive(url, { limit: 10, waitSeconds: 0 });
  await control("POST", "age-queue", { queue: name, seconds: HELD_SECONDS });
  const quick = await fifo.receive(url, { limit: 10, waitSeconds: 0 });

  expect(slow && (await fifo.take(url, slow))).toEqual([]);
  expect(quick && (await fifo.take(url, quick))).toEqual(["a"]);
  expect(quick && (await fifo.take(url, { ...quick, until: performance.now() - 1 }))).toEqual([]);
});

awsTest("a message that is sent twice is there once", async () => {
  const fifo = new FifoQueues(clients.sqs);
  const url = await fifo.create(`${unique("twice")}.fifo`, 3600);
  const messages = ["1", "2"].map((id) => ({ id, body: id }));
  await fifo.send(url, messages);
  await fifo.send(url, messages);
  expect(await fifo.count(url)).toBe(2);
});

awsTest("items that fill a message lie in the bucket until they are taken", async () => {
  const queue = newQueue<Uint8Array>();
  const objects = async () => {
    const Prefix = `stored/queue/${queue.name}/`;
    const list = new ListObjectsV2Command({ Bucket: place.bucket, Prefix });
    return (await clients.s3.send(list)).KeyCount;
  };
  const item = new Uint8Array(1024 * 1024 - 50).fill(7);
  await queue.putMany([item, item]);
  expect(await objects()).toBe(2);
  expect(await queue.getMany(2)).toEqual([item, item]);
  expect(await objects()).toBe(0);
});

awsTest("nothing can be read that is not taken", async () => {
  const queue = newQueue<number>();
  await queue.put(1);
  await expect(queue.iterate().next()).rejects.toMatchObject({
    code: "WINDLASS_QUEUE_CANNOT_BE_READ",
    message: `queue "${queue.name}" is kept by SQS, which cannot show items without giving them away`,
    hint: `make it with \`backing: "dynamodb"\`: \`windlass queue create ${queue.name} --backing dynamodb --on aws\``,
  });
});

awsTest("a queue of SQS is made with the first item, and gone with its queue", async () => {
  const before = await queuesOfSqs();
  const queue = newQueue<number>();
  expect(await queue.len()).toBe(0);
  expect(await queue.getMany(1, NOW)).toEqual([]);
  expect(await queuesOfSqs()).toEqual(before);
  await queue.put(1);
  await queue.put(2, { partition: "other" });
  expect((await queuesOfSqs()).length - before.length).toBe(2);
  await Queue.objects.delete(queue.name);
  expect(await queuesOfSqs()).toEqual(before);
  await Queue.objects.create(queue.name);
  expect(await queue.getMany(1, NOW)).toEqual([]);
});

awsTest("what many put at once into a new partition is in one queue", async () => {
  const before = await queuesOfSqs();
  const name = newName();
  await Queue.objects.create(name);
  const puts = Array.from({ length: 6 }, async (_, n) => {
    const { queues } = storesOf(place);
    const items = [Buffer.from([0, 0, 0, 0, 0, ...Buffer.from(`[${n}]`)])];
    await queues.put(name, { partition: "", items, ttlMs: 60_000 });
  });
  await Promise.all(puts);
  expect((await queuesOfSqs()).length - before.length).toBe(1);
  const items = await Queue.fromName<number>(name).getMany(10, NOW);
  expect(items.sort()).toEqual([0, 1, 2, 3, 4, 5]);
});

awsTest("clearing takes what there is, and what was sent by others", async () => {
  const before = await queuesOfSqs();
  const queue = newQueue<number>();
  await queue.putMany(Array.from({ length: 25 }, (_, n) => n));
  const { url: QueueUrl } = await onlyNew(before);
  const ids = { MessageGroupId: "items", MessageDeduplicationId: "x" };
  const Entries = [{ Id: "0", MessageBody: "AAAAAABbMV0=", ...ids }];
  await clients.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  await queue.clear();
  expect(await queue.len()).toBe(0);
});
