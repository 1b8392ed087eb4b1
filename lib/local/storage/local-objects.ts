import { createObjectId } from "../../ids.ts";
import { objectExists, objectMissing } from "../../storage/mistakes.ts";
import { isEphemeral } from "../../storage/names.ts";
import {
  type CreateMode,
  ENTRY_TTL_MS,
  type ObjectInfo,
  type ObjectKind,
  type ObjectStore,
  resolveMode,
} from "../../storage/stores.ts";
import { type ObjectKey, type ObjectRecord, rangeOf, type Storage } from "./storage-file.ts";

/** Entries that one transaction removes: others wait for it. */
const REMOVED_AT_ONCE = 1000;

/** Names of this machine's dicts and queues. */
export class LocalObjects implements ObjectStore {
  readonly #file: Storage;
  readonly #now: () => number;

  constructor(file: Storage, now: () => number) {
    this.#file = file;
    this.#now = now;
  }

  async create(kind: ObjectKind, name: string, mode: CreateMode): Promise<ObjectInfo> {
    const found = this.#get(kind, name);
    if (found !== undefined && resolveMode(kind, mode).allowExisting) {
      return { kind, name, ...toInfo(found) };
    }
    const record = await this.#file.change(() => this.#create(kind, name, mode));
    return { kind, name, ...toInfo(record) };
  }

  async find(kind: ObjectKind, name: string): Promise<ObjectInfo> {
    return { kind, name, ...toInfo(this.require(kind, name)) };
  }

  async list(kind: ObjectKind): Promise<readonly ObjectInfo[]> {
    return this.#names(kind).flatMap((name) => {
      const record = this.#get(kind, name);
      return record === undefined ? [] : [{ kind, name, ...toInfo(record) }];
    });
  }

  async delete(kind: ObjectKind, name: string): Promise<boolean> {
    const removed = await this.#file.change(() => {
      const record = this.#file.objects.get([kind, name]);
      if (record !== undefined) this.#file.objects.removeSync([kind, name]);
      return record;
    });
    if (removed === undefined) return false;
    await this.#removeEntries(removed.generation);
    return true;
  }

  /** @throws NotFoundError */
  require(kind: ObjectKind, name: string): ObjectRecord {
    const record = this.#get(kind, name);
    if (record === undefined) throw objectMissing(kind, name, this.#names(kind));
    return record;
  }

  /** Removes all that an object holds. @throws NotFoundError */
  async clear(kind: ObjectKind, name: string): Promise<void> {
    const before = await this.#file.change(() => {
      const record = this.require(kind, name);
      const generation = this.#file.next("generation");
      this.#file.objects.putSync([kind, name], { ...record, generation });
      return record.generation;
    });
    await this.#removeEntries(before);
  }

  /** Removes objects without a name that nobody has removed. */
  async sweep(): Promise<void> {
    for (const [kind, name] of this.#file.objects.getKeys()) {
      if (isEphemeral(name) && this.#get(kind, name) === undefined) await this.delete(kind, name);
    }
  }

  #create(kind: ObjectKind, name: string, mode: CreateMode): ObjectRecord {
    const { allowExisting, backing } = resolveMode(kind, mode);
    const found = this.#get(kind, name);
    if (found !== undefined && allowExisting) return found;
    if (found !== undefined) throw objectExists(kind, name);
    const now = this.#now();
    const generation = this.#file.next("generation");
    const id = createObjectId(now);
    const record = { id, createdAt: now, generation, ...(backing !== undefined && { backing }) };
    this.#file.objects.putSync([kind, name], record);
    return record;
  }

  #get(kind: ObjectKind, name: string): ObjectRecord | undefined {
    const record = this.#file.objects.get([kind, name]);
    if (record === undefined || !isEphemeral(name)) return record;
    return record.createdAt + ENTRY_TTL_MS > this.#now() ? record : undefined;
  }

  #names(kind: ObjectKind): string[] {
    const start: ObjectKey = [kind, ""];
    // Above every name.
    const end: ObjectKey = [kind, "\u{10ffff}"];
    return [...this.#file.objects.getKeys({ start, end })].map(([, name]) => name);
  }

  /** In parts: nobody can reach them any more. */
  async #removeEntries(generation: number): Promise<void> {
    for (;;) {
      const removed = await this.#file.change(() => {
        const range = { ...rangeOf(generation), limit: REMOVED_AT_ONCE };
        const keys = [...this.#file.entries.getKeys(range)];
        for (const key of keys) this.#file.entries.removeSync(key);
        const partitions = [...this.#file.partitions.getKeys(range)];
        for (const key of partitions) this.#file.partitions.removeSync(key);
        return Math.max(keys.length, partitions.length);
      });
      if (removed < REMOVED_AT_ONCE) return;
    }
  }
}

function toInfo(record: ObjectRecord): Pick<ObjectInfo, "id" | "createdAt" | "backing"> {
  const { id, createdAt, backing } = record;
  return { id, createdAt, ...(backing !== undefined && { backing }) };
}
