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
import { objectKey, objectNameKey } from "./object-keys.ts";
import { EXISTS, type Item, type StorageTable } from "./storage-table.ts";

/** Names of an environment's dicts, queues, secrets and volumes. */
export class AwsObjects implements ObjectStore {
  readonly #table: StorageTable;
  readonly #now: () => number;

  constructor(table: StorageTable, now: () => number) {
    this.#table = table;
    this.#now = now;
  }

  async create(kind: ObjectKind, name: string, mode: CreateMode): Promise<ObjectInfo> {
    const { allowExisting, backing } = resolveMode(kind, mode);
    const key = objectKey(kind, name);
    const known = allowExisting ? await this.#get(kind, name) : undefined;
    if (known !== undefined) return toInfo(kind, known);
    // First what lists it: a name without an object is left out, an object without a name would be lost.
    if (!isEphemeral(name)) await this.#table.put(objectNameKey(kind, name), {});
    const item = this.#toItem(kind, name, backing);
    const over = { ":now": { N: seconds(this.#now()) } };
    const condition = { text: "attribute_not_exists(pk) OR expiresAt <= :now", values: over };
    const { isWritten, before } = await this.#table.put(key, item, condition);
    if (isWritten || before?.["id"]?.S === item["id"]?.S)
      return toInfo(kind, { ...item, name: { S: name } });
    if (!allowExisting || before === undefined) throw objectExists(kind, name);
    return toInfo(kind, before);
  }

  async find(kind: ObjectKind, name: string): Promise<ObjectInfo> {
    return toInfo(kind, await this.#require(kind, name));
  }

  async list(kind: ObjectKind): Promise<readonly ObjectInfo[]> {
    const items = await this.#table.getMany(
      (await this.#names(kind)).map((name) => objectKey(kind, name)),
    );
    return items.filter((item) => !this.#isOver(item)).map((item) => toInfo(kind, item));
  }

  async delete(kind: ObjectKind, name: string): Promise<boolean> {
    const removed = await this.#table.take(objectKey(kind, name));
    if (!isEphemeral(name)) await this.#table.take(objectNameKey(kind, name));
    return removed !== undefined && !this.#isOver(removed);
  }

  /** What its entries lie under now. @throws NotFoundError */
  async generation(kind: ObjectKind, name: string): Promise<string> {
    return (await this.#require(kind, name))["generation"]?.S ?? "";
  }

  /** Leaves all that an object holds behind; it ages there. @throws NotFoundError */
  async renew(kind: ObjectKind, name: string): Promise<string> {
    const generation = createObjectId(this.#now());
    const change = {
      text: "SET generation = :generation",
      values: { ":generation": { S: generation } },
    };
    const changed = await this.#table.change(objectKey(kind, name), change, EXISTS);
    if (changed !== undefined) return generation;
    throw await this.#missing(kind, name);
  }

  async #require(kind: ObjectKind, name: string): Promise<Item> {
    const item = await this.#get(kind, name);
    if (item !== undefined) return item;
    throw await this.#missing(kind, name);
  }

  async #get(kind: ObjectKind, name: string): Promise<Item | undefined> {
    const item = await this.#table.get(objectKey(kind, name));
    return item === undefined || this.#isOver(item) ? undefined : item;
  }

  async #missing(kind: ObjectKind, name: string): Promise<Error> {
    // The role of a container may not list names; then the message has none.
    const known = await this.#names(kind).catch(() => undefined);
    return objectMissing(kind, name, known);
  }

  async #names(kind: ObjectKind): Promise<string[]> {
    return await this.#table.keys(objectNameKey(kind, "").pk);
  }

  #toItem(kind: ObjectKind, name: string, backing: string | undefined): Item {
    const now = this.#now();
    const item: Item = {
      id: { S: createObjectId(now) },
      name: { S: name },
      createdAt: { N: String(now) },
      generation: { S: createObjectId(now) },
      ...(backing !== undefined && { backing: { S: backing } }),
    };
    // Secrets in code go with their app.
    if (!isEphemeral(name) || kind === "secret") return item;
    return { ...item, expiresAt: { N: seconds(now + ENTRY_TTL_MS) } };
  }

  #isOver(item: Item): boolean {
    const expiresAt = item["expiresAt"]?.N;
    return expiresAt !== undefined && Number(expiresAt) * 1000 <= this.#now();
  }
}

function toInfo(kind: ObjectKind, item: Item): ObjectInfo {
  const backing = item["backing"]?.S;
  return {
    kind,
    name: item["name"]?.S ?? "",
    id: item["id"]?.S ?? "",
    createdAt: Number(item["createdAt"]?.N),
    ...(backing !== undefined && { backing }),
  };
}

/** A time of DynamoDB's expiry. */
function seconds(ms: number): string {
  return String(Math.ceil(ms / 1000));
}
