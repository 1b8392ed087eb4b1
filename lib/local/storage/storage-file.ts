import { join } from "node:path";
import { type Clock, pause } from "../../clock.ts";
import type { ObjectKind } from "../../storage/stores.ts";
import { LmdbFile } from "../lmdb-file.ts";
import type { LmdbTable } from "../lmdb-table.ts";

const MAX_TABLES = 8;

/** A named object on this machine. */
export interface ObjectRecord {
  readonly id: string;
  readonly createdAt: number;
  /** What would keep it on AWS, where its kind has a choice. */
  readonly backing?: string | undefined;
  /** What it holds lies under this number; another one after `clear`. */
  readonly generation: number;
}

/** A partition of a queue. */
export interface PartitionRecord {
  /** Its items are gone from then on, unless more are put. */
  readonly expiresAt: number;
  /** The number of the item that was put last. */
  readonly last: number;
}

export type ObjectKey = [kind: ObjectKind, name: string];

/** Keys from `start` to before `end`, in their order. */
export interface KeyRange<Key> {
  readonly start?: Key;
  readonly end?: Key;
  readonly limit?: number;
}

/** Values by key, sorted. */
export interface Table<Value, Key> {
  get(key: Key): Value | undefined;
  putSync(key: Key, value: Value): unknown;
  removeSync(key: Key): unknown;
  getRange(range: KeyRange<Key>): Iterable<{ readonly key: Key; readonly value: Value }>;
  getKeys(range?: KeyRange<Key>): Iterable<Key>;
  getCount(range: KeyRange<Key>): number;
}

/** What is stored under names: in a file, or in memory for tests. */
export interface Storage {
  readonly objects: Table<ObjectRecord, ObjectKey>;
  /** By generation and key: see keyOf. */
  readonly entries: Table<Buffer, Buffer>;
  /** By generation and name. */
  readonly partitions: Table<PartitionRecord, Buffer>;
  /** Changes something, alone among all who do; resolves once the change would survive them. */
  change<Result>(apply: () => Result): Promise<Result>;
  /** A number that nothing else has; only within `change`. */
  next(counter: string): number;
  /** Resolves when there may be something new, and when the time is over. */
  changed(clock: Clock, wait: { readonly lookMs: number; readonly leftMs: number }): Promise<void>;
}

/** What is stored under names on this machine. */
export class StorageFile implements Storage {
  readonly objects: LmdbTable<ObjectRecord, ObjectKey>;
  readonly entries: LmdbTable<Buffer, Buffer>;
  readonly partitions: LmdbTable<PartitionRecord, Buffer>;
  readonly #file: LmdbFile;
  readonly #counters: LmdbTable<number, string>;

  private constructor(file: LmdbFile) {
    this.#file = file;
    this.objects = file.table("objects");
    this.entries = file.table("entries", { encoding: "binary", keyEncoding: "binary" });
    this.partitions = file.table("partitions", { keyEncoding: "binary" });
    this.#counters = file.table("counters");
  }

  /** Opens or makes the file. */
  static async open(stateDirectory: string): Promise<StorageFile> {
    return new StorageFile(await LmdbFile.open(join(stateDirectory, "storage.lmdb"), MAX_TABLES));
  }

  change<Result>(apply: () => Result): Promise<Result> {
    return this.#file.change(apply);
  }

  /** True once in this time, for one of all processes. */
  isDue(what: string, everyMs: number, now: number): Promise<boolean> {
    return this.change(() => {
      if (now - (this.#counters.get(what) ?? 0) < everyMs) return false;
      this.#counters.putSync(what, now);
      return true;
    });
  }

  /** Other processes do not tell: whoever waits has to look. */
  changed(
    clock: Clock,
    { lookMs, leftMs }: { readonly lookMs: number; readonly leftMs: number },
  ): Promise<void> {
    return pause(clock, Math.min(lookMs, leftMs));
  }

  next(counter: string): number {
    const number = (this.#counters.get(counter) ?? 0) + 1;
    this.#counters.putSync(counter, number);
    return number;
  }
}

const GENERATION_BYTES = 6;

/** Key of something in a generation: the generation, then these bytes. */
export function keyOf(generation: number, rest: string | Buffer): Buffer {
  const length = typeof rest === "string" ? Buffer.byteLength(rest) : rest.length;
  const key = Buffer.allocUnsafe(GENERATION_BYTES + length);
  key.writeUIntBE(generation, 0, GENERATION_BYTES);
  if (typeof rest === "string") key.write(rest, GENERATION_BYTES);
  else key.set(rest, GENERATION_BYTES);
  return key;
}

/** What comes after the generation in such a key. */
export function restOf(key: Buffer): Buffer {
  return key.subarray(GENERATION_BYTES);
}

/** All keys of a generation. */
export function rangeOf(generation: number): { readonly start: Buffer; readonly end: Buffer } {
  return { start: keyOf(generation, ""), end: keyOf(generation + 1, "") };
}
