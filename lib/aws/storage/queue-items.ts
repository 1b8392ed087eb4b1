import { createObjectId } from "../../ids.ts";
import type { RowKey } from "../keys.ts";
import type { Blobs } from "./blobs.ts";
import { blobObject } from "./object-keys.ts";
import type { PartitionState } from "./queue-partitions.ts";
import { SealedValues } from "./sealed-values.ts";
import { EXISTS, type Item, type StorageTable } from "./storage-table.ts";

const NUMBER_DIGITS = 15;
/** What nobody takes goes at last, however often more is put: large values go as late. */
const KEPT_DAYS = 8;
const DAY_SECONDS = 86_400;

/** A transaction has at most 100 items. */
const MAX_CLAIMED = 100;

/** A partition of a queue, as it is now. */
export interface Place extends PartitionState {
  readonly queue: string;
  readonly partition: string;
}

/** Items of partitions, in the order of their numbers. */
export class QueueItems {
  readonly #table: StorageTable;
  readonly #values: SealedValues;
  readonly #now: () => number;

  constructor(table: StorageTable, blobs: Blobs, now: () => number) {
    this.#table = table;
    this.#values = new SealedValues(blobs);
    this.#now = now;
  }

  /** Writes items under the last numbers that were given, all at once: nobody takes the second before the first. */
  async put(place: Place, values: readonly Uint8Array[]): Promise<void> {
    const first = place.number - values.length + 1;
    const items = await Promise.all(
      values.map(async (value, index) => {
        return [itemKey(place, first + index), await this.#toItem(place, value)] as const;
      }),
    );
    const [only] = items;
    if (items.length > 1) await this.#table.putTogether(items);
    else if (only !== undefined) await this.#table.put(only[0], only[1]);
  }

  /** Takes up to so many from the front. Of several who try to take one, one gets it. */
  async take(place: Place, count: number, spare: number): Promise<Uint8Array[]> {
    let left = await this.#query(place, Math.min(MAX_CLAIMED, count + spare));
    while (left.length > 0) {
      const wanted = left.slice(0, Math.min(MAX_CLAIMED, count));
      const claims = wanted.map((item) => {
        return { key: itemKey(place, numberOf(item)), condition: EXISTS };
      });
      const gone = new Set(await this.#table.claim(claims));
      if (gone.size === 0) return await Promise.all(wanted.map((item) => this.#takeValue(item)));
      const lost = new Set(wanted.filter((_, index) => claims[index] && gone.has(claims[index])));
      left = left.filter((item) => !lost.has(item));
    }
    return [];
  }

  /** Reads from the front without taking. */
  async read(
    place: Place,
    limit: number,
  ): Promise<{ readonly number: number; readonly value: Uint8Array }[]> {
    const items = await this.#query(place, limit);
    const read = items.map(async (item) => ({
      number: numberOf(item),
      value: await this.#values.open(item),
    }));
    // One without a value was taken in between.
    return (await Promise.all(read)).flatMap(({ number, value }) =>
      value === undefined ? [] : [{ number, value }],
    );
  }

  async count(place: Place): Promise<number> {
    return await this.#table.count(partitionOf(place), { after: toKey(place.from) });
  }

  async #query(place: Place, limit: number): Promise<Item[]> {
    const after = toKey(place.from);
    return (await this.#table.page(partitionOf(place), { after, limit })).items;
  }

  async #takeValue(item: Item): Promise<Uint8Array> {
    const value = await this.#values.open(item);
    await this.#values.remove(item);
    return value ?? new Uint8Array();
  }

  async #toItem({ queue, generation }: Place, value: Uint8Array): Promise<Item> {
    const now = this.#now();
    const expiresAt = { N: String(Math.ceil(now / 1000) + KEPT_DAYS * DAY_SECONDS) };
    const name = (): string => blobObject("queue", queue, `${generation}/${createObjectId(now)}`);
    return { ...(await this.#values.seal(value, name)), expiresAt };
  }
}

function partitionOf({ queue, generation, partition }: Place): string {
  return `#queue#${queue}#${generation}#${partition}`;
}

function itemKey(place: Place, number: number): RowKey {
  return { pk: partitionOf(place), sk: toKey(number) };
}

function toKey(number: number): string {
  return String(number).padStart(NUMBER_DIGITS, "0");
}

function numberOf(item: Item): number {
  return Number(item["sk"]?.S);
}
