import { setTimeout as pause } from "node:timers/promises";
import {
  MAX_QUEUED,
  QUEUE_PAGE_ITEMS,
  type QueueGet,
  type QueuePage,
  type QueuePut,
  type QueueStore,
} from "../../storage/stores.ts";
import type { AwsObjects } from "./aws-objects.ts";
import type { Blobs } from "./blobs.ts";
import { QueueItems } from "./queue-items.ts";
import { type PartitionState, QueuePartitions } from "./queue-partitions.ts";
import type { StorageTable } from "./storage-table.ts";

/** Others may put the next item at any time: how often to look, at first and at the latest. */
const FIRST_LOOK_MS = 50;
const LAST_LOOK_MS = 1000;
/** Items read beyond those that are wanted: others take from the front as well. */
const SPARE_ITEMS = 5;

/** Queues in DynamoDB: items in the order of a number that each queue counts. */
export class RowQueues implements QueueStore {
  readonly #items: QueueItems;
  readonly #objects: AwsObjects;
  readonly #partitions: QueuePartitions;
  /** At most how many items a partition had when it was looked at, and the queue's number then. */
  readonly #counted: Map<string, { readonly count: number; readonly number: number }> = new Map();

  constructor(
    { table, blobs, objects }: { table: StorageTable; blobs: Blobs; objects: AwsObjects },
    now: () => number,
  ) {
    this.#items = new QueueItems(table, blobs, now);
    this.#objects = objects;
    this.#partitions = new QueuePartitions(table, objects, now);
  }

  async put(queue: string, { partition, items, ttlMs }: QueuePut): Promise<boolean> {
    const count = items.length;
    const state = await this.#partitions.reserve(queue, partition, { count, ttlMs });
    if (!(await this.#hasRoom(queue, partition, { state, count }))) return false;
    await this.#items.put({ queue, partition, ...state }, items);
    return true;
  }

  async get(
    queue: string,
    { partition, count, waitMs }: QueueGet,
    signal?: AbortSignal,
  ): Promise<readonly Uint8Array[]> {
    const deadline = performance.now() + waitMs;
    for (let everyMs = FIRST_LOOK_MS; ; everyMs = Math.min(LAST_LOOK_MS, everyMs * 2)) {
      if (signal?.aborted === true) return [];
      const state = await this.#partitions.read(queue, partition);
      const at = { queue, partition, ...state };
      const taken = state.isOver ? [] : await this.#items.take(at, count, SPARE_ITEMS);
      const left = deadline - performance.now();
      if (taken.length > 0 || left <= 0) return taken;
      await pause(Math.min(everyMs, left), undefined, { signal }).catch(() => {});
    }
  }

  async page(
    queue: string,
    { partition, after }: { readonly partition: string; readonly after?: string | undefined },
  ): Promise<QueuePage> {
    const state = await this.#partitions.read(queue, partition);
    if (state.isOver) return { items: [] };
    const from = Math.max(state.from, Number(after ?? 0));
    const found = await this.#items.read({ queue, partition, ...state, from }, QUEUE_PAGE_ITEMS);
    const last = found.at(-1);
    const items = found.map(({ value }) => value);
    return last === undefined ? { items } : { items, last: String(last.number) };
  }

  async count(queue: string, partition: string | null): Promise<number> {
    const partitions = partition === null ? await this.#partitions.list(queue) : [partition];
    if (partitions.length === 0) await this.#objects.find("queue", queue);
    let total = 0;
    for (const one of partitions) {
      const state = await this.#partitions.read(queue, one);
      if (!state.isOver) total += await this.#items.count({ queue, partition: one, ...state });
    }
    return total;
  }

  async clear(queue: string, partition: string | null): Promise<void> {
    if (partition === null) await this.#objects.renew("queue", queue);
    else await this.#partitions.clear(queue, partition);
  }

  /** A partition cannot have more than it had when it was counted, and what the whole queue got since. */
  async #hasRoom(
    queue: string,
    partition: string,
    { state, count }: { readonly state: PartitionState; readonly count: number },
  ): Promise<boolean> {
    const key = `${state.generation} ${partition}`;
    const known = this.#counted.get(key);
    if (known !== undefined && known.count + state.number - known.number <= MAX_QUEUED) return true;
    // As it is now: somebody may have cleared it.
    const now = await this.#partitions.read(queue, partition);
    const counted = now.isOver ? 0 : await this.#items.count({ queue, partition, ...now });
    const isRoom = counted + count <= MAX_QUEUED;
    // What is about to be put is not counted yet, and the number includes it.
    this.#counted.set(key, { count: counted + (isRoom ? count : 0), number: state.number });
    return isRoom;
  }
}
