import { callSite } from "../call-site.ts";
import type { ConnectOptions } from "../client/connect-options.ts";
import { pause } from "../clock.ts";
import { runtime } from "../runtime.ts";
import { createObject, manageObjects } from "./manage-objects.ts";
import { byId, byName, createEphemeral, type FromNameOptions } from "./named-object.ts";
import { registerObject } from "./object-registry.ts";
import { unpackValue } from "./packed-value.ts";
import { checkCount, checkPartition, checkSeconds, packItem } from "./queue-arguments.ts";
import { checkQueueBacking, type QueueBacking, type QueueManager } from "./queue-backing.ts";
import { queueEmpty, queueFull } from "./queue-mistakes.ts";
import { StoredObject } from "./stored-object.ts";

export interface QueueFromNameOptions extends FromNameOptions {
  /**
   * What keeps it on AWS. One that there is keeps its own, and must have this one.
   * @default - the one that it has; "sqs" where it is made
   */
  readonly backing?: QueueBacking | undefined;
}

export interface EphemeralQueueOptions extends ConnectOptions {
  /** What keeps it on AWS. @default "sqs" */
  readonly backing?: QueueBacking | undefined;
}

interface PartitionOptions {
  /** 1 to 64 bytes: items of one partition are in order, and have nothing to do with others. @default - the one without a name */
  readonly partition?: string | undefined;
}

/** Instead of a partition: all of them. */
type AllPartitions<Word extends string> = { readonly [Name in Word]: true } & {
  readonly partition?: never;
};

export interface QueuePutOptions extends PartitionOptions {
  /** The partition is removed this long after the last put into it, at most seven days. @default 86400 */
  readonly partitionTtlSeconds?: number | undefined;
  /**
   * How long to wait for room in a partition that has 5,000 items; 0: not at all. SQS has no such limit.
   * @default - until there is some
   */
  readonly timeoutSeconds?: number | undefined;
}

export interface QueueGetOptions extends PartitionOptions {
  /** How long to wait for an item; 0: not at all. @default - until there is one */
  readonly timeoutSeconds?: number | undefined;
}

export interface QueueIterateOptions extends PartitionOptions {
  /** Go on with items that are put within this long after the last. @default 0 */
  readonly itemPollTimeoutSeconds?: number | undefined;
}

/** Items of a batch: as many, or as many bytes. */
const BATCH_ITEMS = 100;
const BATCH_BYTES = 4 * 1024 * 1024;
/** One question waits for this long at most; then it is asked again. */
const WAIT_MS = 20_000;
const POLL_MS = 100;
const MAX_POLL_MS = 5000;
const DAY_SECONDS = 86_400;

/**
 * Items that all containers and programs of an environment pass to each other, first in, first out. Each is given to one
 * of those who ask. It takes what calls can carry, up to 1 MiB an item. On AWS, SQS keeps it, or with
 * `backing: "dynamodb"` the table, which can also be read without being taken from; `docs/storage.md` compares them.
 *
 * @example
 * const urls = Queue.fromName<string>("urls", { createIfMissing: true });
 * await urls.put("https://example.com");
 * const url = await urls.get({ timeoutSeconds: 10 });
 */
export class Queue<Item = unknown> extends StoredObject {
  /** Makes, lists and removes queues. */
  static readonly objects: QueueManager = {
    ...manageObjects("queue"),
    async create(name, options = {}) {
      checkQueueBacking(options.backing);
      await createObject("queue", name, options);
    },
  };

  /**
   * The queue of this name; it is looked up with its first use. Name it at the top level of the module of an app: its
   * containers may use what their module names.
   * @throws InvalidError for what is no name or no backing, and with the first use for another backing than it has
   */
  static fromName<Item = unknown>(name: string, options: QueueFromNameOptions = {}): Queue<Item> {
    checkQueueBacking(options.backing);
    const object = byName("queue", name, options);
    registerObject({ kind: "queue", name, file: callSite(Queue.fromName) });
    return new Queue(object);
  }

  /** The queue with the id that `info()` told: not another that has its name by now. @throws InvalidError */
  static fromId<Item = unknown>(id: string, options: ConnectOptions = {}): Queue<Item> {
    return new Queue(byId("queue", id, options));
  }

  /**
   * A new queue without a name, removed at the end of the block. Others reach it by its id.
   * @example await using scratch = await Queue.ephemeral<number>();
   */
  static async ephemeral<Item = unknown>(
    options: EphemeralQueueOptions = {},
  ): Promise<Queue<Item> & AsyncDisposable> {
    checkQueueBacking(options.backing);
    const { object, remove } = await createEphemeral("queue", options);
    return Object.assign(new Queue<Item>(object), { [Symbol.asyncDispose]: remove });
  }

  /** Adds an item. @throws QueueFullError where there is no room in time; SerializationError, RequestSizeError */
  async put(item: Item, options: QueuePutOptions = {}): Promise<void> {
    await this.putMany([item], options);
  }

  /** Adds items in their order, in batches. @throws QueueFullError where there is no room in time for the next */
  async putMany(items: Iterable<Item>, options: QueuePutOptions = {}): Promise<void> {
    const { partition = "", partitionTtlSeconds = DAY_SECONDS } = options;
    this.#check(options);
    checkSeconds("partitionTtlSeconds", partitionTtlSeconds, { min: 1, max: 7 * DAY_SECONDS });
    const batches = [...this.#batches(items)];
    const { queues } = await this.object.stores();
    const deadline = deadlineOf(options);
    for (const batch of batches) {
      const ttlMs = partitionTtlSeconds * 1000;
      const put = () => queues.put(this.name, { partition, items: batch, ttlMs });
      for (let pauseMs = POLL_MS; !(await put()); pauseMs = Math.min(MAX_POLL_MS, pauseMs * 2)) {
        const left = deadline - runtime.clock.now();
        if (left <= 0) throw queueFull(this.object.subject, partition);
        await pause(runtime.clock, Math.min(left, pauseMs));
      }
    }
  }

  /** Takes the first item. @throws QueueEmptyError where there is none in time */
  async get(options: QueueGetOptions = {}): Promise<Item> {
    const items = await this.getMany(1, options);
    if (items.length > 0) return items[0] as Item; // As it was put.
    throw queueEmpty(this.object.subject, options.partition ?? "");
  }

  /** Takes up to so many items once there is one; none where there is none in time. */
  async getMany(count: number, options: QueueGetOptions = {}): Promise<Item[]> {
    const { partition = "" } = options;
    this.#check(options);
    checkCount(count);
    const { queues } = await this.object.stores();
    const deadline = deadlineOf(options);
    for (;;) {
      const waitMs = Math.min(WAIT_MS, Math.max(0, deadline - runtime.clock.now()));
      const items = await queues.get(this.name, { partition, count, waitMs });
      if (items.length > 0) return items.map((item) => unpackValue(item) as Item); // As they were put.
      if (runtime.clock.now() >= deadline) return [];
    }
  }

  /**
   * How many items a partition has, or with `total` all partitions together. Approximate where SQS keeps the queue: up to
   * a minute old, and without items of which a container died a few seconds ago.
   */
  async len(
    options: (PartitionOptions & { readonly total?: never }) | AllPartitions<"total"> = {},
  ): Promise<number> {
    const partition = options.total ? null : (options.partition ?? "");
    checkPartition(partition ?? "");
    return await (await this.object.stores()).queues.count(this.name, partition);
  }

  /**
   * Removes all items of a partition, or with `all` those of all partitions. Where SQS keeps the queue, it takes them one
   * by one: so what is put meanwhile, too.
   */
  async clear(
    options: (PartitionOptions & { readonly all?: never }) | AllPartitions<"all"> = {},
  ): Promise<void> {
    const partition = options.all ? null : (options.partition ?? "");
    checkPartition(partition ?? "");
    await (await this.object.stores()).queues.clear(this.name, partition);
  }

  /** Reads items in their order without taking them. @throws InvalidError where SQS keeps the queue: it cannot do that */
  async *iterate(options: QueueIterateOptions = {}): AsyncGenerator<Item, void> {
    const { partition = "", itemPollTimeoutSeconds = 0 } = options;
    this.#check(options);
    checkSeconds("itemPollTimeoutSeconds", itemPollTimeoutSeconds, { min: 0 });
    const { queues } = await this.object.stores();
    let after: string | undefined;
    let deadline = runtime.clock.now() + itemPollTimeoutSeconds * 1000;
    for (;;) {
      const page = await queues.page(this.name, { partition, after });
      for (const item of page.items) yield unpackValue(item) as Item; // As it was put.
      after = page.last ?? after;
      if (page.items.length > 0) deadline = runtime.clock.now() + itemPollTimeoutSeconds * 1000;
      else if (runtime.clock.now() >= deadline) return;
      else await pause(runtime.clock, POLL_MS);
    }
  }

  #check({ partition = "", timeoutSeconds = 0 }: QueueGetOptions): void {
    checkPartition(partition);
    checkSeconds("timeoutSeconds", timeoutSeconds, { min: 0 });
  }

  *#batches(items: Iterable<Item>) {
    let batch: Buffer[] = [];
    let bytes = 0;
    for (const item of items) {
      const packed = packItem(item, this.object.subject);
      if (batch.length >= BATCH_ITEMS || bytes + packed.length > BATCH_BYTES) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push(packed);
      bytes += packed.length;
    }
    if (batch.length > 0) yield batch;
  }
}

function deadlineOf({ timeoutSeconds }: QueueGetOptions): number {
  if (timeoutSeconds === undefined) return Number.POSITIVE_INFINITY;
  return runtime.clock.now() + timeoutSeconds * 1000;
}
