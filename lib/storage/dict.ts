import { callSite } from "../call-site.ts";
import type { ConnectOptions } from "../client/connect-options.ts";
import { NotFoundError } from "../errors.ts";
import { show } from "../options/show.ts";
import { checkDictKey, contended, packDictValue } from "./dict-values.ts";
import { manageObjects, type ObjectManager } from "./manage-objects.ts";
import { byId, byName, createEphemeral, type FromNameOptions } from "./named-object.ts";
import { registerObject } from "./object-registry.ts";
import { unpackValue } from "./packed-value.ts";
import { StoredObject } from "./stored-object.ts";

/** What {@link Dict.update} takes: an object, a Map, or any iterable of keys and values. */
export type DictEntries<Value> =
  | Readonly<Record<string, Value>>
  | Iterable<readonly [key: string, value: Value]>;

/** Entries of one request: as many, or as many bytes. */
const BATCH_ENTRIES = 5000;
const BATCH_BYTES = 4 * 1024 * 1024;
/** Others change an entry at the same time: after this many attempts in vain something is wrong. */
const MAX_ATTEMPTS = 100;

/**
 * Values by keys that all containers and programs of an environment share. Keys are strings of 1 to 1,000 bytes, values
 * whatever a call can carry, up to 100 MiB each. An entry is removed seven days after it was last written or read.
 *
 * What `get` answers is a copy: a change of it is not stored before `put`.
 *
 * @example
 * const seen = Dict.fromName<number>("seen", { createIfMissing: true });
 * await seen.put("a.png", Date.now());
 */
export class Dict<Value = unknown> extends StoredObject {
  /** Makes, lists and removes dicts. */
  static readonly objects: ObjectManager = manageObjects("dict");

  /**
   * The dict of this name; it is looked up with its first use. Name it at the top level of the module of an app: its
   * containers may use what their module names.
   * @throws InvalidError for what is no name
   */
  static fromName<Value = unknown>(name: string, options: FromNameOptions = {}): Dict<Value> {
    const object = byName("dict", name, options);
    registerObject({ kind: "dict", name, file: callSite(Dict.fromName) });
    return new Dict(object);
  }

  /** The dict with the id that `info()` told: not another that has its name by now. @throws InvalidError */
  static fromId<Value = unknown>(id: string, options: ConnectOptions = {}): Dict<Value> {
    return new Dict(byId("dict", id, options));
  }

  /**
   * A new dict without a name, removed at the end of the block. Others reach it by its id.
   * @example await using scratch = await Dict.ephemeral<number>();
   */
  static async ephemeral<Value = unknown>(
    options: ConnectOptions = {},
  ): Promise<Dict<Value> & AsyncDisposable> {
    const { object, remove } = await createEphemeral("dict", options);
    return Object.assign(new Dict<Value>(object), { [Symbol.asyncDispose]: remove });
  }

  /** The value of a key, or `fallback` where there is none. @throws NotFoundError for a dict that does not exist */
  async get(key: string): Promise<Value | undefined>;
  async get<Fallback>(key: string, fallback: Fallback): Promise<Value | Fallback>;
  async get(key: string, fallback?: unknown): Promise<unknown> {
    const entry = await (await this.#dicts(key)).get(this.name, key);
    return entry === undefined ? fallback : unpackValue(entry.value);
  }

  /** Sets the value of a key. @throws SerializationError, RequestSizeError */
  async put(key: string, value: Value): Promise<void> {
    // Before anything is waited for: what its owner does to it later is not seen.
    const packed = this.#pack(key, value);
    await (await this.#dicts(key)).put(this.name, { key, value: packed });
  }

  /**
   * Sets the value of a key that has none; false where it has one. Of several who try, one wins: a lock.
   * @throws SerializationError, RequestSizeError
   */
  async putIfAbsent(key: string, value: Value): Promise<boolean> {
    const packed = this.#pack(key, value);
    const dicts = await this.#dicts(key);
    return await dicts.put(this.name, { key, value: packed, expected: null });
  }

  /**
   * Changes the value of a key to what `change` makes of it, and answers that. Where somebody else writes it meanwhile,
   * `change` is called again with the new value.
   * @example await counts.modify("visits", (count = 0) => count + 1);
   */
  async modify<Changed extends Value>(
    key: string,
    change: (current: Value | undefined) => Changed | Promise<Changed>,
  ): Promise<Changed> {
    const dicts = await this.#dicts(key);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const entry = await dicts.get(this.name, key);
      const current = entry === undefined ? undefined : (unpackValue(entry.value) as Value); // As it was put.
      const changed = await change(current);
      const value = this.#pack(key, changed);
      const expected = entry?.version ?? null;
      if (await dicts.put(this.name, { key, value, expected })) return changed;
    }
    throw contended(this.object.subject, key);
  }

  /** Removes an entry and answers its value: of several who ask, one gets it. @throws NotFoundError without `fallback` */
  async pop(key: string): Promise<Value>;
  async pop<Fallback>(key: string, fallback: Fallback): Promise<Value | Fallback>;
  async pop(...[key, ...fallback]: [key: string, fallback?: unknown]): Promise<unknown> {
    const value = await (await this.#dicts(key)).take(this.name, key);
    if (value !== undefined) return unpackValue(value);
    if (fallback.length > 0) return fallback[0];
    throw keyMissing(this.object.subject, key);
  }

  /** True for a key that has a value; does not count as a read of it. */
  async contains(key: string): Promise<boolean> {
    return await (await this.#dicts(key)).has(this.name, key);
  }

  /** Sets many values, in batches: others may see some of them before all are set. */
  async update(entries: DictEntries<Value>): Promise<void> {
    const { dicts } = await this.object.stores();
    const pairs = Symbol.iterator in entries ? entries : Object.entries(entries);
    for (const batch of this.#batches(pairs)) await dicts.putMany(this.name, batch);
  }

  /** How many entries it has. On AWS that takes reading the size of each. */
  async len(): Promise<number> {
    return await (await this.object.stores()).dicts.count(this.name);
  }

  /** Removes all entries at once. */
  async clear(): Promise<void> {
    await (await this.object.stores()).dicts.clear(this.name);
  }

  /** All keys, in no order, read in pages as they are asked for. */
  async *keys(): AsyncGenerator<string, void> {
    for await (const { key } of this.#entries(false)) yield key;
  }

  /** All values, in no order, read in pages as they are asked for; does not count as a read of them. */
  async *values(): AsyncGenerator<Value, void> {
    for await (const [, value] of this.items()) yield value;
  }

  /** All keys with their values, in no order, read in pages; does not count as a read of them. */
  async *items(): AsyncGenerator<[key: string, value: Value], void> {
    for await (const { key, value } of this.#entries(true)) {
      if (value !== undefined) yield [key, unpackValue(value) as Value]; // As it was put.
    }
  }

  async *#entries(withValues: boolean) {
    const { dicts } = await this.object.stores();
    let after: string | undefined;
    do {
      const page = await dicts.page(this.name, { after, withValues });
      yield* page.entries;
      after = page.next;
    } while (after !== undefined);
  }

  *#batches(entries: Iterable<readonly [string, Value]>) {
    let batch: Map<string, { key: string; value: Buffer }> = new Map();
    let bytes = 0;
    for (const [key, value] of entries) {
      checkDictKey(key, this.object.subject);
      const packed = this.#pack(key, value);
      // A key that comes twice has its last value.
      batch.set(key, { key, value: packed });
      bytes += packed.length;
      if (batch.size < BATCH_ENTRIES && bytes < BATCH_BYTES) continue;
      yield [...batch.values()];
      batch = new Map();
      bytes = 0;
    }
    if (batch.size > 0) yield [...batch.values()];
  }

  async #dicts(key: string) {
    checkDictKey(key, this.object.subject);
    return (await this.object.stores()).dicts;
  }

  #pack(key: string, value: Value): Buffer {
    return packDictValue(value, key, this.object.subject);
  }
}

function keyMissing(subject: string, key: string): NotFoundError {
  return new NotFoundError("WINDLASS_KEY_NOT_FOUND", `${subject} has no key ${show(key)}`, {
    hint: "pass what to answer instead: `pop(key, undefined)`",
  });
}
