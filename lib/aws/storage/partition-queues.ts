import { createObjectId } from "../../ids.ts";
import { objectKeptElsewhere } from "../../storage/mistakes.ts";
import type { Row, Rows } from "../rows.ts";
import type { AwsObjects } from "./aws-objects.ts";
import type { FifoQueues } from "./fifo-queues.ts";
import {
  madeQueueKey,
  objectKey,
  PARTITION_QUEUES,
  partitionQueueKey,
  partitionQueuePrefix,
} from "./object-keys.ts";

/** Which queue of SQS keeps a partition, and until when. */
export interface PartitionRow {
  /** The object that it belongs to: another may have its name by now. */
  readonly object: string;
  /** The name of the queue; null once it was removed. */
  readonly name: string | null;
  /** Nobody has put anything for so long that it is over from then on, in milliseconds since 1970. */
  readonly until: number;
}

/** Names a partition by a queue of SQS. */
export interface MadeQueueRow {
  readonly queue: string;
  readonly partition: string;
  readonly at: number;
}

/** A queue of SQS that keeps a partition. */
interface Place {
  readonly url: string;
  readonly until: number;
}

/** Longer than partitions can be kept: what nobody takes goes at last, however often more is put. */
const RETENTION_SECONDS = 8 * 24 * 3600;
/** A little longer than was asked for, so that not every put writes it. */
const KEPT_LONGER = 1.01;

/**
 * The queues of SQS that keep partitions. Each is made with the first put or the first get that waits; when it is over,
 * the next put makes another one, so that nothing of the old one is ever seen again.
 */
export class PartitionQueues {
  readonly #rows: Rows;
  readonly #objects: AwsObjects;
  readonly #fifo: FifoQueues;
  readonly #environment: string;
  readonly #now: () => number;
  /** What this process has last read or written. */
  readonly #known: Map<string, Place> = new Map();
  /** Who puts at once into a partition that is not known is answered in order. */
  readonly #keeping: Map<string, Promise<string>> = new Map();

  constructor(
    ports: {
      readonly rows: Rows;
      readonly objects: AwsObjects;
      readonly fifo: FifoQueues;
      readonly environment: string;
    },
    now: () => number,
  ) {
    this.#rows = ports.rows;
    this.#objects = ports.objects;
    this.#fifo = ports.fifo;
    this.#environment = ports.environment;
    this.#now = now;
  }

  /** The queue of a partition, which is kept for this long from now, and made where there is none. @throws NotFoundError */
  async keep(queue: string, partition: string, ttlMs: number): Promise<string> {
    const key = keyOf(queue, partition);
    const known = this.#known.get(key);
    if (known !== undefined && known.until >= this.#now() + ttlMs) return known.url;
    const kept = this.#keeping.get(`${key} ${ttlMs}`) ?? this.#keepNew(queue, partition, ttlMs);
    this.#keeping.set(`${key} ${ttlMs}`, kept);
    try {
      return await kept;
    } finally {
      this.#keeping.delete(`${key} ${ttlMs}`);
    }
  }

  async #keepNew(queue: string, partition: string, ttlMs: number): Promise<string> {
    for (;;) {
      const { id } = await this.#require(queue);
      const row = await this.#rows.get<PartitionRow>(partitionQueueKey(queue, partition));
      const kept = await this.#write({ queue, partition, object: id }, row, ttlMs);
      // Somebody else was first.
      if (kept === undefined) continue;
      return await this.#remember(queue, partition, kept);
    }
  }

  /** The queue of a partition; undefined where nothing is in it. @throws NotFoundError */
  async find(queue: string, partition: string): Promise<string | undefined> {
    const known = this.#known.get(keyOf(queue, partition));
    if (known !== undefined && known.until > this.#now()) return known.url;
    const { id } = await this.#require(queue);
    const row = await this.#rows.get<PartitionRow>(partitionQueueKey(queue, partition));
    if (row === undefined || !this.#isCurrent(row.body, id)) return undefined;
    return await this.#remember(queue, partition, row.body);
  }

  /** Partitions of a queue that are not over. @throws NotFoundError */
  async list(queue: string): Promise<string[]> {
    const { id } = await this.#require(queue);
    const rows = await this.#listRows(queue);
    return rows
      .filter(({ body }) => this.#isCurrent(body, id))
      .map(({ sk }) => sk.slice(PARTITION_QUEUES.length));
  }

  /** Forgets what is known of a partition: its queue is gone. */
  forget(queue: string, partition: string): void {
    this.#known.delete(keyOf(queue, partition));
  }

  /** Removes all queues of an object that is gone. */
  async removeAll(queue: string): Promise<void> {
    for (const row of await this.#listRows(queue)) {
      const { name } = row.body;
      const removed: PartitionRow = { ...row.body, name: null, until: 0 };
      const partition = row.sk.slice(PARTITION_QUEUES.length);
      this.forget(queue, partition);
      // Another object may have this name by now, and another queue.
      if (name === null || !(await this.#rows.put(keyAt(queue, row), removed, row.version)))
        continue;
      const url = await this.#fifo.find(name);
      if (url !== undefined) await this.#fifo.remove(url);
    }
  }

  async #write(
    of: { readonly queue: string; readonly partition: string; readonly object: string },
    row: Row<PartitionRow> | undefined,
    ttlMs: number,
  ): Promise<PartitionRow | undefined> {
    const { queue, partition, object } = of;
    const until = this.#now() + Math.ceil(ttlMs * KEPT_LONGER);
    if (row !== undefined && this.#isCurrent(row.body, object)) {
      const longer = { ...row.body, until };
      if (row.body.until >= this.#now() + ttlMs) return row.body;
      return (await this.#put(of, longer, row.version)) ? longer : undefined;
    }
    const name = `${partitionQueuePrefix(this.#environment, queue)}${createObjectId().slice(-12)}.fifo`;
    // First what lists it: a queue that no row names would never be removed.
    const made: MadeQueueRow = { queue, partition, at: this.#now() };
    await this.#rows.put(madeQueueKey(name), made, 0);
    const fresh: PartitionRow = { object, name, until };
    return (await this.#put(of, fresh, row?.version ?? 0)) ? fresh : undefined;
  }

  #put(
    { queue, partition }: { readonly queue: string; readonly partition: string },
    body: PartitionRow,
    expected: number,
  ): Promise<boolean> {
    return this.#rows.put(partitionQueueKey(queue, partition), body, expected);
  }

  /** Whoever wrote its name may have died before the queue was made. */
  async #remember(queue: string, partition: string, row: PartitionRow): Promise<string> {
    const name = row.name ?? "";
    const url = (await this.#fifo.find(name)) ?? (await this.#fifo.create(name, RETENTION_SECONDS));
    this.#known.set(keyOf(queue, partition), { url, until: row.until });
    return url;
  }

  async #require(queue: string): Promise<{ readonly id: string }> {
    const found = await this.#objects.find("queue", queue);
    if (found.backing !== "sqs") throw objectKeptElsewhere(found, "sqs");
    return found;
  }

  #isCurrent({ object, name, until }: PartitionRow, id: string): boolean {
    return object === id && name !== null && until > this.#now();
  }

  async #listRows(queue: string): Promise<readonly Row<PartitionRow>[]> {
    const rows = await this.#rows.list<PartitionRow>(
      objectKey("queue", queue).pk,
      PARTITION_QUEUES,
    );
    return rows.filter(({ sk }) => sk.startsWith(PARTITION_QUEUES));
  }
}

function keyOf(queue: string, partition: string): string {
  return `${queue} ${partition}`;
}

function keyAt(queue: string, { sk }: Row<PartitionRow>): { pk: string; sk: string } {
  return { pk: objectKey("queue", queue).pk, sk };
}
