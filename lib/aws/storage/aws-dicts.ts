import { createObjectId } from "../../ids.ts";
import { sha256 } from "../../sha256.ts";
import {
  type DictEntry,
  type DictPage,
  type DictStore,
  type DictWrite,
  ENTRY_TTL_MS,
  REFRESH_AFTER_MS,
} from "../../storage/stores.ts";
import type { RowKey } from "../keys.ts";
import type { AwsObjects } from "./aws-objects.ts";
import type { Blobs } from "./blobs.ts";
import { Generations } from "./generations.ts";
import { blobObject, shardKey } from "./object-keys.ts";
import { SealedValues } from "./sealed-values.ts";
import { type Expression, type Item, MAX_WRITTEN, type StorageTable } from "./storage-table.ts";

/** Entries of a dict lie in as many partitions, so that one dict can be written 16,000 times a second. */
const SHARDS = 16;
const REQUESTS_AT_ONCE = 8;
const PAGE_ENTRIES = 1000;

/** Where a page ended: generation, shard, and the last key of that. */
type Cursor = readonly [generation: string, shard: number, after: string | undefined];

/** Dicts in DynamoDB, their large values in S3. */
export class AwsDicts implements DictStore {
  readonly #table: StorageTable;
  readonly #values: SealedValues;
  readonly #objects: AwsObjects;
  readonly #generations: Generations;
  readonly #now: () => number;

  constructor(
    { table, blobs, objects }: { table: StorageTable; blobs: Blobs; objects: AwsObjects },
    now: () => number,
  ) {
    this.#table = table;
    this.#values = new SealedValues(blobs);
    this.#objects = objects;
    this.#generations = new Generations("dict", objects);
    this.#now = now;
  }

  get(dict: string, key: string): Promise<DictEntry | undefined> {
    return this.#generations.within(dict, async (generation) => {
      const at = entryKey(dict, generation, key);
      for (;;) {
        const item = await this.#read(at);
        if (item === undefined) return undefined;
        const value = await this.#values.open(item);
        // It was replaced in between, and its large value removed.
        if (value === undefined) continue;
        if (this.#now() - Number(item["touchedAt"]?.N) > REFRESH_AFTER_MS) {
          await this.#refresh(at, item);
        }
        return { value, version: item["version"]?.S ?? "" };
      }
    });
  }

  has(dict: string, key: string): Promise<boolean> {
    return this.#generations.within(dict, async (generation) => {
      return (await this.#read(entryKey(dict, generation, key))) !== undefined;
    });
  }

  put(dict: string, { key, value, expected }: DictWrite): Promise<boolean> {
    return this.#generations.within(dict, async (generation) => {
      const at = entryKey(dict, generation, key);
      const item = await this.#toItem(dict, generation, value);
      const { isWritten, before } = await this.#table.put(at, item, this.#condition(expected));
      // The SDK sends a request again whose answer was lost: then the entry is the one that we wrote.
      const isOurs = isWritten || before?.["version"]?.S === item["version"]?.S;
      await this.#values.remove(isWritten ? before : isOurs ? undefined : item);
      return isOurs;
    });
  }

  putMany(
    dict: string,
    entries: readonly { readonly key: string; readonly value: Uint8Array }[],
  ): Promise<void> {
    return this.#generations.within(dict, async (generation) => {
      const batches: (typeof entries)[] = [];
      for (let from = 0; from < entries.length; from += MAX_WRITTEN) {
        batches.push(entries.slice(from, from + MAX_WRITTEN));
      }
      const next = batches[Symbol.iterator]();
      const work = async (): Promise<void> => {
        for (const batch of next) await this.#putBatch(dict, generation, batch);
      };
      await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, work));
    });
  }

  take(dict: string, key: string): Promise<Uint8Array | undefined> {
    return this.#generations.within(dict, async (generation) => {
      const at = entryKey(dict, generation, key);
      for (;;) {
        const item = await this.#read(at);
        if (item === undefined) return undefined;
        const value = await this.#values.open(item);
        const condition = SAME_VERSION({ ":version": { S: item["version"]?.S ?? "" } });
        const refused = await this.#table.claim([{ key: at, condition }]);
        // It was replaced or taken in between.
        if (refused.length > 0 || value === undefined) continue;
        await this.#values.remove(item);
        return value;
      }
    });
  }

  count(dict: string): Promise<number> {
    return this.#generations.within(dict, async (generation) => {
      const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
      const counts = await Promise.all(
        shards.map((shard) => {
          return this.#table.count(shardKey(dict, generation, shard), { filter: this.#isKept() });
        }),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    });
  }

  async clear(dict: string): Promise<void> {
    await this.#objects.renew("dict", dict);
  }

  page(
    dict: string,
    { after, withValues }: { readonly after?: string | undefined; readonly withValues: boolean },
  ): Promise<DictPage> {
    return this.#generations.within(dict, async (generation) => {
      const [of, shard, last]: Cursor =
        after === undefined ? [generation, 0, undefined] : (JSON.parse(after) as Cursor); // By nextOf.
      // It was cleared since.
      if (of !== generation) return { entries: [] };
      const attributes = ["sk", ...(withValues ? ["value", "blob"] : [])];
      const found = await this.#table.page(shardKey(dict, generation, shard), {
        ...{ after: last, attributes, filter: this.#isKept(), limit: PAGE_ENTRIES },
      });
      const entries = await Promise.all(
        found.items.map(async (item) => {
          const key = item["sk"]?.S ?? "";
          return withValues ? { key, value: await this.#values.open(item) } : { key };
        }),
      );
      return { entries, next: nextOf([generation, shard, found.last]) };
    });
  }

  async #read(at: RowKey): Promise<Item | undefined> {
    const item = await this.#table.get(at);
    return item === undefined || this.#isOver(item) ? undefined : item;
  }

  async #putBatch(
    dict: string,
    generation: string,
    entries: readonly { readonly key: string; readonly value: Uint8Array }[],
  ): Promise<void> {
    const items = await Promise.all(
      entries.map(async ({ key, value }) => {
        const item = await this.#toItem(dict, generation, value);
        return [entryKey(dict, generation, key), item] as const;
      }),
    );
    await this.#table.putMany(items);
  }

  /** Its large value first: an entry never outlives that. */
  async #refresh(at: RowKey, item: Item): Promise<void> {
    await this.#values.refresh(item);
    const { touchedAt, expiresAt } = this.#times();
    const values: Item = { ":touched": touchedAt, ":expires": expiresAt };
    const change = { text: "SET touchedAt = :touched, expiresAt = :expires", values };
    const version = { ":version": { S: item["version"]?.S ?? "" } };
    await this.#table.change(at, change, SAME_VERSION(version));
  }

  async #toItem(dict: string, generation: string, value: Uint8Array): Promise<Item> {
    const version = createObjectId(this.#now());
    const name = (): string => blobObject("dict", dict, `${generation}/${version}`);
    const sealed = await this.#values.seal(value, name);
    return { ...this.#times(), version: { S: version }, ...sealed };
  }

  #times(): { readonly touchedAt: { N: string }; readonly expiresAt: { N: string } } {
    const now = this.#now();
    const expiresAt = Math.ceil((now + ENTRY_TTL_MS) / 1000);
    return { touchedAt: { N: String(now) }, expiresAt: { N: String(expiresAt) } };
  }

  #isOver(item: Item): boolean {
    return Number(item["expiresAt"]?.N) * 1000 <= this.#now();
  }

  /** DynamoDB removes expired items within two days; until then they are read. */
  #isKept(): Expression {
    return { text: "expiresAt > :now", values: { ":now": { N: this.#seconds() } } };
  }

  #condition(expected: string | null | undefined): Expression | undefined {
    if (expected === undefined) return undefined;
    const now = { ":now": { N: this.#seconds() } };
    if (expected === null) {
      return { text: "attribute_not_exists(pk) OR expiresAt <= :now", values: now };
    }
    const same = SAME_VERSION({ ":version": { S: expected } });
    return {
      ...same,
      text: `${same.text} AND expiresAt > :now`,
      values: { ...same.values, ...now },
    };
  }

  #seconds(): string {
    return String(Math.floor(this.#now() / 1000));
  }
}

const SAME_VERSION = (values: Item): Expression => {
  return { text: "#version = :version", values, names: { "#version": "version" } };
};

function entryKey(dict: string, generation: string, key: string): RowKey {
  const shard = Number.parseInt(sha256(key).slice(0, 1), 16);
  return { pk: shardKey(dict, generation, shard), sk: key };
}

/** The next page is of the same shard, or of the one after it. */
function nextOf([generation, shard, last]: Cursor): string | undefined {
  if (last !== undefined) return JSON.stringify([generation, shard, last]);
  return shard + 1 < SHARDS ? JSON.stringify([generation, shard + 1]) : undefined;
}
