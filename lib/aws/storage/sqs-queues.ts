import { setTimeout as pause } from "node:timers/promises";
import { createObjectId } from "../../ids.ts";
import { cannotBeRead } from "../../storage/queue-backing.ts";
import type { QueueGet, QueuePage, QueuePut, QueueStore } from "../../storage/stores.ts";
import { MESSAGE_BYTES } from "../queues.ts";
import { BATCH_MESSAGES } from "../sqs-batch.ts";
import type { Blobs } from "./blobs.ts";
import { type FifoMessage, type FifoQueues, HIDDEN_SECONDS } from "./fifo-queues.ts";
import { OrderedSends } from "./ordered-sends.ts";
import type { PartitionQueues } from "./partition-queues.ts";
import { SealedBodies } from "./sealed-bodies.ts";

/** A question waits at SQS for a second at first, and longer the longer nothing comes. */
const FIRST_WAIT_SECONDS = 1;
const LAST_WAIT_SECONDS = 20;
/** SQS waits whole seconds: what is left of the last one is waited here. */
const LOOK_MS = 200;
/** What a get that waits makes a partition for. */
const DAY_MS = 24 * 3600 * 1000;
/** Longer than whoever receives messages can hold them. */
const HELD_SECONDS: number = HIDDEN_SECONDS + 1;

/** A partition with its queue of SQS. */
interface Place {
  readonly queue: string;
  readonly partition: string;
  readonly url: string;
}

/**
 * Queues in SQS, one queue first in, first out for each partition. An item is taken by receiving and deleting its message,
 * in this order: should a container die in between, the item is there again after five seconds, in its place.
 */
export class SqsQueueStore implements QueueStore {
  readonly #fifo: FifoQueues;
  readonly #partitions: PartitionQueues;
  readonly #bodies: SealedBodies;
  readonly #sends: OrderedSends<FifoMessage>;
  /** By URL: how long the last question waited in vain. */
  readonly #waits: Map<string, number> = new Map();

  constructor(ports: {
    readonly fifo: FifoQueues;
    readonly partitions: PartitionQueues;
    readonly blobs: Blobs;
  }) {
    const { fifo, partitions, blobs } = ports;
    this.#fifo = fifo;
    this.#partitions = partitions;
    this.#bodies = new SealedBodies(blobs);
    this.#sends = new OrderedSends({
      maxMessages: BATCH_MESSAGES,
      maxBytes: MESSAGE_BYTES,
      sizeOf: ({ body }) => body.length,
      send: (url, messages) => fifo.send(url, messages),
    });
  }

  /** There is always room. */
  async put(queue: string, { partition, items, ttlMs }: QueuePut): Promise<boolean> {
    const messages = await Promise.all(
      items.map(async (item) => {
        const id = createObjectId();
        return { id, body: await this.#bodies.seal(queue, id, item) };
      }),
    );
    for (;;) {
      const url = await this.#partitions.keep(queue, partition, ttlMs);
      if (await this.#sends.add(url, messages)) return true;
      // It was removed, and maybe made again.
      this.#partitions.forget(queue, partition);
      await pause(LOOK_MS);
    }
  }

  async get(
    queue: string,
    { partition, count, waitMs }: QueueGet,
    signal?: AbortSignal,
  ): Promise<readonly Uint8Array[]> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      if (signal?.aborted === true) return [];
      const left = Math.max(0, deadline - performance.now());
      const known = await this.#partitions.find(queue, partition);
      if (known === undefined && left === 0) return [];
      const url = known ?? (await this.#partitions.keep(queue, partition, DAY_MS));
      const at = { queue, partition, url };
      const taken = await this.#take(at, { count, waitMs: left, signal });
      if (taken.length > 0) return await this.#takeMore(at, count, taken);
      if (performance.now() >= deadline) return [];
      const short = Math.min(LOOK_MS, Math.max(0, deadline - performance.now()));
      if (left < FIRST_WAIT_SECONDS * 1000)
        await pause(short, undefined, { signal }).catch(() => {});
    }
  }

  async page(queue: string): Promise<QueuePage> {
    throw cannotBeRead(queue);
  }

  async count(queue: string, partition: string | null): Promise<number> {
    const partitions = partition === null ? await this.#partitions.list(queue) : [partition];
    let total = 0;
    for (const one of partitions) {
      const url = await this.#partitions.find(queue, one);
      if (url !== undefined) total += await this.#fifo.count(url);
    }
    return total;
  }

  /** Takes all items: SQS can purge a queue, but then loses what is put within the next minute. */
  async clear(queue: string, partition: string | null): Promise<void> {
    const partitions = partition === null ? await this.#partitions.list(queue) : [partition];
    for (const one of partitions) {
      const url = await this.#partitions.find(queue, one);
      if (url !== undefined) await this.#drain({ queue, partition: one, url });
    }
  }

  async #drain(at: Place): Promise<void> {
    const takeSome = async (waitSeconds: number): Promise<boolean> => {
      const delivery = await this.#fifo.receive(at.url, { limit: BATCH_MESSAGES, waitSeconds });
      if (delivery === undefined || delivery.messages.length === 0) return false;
      await this.#bodies.remove(await this.#fifo.take(at.url, delivery));
      return true;
    };
    for (;;) {
      if (await takeSome(0)) continue;
      if ((await this.#fifo.count(at.url)) === 0) return;
      // Another may hold what is first, or the count is old: what nobody has taken by then is shown.
      if (!(await takeSome(HELD_SECONDS))) return;
    }
  }

  /** A second question is asked only where the first was answered in full: more may be there. */
  async #takeMore(
    at: Place,
    count: number,
    taken: readonly Uint8Array[],
  ): Promise<readonly Uint8Array[]> {
    const items = [...taken];
    let isFull = taken.length === BATCH_MESSAGES;
    while (isFull && items.length < count) {
      const left = count - items.length;
      // What is taken must be answered, whatever becomes of the rest.
      const more = await this.#take(at, { count: left, waitMs: 0, signal: undefined }).catch(
        () => [],
      );
      items.push(...more);
      isFull = more.length === BATCH_MESSAGES;
    }
    return items;
  }

  async #take(
    { queue, partition, url }: Place,
    wanted: {
      readonly count: number;
      readonly waitMs: number;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<readonly Uint8Array[]> {
    const { count, waitMs, signal } = wanted;
    const limit = Math.min(BATCH_MESSAGES, count);
    const patience = this.#waits.get(url) ?? FIRST_WAIT_SECONDS;
    const waitSeconds = Math.min(patience, Math.floor(waitMs / 1000));
    const delivery = await this.#fifo.receive(url, { limit, waitSeconds });
    if (delivery === undefined) this.#partitions.forget(queue, partition);
    const received = delivery?.messages.length ?? 0;
    if (received > 0) this.#waits.delete(url);
    else if (waitSeconds > 0) this.#waits.set(url, Math.min(LAST_WAIT_SECONDS, patience * 2));
    if (delivery === undefined || received === 0) return [];
    // A container that is gone must not take items which nobody would get.
    if (signal?.aborted === true) {
      await this.#fifo.giveBack(url, delivery);
      return [];
    }
    const opened = await this.#bodies.open(delivery.messages.map(({ body }) => body));
    const taken = await this.#fifo.take(url, delivery);
    await this.#bodies.remove(taken);
    return taken.flatMap((body) => opened.get(body) ?? []);
  }
}
