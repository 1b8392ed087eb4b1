import { randomBytes } from "node:crypto";
import {
  type DictEntry,
  type DictPage,
  type DictStore,
  type DictWrite,
  ENTRY_TTL_MS,
  REFRESH_AFTER_MS,
} from "../../storage/stores.ts";
import type { LocalObjects } from "./local-objects.ts";
import { keyOf, rangeOf, restOf, type Storage } from "./storage-file.ts";

/** An entry begins with when it was last read or written, and with its version. */
const TIME_BYTES = 8;
const VERSION_BYTES = 12;
/** A version is what this process is called, and a number that it gives once. */
const PROCESS: Buffer = randomBytes(6);
const NUMBER_BYTES = 6;
const HEAD_BYTES: number = TIME_BYTES + VERSION_BYTES;
/** A page ends after as many entries, or as many bytes. */
const PAGE_ENTRIES = 1000;
const PAGE_BYTES = 4 * 1024 * 1024;

/** Dicts in the file of this machine. */
export class LocalDicts implements DictStore {
  readonly #file: Storage;
  readonly #objects: LocalObjects;
  readonly #now: () => number;
  #writes = 0;

  constructor(file: Storage, objects: LocalObjects, now: () => number) {
    this.#file = file;
    this.#objects = objects;
    this.#now = now;
  }

  async get(dict: string, key: string): Promise<DictEntry | undefined> {
    const at = this.#keyOf(dict, key);
    const stored = this.#read(at);
    if (stored === undefined) return undefined;
    if (this.#now() - touchedAt(stored) > REFRESH_AFTER_MS) await this.#refresh(at);
    return { value: bytesIn(stored), version: versionOf(stored) };
  }

  async has(dict: string, key: string): Promise<boolean> {
    return this.#read(this.#keyOf(dict, key)) !== undefined;
  }

  put(dict: string, { key, value, expected }: DictWrite): Promise<boolean> {
    return this.#file.change(() => {
      const at = this.#keyOf(dict, key);
      if (expected !== undefined && !this.#isAsExpected(at, expected)) return false;
      this.#file.entries.putSync(at, this.#toStored(value));
      return true;
    });
  }

  putMany(
    dict: string,
    entries: readonly { readonly key: string; readonly value: Uint8Array }[],
  ): Promise<void> {
    return this.#file.change(() => {
      const { generation } = this.#objects.require("dict", dict);
      for (const { key, value } of entries) {
        this.#file.entries.putSync(keyOf(generation, key), this.#toStored(value));
      }
    });
  }

  take(dict: string, key: string): Promise<Uint8Array | undefined> {
    return this.#file.change(() => {
      const at = this.#keyOf(dict, key);
      const stored = this.#read(at);
      if (stored === undefined) return undefined;
      this.#file.entries.removeSync(at);
      return bytesIn(stored);
    });
  }

  async count(dict: string): Promise<number> {
    const { generation } = this.#objects.require("dict", dict);
    let count = 0;
    for (const { value } of this.#file.entries.getRange(rangeOf(generation))) {
      if (this.#isKept(value)) count += 1;
    }
    return count;
  }

  clear(dict: string): Promise<void> {
    return this.#objects.clear("dict", dict);
  }

  async page(
    dict: string,
    { after, withValues }: { readonly after?: string | undefined; readonly withValues: boolean },
  ): Promise<DictPage> {
    const { generation } = this.#objects.require("dict", dict);
    const range = rangeOf(generation);
    // The least key that comes after that one.
    const start = after === undefined ? range.start : keyOf(generation, `${after}\0`);
    const entries: { key: string; value?: Uint8Array }[] = [];
    let bytes = 0;
    for (const { key, value } of this.#file.entries.getRange({ ...range, start })) {
      if (!this.#isKept(value)) continue;
      const name = restOf(key).toString();
      entries.push(withValues ? { key: name, value: bytesIn(value) } : { key: name });
      bytes += value.length;
      if (entries.length >= PAGE_ENTRIES || bytes >= PAGE_BYTES) return { entries, next: name };
    }
    return { entries };
  }

  /** Removes entries of a dict whose time is over. */
  async sweep(dict: string): Promise<void> {
    const { generation } = this.#objects.require("dict", dict);
    const over: Buffer[] = [];
    for (const { key, value } of this.#file.entries.getRange(rangeOf(generation))) {
      if (!this.#isKept(value)) over.push(key);
    }
    await this.#file.change(() => {
      for (const key of over) {
        const stored = this.#file.entries.get(key);
        if (stored !== undefined && !this.#isKept(stored)) this.#file.entries.removeSync(key);
      }
    });
  }

  #keyOf(dict: string, key: string): Buffer {
    return keyOf(this.#objects.require("dict", dict).generation, key);
  }

  #read(at: Buffer): Buffer | undefined {
    const stored = this.#file.entries.get(at);
    return stored === undefined || !this.#isKept(stored) ? undefined : stored;
  }

  #isKept(stored: Buffer): boolean {
    return this.#now() - touchedAt(stored) < ENTRY_TTL_MS;
  }

  #isAsExpected(at: Buffer, expected: string | null): boolean {
    const stored = this.#read(at);
    if (stored === undefined || expected === null) return stored === undefined && expected === null;
    return versionOf(stored) === expected;
  }

  async #refresh(at: Buffer): Promise<void> {
    await this.#file.change(() => {
      const stored = this.#read(at);
      if (stored === undefined) return;
      const refreshed = Buffer.from(stored);
      refreshed.writeDoubleBE(this.#now());
      this.#file.entries.putSync(at, refreshed);
    });
  }

  #toStored(value: Uint8Array): Buffer {
    const stored = Buffer.allocUnsafe(HEAD_BYTES + value.byteLength);
    stored.writeDoubleBE(this.#now());
    stored.set(PROCESS, TIME_BYTES);
    this.#writes += 1;
    stored.writeUIntBE(this.#writes, HEAD_BYTES - NUMBER_BYTES, NUMBER_BYTES);
    stored.set(value, HEAD_BYTES);
    return stored;
  }
}

function touchedAt(stored: Buffer): number {
  return stored.readDoubleBE();
}

function versionOf(stored: Buffer): string {
  return stored.toString("hex", TIME_BYTES, HEAD_BYTES);
}

function bytesIn(stored: Buffer): Uint8Array {
  return stored.subarray(HEAD_BYTES);
}
