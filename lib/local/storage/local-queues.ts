import type { Clock } from "../../clock.ts";
import {
  MAX_QUEUED,
  QUEUE_PAGE_ITEMS,
  type QueueGet,
  type QueuePage,
  type QueuePut,
  type QueueStore,
} from "../../storage/stores.ts";
import type { LocalObjects } from "./local-objects.ts";
import { keyOf, rangeOf, restOf, type Storage } from "./storage-file.ts";

/** Another process may put the next item at any time: how often to look, at first and at the latest. */
const FIRST_LOOK_MS = 1;
const LAST_LOOK_MS = 16;
const NUMBER_BYTES = 6;

/**
 * Queues in the file of this machine. The key of an item is the generation of its queue, its partition with its length
 * before it, and a number that grows.
 */
export class LocalQueues implements QueueStore {
  readonly #file: Storage;
  readonly #objects: LocalObjects;
  readonly #clock: Clock;

  constructor(file: Storage, objects: LocalObjects, clock: Clock) {
    this.#file = file;
    this.#objects = objects;
    this.#clock = clock;
  }

  put(queue: string, { partition, items, ttlMs }: QueuePut): Promise<boolean> {
    return this.#file.change(() => {
      const { generation } = this.#objects.require("queue", queue);
      const expiry = keyOf(generation, partition);
      const prefix = prefixOf(partition);
      const range = partitionRange(generation, prefix);
      if (this.#isOver(expiry)) this.#remove(range);
      let number = this.#file.partitions.get(expiry)?.last ?? 0;
      const [first] = this.#file.entries.getKeys({ ...range, limit: 1 });
      // Numbers have no gaps: what is taken is taken from the front.
      const queued = first === undefined ? 0 : number - numberOf(first) + 1;
      if (queued + items.length > MAX_QUEUED) return false;
      for (const item of items) {
        number += 1;
        this.#file.entries.putSync(keyOf(generation, itemKey(prefix, number)), Buffer.from(item));
      }
      this.#file.partitions.putSync(expiry, {
        expiresAt: this.#clock.wallTime() + ttlMs,
        last: number,
      });
      return true;
    });
  }

  async get(
    queue: string,
    { partition, count, waitMs }: QueueGet,
    signal?: AbortSignal,
  ): Promise<readonly Uint8Array[]> {
    const deadline = this.#clock.now() + waitMs;
    for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(LAST_LOOK_MS, lookMs * 2)) {
      if (signal?.aborted === true) return [];
      // First without the lock that writers share: most looks of who waits find nothing.
      const { generation } = this.#objects.require("queue", queue);
      const range = partitionRange(generation, prefixOf(partition));
      const [first] = this.#file.entries.getKeys({ ...range, limit: 1 });
      const items = first === undefined ? [] : await this.#take(queue, partition, count);
      if (items.length > 0 || this.#clock.now() >= deadline) return items;
      const leftMs = Math.max(0, deadline - this.#clock.now());
      await this.#file.changed(this.#clock, { lookMs, leftMs });
    }
  }

  async page(
    queue: string,
    { partition, after }: { readonly partition: string; readonly after?: string | undefined },
  ): Promise<QueuePage> {
    const { generation } = this.#objects.require("queue", queue);
    const prefix = prefixOf(partition);
    const range = partitionRange(generation, prefix);
    if (this.#isOver(keyOf(generation, partition))) return { items: [] };
    const start =
      after === undefined ? range.start : keyOf(generation, itemKey(prefix, Number(after) + 1));
    const found = [...this.#file.entries.getRange({ ...range, start, limit: QUEUE_PAGE_ITEMS })];
    const last = found.at(-1);
    const items = found.map(({ value }) => value);
    return last === undefined ? { items } : { items, last: String(numberOf(last.key)) };
  }

  async count(queue: string, partition: string | null): Promise<number> {
    const { generation } = this.#objects.require("queue", queue);
    const partitions = partition === null ? this.#partitions(generation) : [partition];
    let count = 0;
    for (const one of partitions) {
      if (this.#isOver(keyOf(generation, one))) continue;
      count += this.#file.entries.getCount(partitionRange(generation, prefixOf(one)));
    }
    return count;
  }

  async clear(queue: string, partition: string | null): Promise<void> {
    if (partition === null) return await this.#objects.clear("queue", queue);
    await this.#file.change(() => {
      const { generation } = this.#objects.require("queue", queue);
      this.#remove(partitionRange(generation, prefixOf(partition)));
    });
  }

  /** Removes partitions whose time is over. */
  async sweep(queue: string): Promise<void> {
    await this.#file.change(() => {
      const { generation } = this.#objects.require("queue", queue);
      for (const partition of this.#partitions(generation)) {
        const key = keyOf(generation, partition);
        if (!this.#isOver(key)) continue;
        this.#remove(partitionRange(generation, prefixOf(partition)));
        this.#file.partitions.removeSync(key);
      }
    });
  }

  #take(queue: string, partition: string, count: number): Promise<Buffer[]> {
    return this.#file.change(() => {
      const { generation } = this.#objects.require("queue", queue);
      if (this.#isOver(keyOf(generation, partition))) return [];
      const range = { ...partitionRange(generation, prefixOf(partition)), limit: count };
      const found = [...this.#file.entries.getRange(range)];
      for (const { key } of found) this.#file.entries.removeSync(key);
      return found.map(({ value }) => value);
    });
  }

  #remove(range: { readonly start: Buffer; readonly end: Buffer }): void {
    for (const key of [...this.#file.entries.getKeys(range)]) this.#file.entries.removeSync(key);
  }

  #partitions(generation: number): string[] {
    const keys = this.#file.partitions.getKeys(rangeOf(generation));
    return [...keys].map((key) => restOf(key).toString());
  }

  #isOver(partition: Buffer): boolean {
    const found = this.#file.partitions.get(partition);
    return found === undefined || found.expiresAt <= this.#clock.wallTime();
  }
}

/** No key of a partition is then a part of another's. */
function prefixOf(partition: string): Buffer {
  const bytes = Buffer.from(partition);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function itemKey(prefix: Buffer, number: number): Buffer {
  const tail = Buffer.allocUnsafe(NUMBER_BYTES);
  tail.writeUIntBE(number, 0, NUMBER_BYTES);
  return Buffer.concat([prefix, tail]);
}

function partitionRange(generation: number, prefix: Buffer): { start: Buffer; end: Buffer } {
  const last = Buffer.alloc(NUMBER_BYTES + 1, 0xff);
  return {
    start: keyOf(generation, prefix),
    end: keyOf(generation, Buffer.concat([prefix, last])),
  };
}

function numberOf(key: Buffer): number {
  return key.readUIntBE(key.length - NUMBER_BYTES, NUMBER_BYTES);
}
