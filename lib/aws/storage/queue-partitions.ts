import { objectKeptElsewhere } from "../../storage/mistakes.ts";
import type { RowKey } from "../keys.ts";
import type { AwsObjects } from "./aws-objects.ts";
import { objectKey } from "./object-keys.ts";
import { EXISTS, type Expression, type Item, type StorageTable } from "./storage-table.ts";

/** Where the items of a partition are. */
export interface PartitionState {
  readonly generation: string;
  /** Items have higher numbers than this one: it was cleared then. */
  readonly from: number;
  /** The last number that the queue has given. */
  readonly number: number;
  /** Nobody has put anything for as long as it is kept. */
  readonly isOver: boolean;
}

const PREFIX = "partition#";
const BACKING = "dynamodb";
/** Another object may have the name of one that was used before. */
const KEPT_HERE: Expression = {
  text: "backing = :backing",
  values: { ":backing": { S: BACKING } },
};
const KEPT_LONGER = 1.01;

/** The row of a queue counts its items; each partition has a row that says when it is over. */
export class QueuePartitions {
  readonly #table: StorageTable;
  readonly #objects: AwsObjects;
  readonly #now: () => number;
  /** What this process has last written of partitions. */
  readonly #kept: Map<string, { readonly until: number; readonly from: number }> = new Map();

  constructor(table: StorageTable, objects: AwsObjects, now: () => number) {
    this.#table = table;
    this.#objects = objects;
    this.#now = now;
  }

  /** Takes numbers for items that are about to be put, and keeps the partition. @throws NotFoundError */
  async reserve(
    queue: string,
    partition: string,
    { count, ttlMs }: { readonly count: number; readonly ttlMs: number },
  ): Promise<PartitionState> {
    const key = objectKey("queue", queue);
    const object = await this.#table.add(key, "last", { amount: count, condition: KEPT_HERE });
    if (object === undefined) throw await this.#missing(queue);
    const generation = object["generation"]?.S ?? "";
    const number = Number(object["last"]?.N);
    const given = { generation, ttlMs, before: number - count };
    const from = await this.#keepFrom(queue, partition, given);
    return { generation, number, from, isOver: false };
  }

  /** @throws NotFoundError */
  async read(queue: string, partition: string): Promise<PartitionState> {
    const rows = await this.#table.getMany([
      objectKey("queue", queue),
      partitionKey(queue, partition),
    ]);
    const object = rows.find((row) => row["sk"]?.S === "object");
    if (object?.["backing"]?.S !== BACKING) throw await this.#missing(queue);
    const row = rows.find((one) => one !== object);
    const generation = object["generation"]?.S ?? "";
    const number = Number(object["last"]?.N ?? 0);
    // It was put into before the whole queue was cleared.
    if (row === undefined || row["generation"]?.S !== generation) {
      return { generation, number, from: 0, isOver: true };
    }
    const isOver = Number(row["until"]?.N) <= this.#now();
    return { generation, number, from: Number(row["from"]?.N ?? 0), isOver };
  }

  /** Names of partitions that were put into. */
  async list(queue: string): Promise<string[]> {
    const keys = await this.#table.keys(objectKey("queue", queue).pk);
    return keys.filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
  }

  /** Leaves all its items behind. @throws NotFoundError */
  async clear(queue: string, partition: string): Promise<void> {
    const { number } = await this.read(queue, partition);
    const change = { text: "SET #from = :from", values: { ":from": { N: String(number) } } };
    const names = { "#from": "from" };
    await this.#table.change(partitionKey(queue, partition), { ...change, names }, EXISTS);
  }

  /** Writes until when it is kept only where that is not known to be long enough. */
  async #keepFrom(
    queue: string,
    partition: string,
    given: { readonly generation: string; readonly ttlMs: number; readonly before: number },
  ): Promise<number> {
    const key = `${given.generation} ${partition}`;
    const known = this.#kept.get(key);
    const now = this.#now();
    if (known !== undefined && known.until >= now + given.ttlMs) return known.from;
    // A little longer than was asked for, so that not every put writes it.
    const ttlMs = given.ttlMs * KEPT_LONGER;
    const row = await this.#keep(queue, partition, { ...given, ttlMs });
    const from = Number(row["from"]?.N ?? 0);
    this.#kept.set(key, { until: now + ttlMs, from });
    return from;
  }

  /** Sets until when it is kept; what was in one that was over by now is left behind. */
  async #keep(
    queue: string,
    partition: string,
    given: { readonly generation: string; readonly ttlMs: number; readonly before: number },
  ): Promise<Item> {
    const { generation, ttlMs, before } = given;
    const key = partitionKey(queue, partition);
    const now = this.#now();
    const until = { N: String(now + ttlMs) };
    const kept = await this.#table.change(
      key,
      { text: "SET #until = :until", values: { ":until": until }, names: { "#until": "until" } },
      {
        text: "generation = :generation AND #until > :now",
        values: { ":generation": { S: generation }, ":now": { N: String(now) } },
        names: { "#until": "until" },
      },
    );
    if (kept !== undefined) return kept;
    const fresh: Item = { generation: { S: generation }, until, from: { N: String(before) } };
    const { isWritten } = await this.#table.put(key, fresh, {
      text: "attribute_not_exists(pk) OR generation <> :generation OR #until <= :now",
      values: { ":generation": { S: generation }, ":now": { N: String(now) } },
      names: { "#until": "until" },
    });
    // Somebody else was first.
    return isWritten ? fresh : await this.#keep(queue, partition, given);
  }

  async #missing(queue: string): Promise<Error> {
    return await this.#objects.find("queue", queue).then(
      (found) => objectKeptElsewhere(found, BACKING),
      (error: Error) => error,
    );
  }
}

function partitionKey(queue: string, partition: string): RowKey {
  return { pk: objectKey("queue", queue).pk, sk: `${PREFIX}${partition}` };
}
