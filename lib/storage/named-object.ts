import type { ConnectOptions } from "../client/connect-options.ts";
import { createObjectId } from "../ids.ts";
import { storesFor } from "./choose-stores.ts";
import { objectKeptElsewhere, objectReplaced } from "./mistakes.ts";
import { checkObjectName, ephemeralName, isEphemeral, parseObjectId, toObjectId } from "./names.ts";
import type { CreateMode, ObjectInfo, ObjectKind, Stores } from "./stores.ts";

/** How a handle finds its object. */
export interface FromNameOptions extends ConnectOptions {
  /** Make it with the first use, where there is none. @default false */
  readonly createIfMissing?: boolean | undefined;
}

/** What is known of an object. */
export interface NamedObjectInfo {
  readonly name: string;
  /** For `fromId`: another one for each object that ever had this name. */
  readonly id: string;
  readonly createdAt: Date;
  /** What keeps it, where its kind has a choice. */
  readonly backing?: string | undefined;
}

/** Which object a handle stands for. */
export interface ObjectReference {
  readonly kind: ObjectKind;
  readonly name: string;
  /** Only the one with this id will do. */
  readonly id?: string | undefined;
  readonly createIfMissing: boolean;
  readonly connect: ConnectOptions;
  /** What must keep it. @default - whatever does */
  readonly backing?: string | undefined;
}

/** The object that a handle stands for: looked up with its first use. */
export class NamedObject {
  readonly #reference: ObjectReference;
  #found: { readonly stores: Stores; readonly info: Promise<ObjectInfo> } | undefined;

  constructor(reference: ObjectReference) {
    this.#reference = reference;
  }

  get kind(): ObjectKind {
    return this.#reference.kind;
  }

  get name(): string {
    return this.#reference.name;
  }

  get createIfMissing(): boolean {
    return this.#reference.createIfMissing;
  }

  /** `dict "cache"`, for messages. */
  get subject(): string {
    const { kind, name } = this.#reference;
    return isEphemeral(name) ? `a ${kind} without a name` : `${kind} "${name}"`;
  }

  /** The stores of this process, once the object is there. @throws NotFoundError, NoBackendError */
  async stores(): Promise<Stores> {
    const stores = storesFor(this.#reference.connect);
    await this.#find(stores);
    return stores;
  }

  /** @throws NotFoundError, NoBackendError */
  async info(): Promise<NamedObjectInfo> {
    const stores = storesFor(this.#reference.connect);
    this.#found = undefined;
    const found = await this.#find(stores);
    return toNamedInfo(found);
  }

  /** Stores say by themselves that an object is missing; a handle looks only once in each. */
  #find(stores: Stores): Promise<ObjectInfo> {
    if (this.#found?.stores === stores) return this.#found.info;
    const info = this.#look(stores);
    this.#found = { stores, info };
    info.catch(() => {
      if (this.#found?.info === info) this.#found = undefined;
    });
    return info;
  }

  async #look({ objects }: Stores): Promise<ObjectInfo> {
    const { kind, name, id, createIfMissing, backing } = this.#reference;
    const found = createIfMissing
      ? await objects.create(kind, name, toMode(true, backing))
      : await objects.find(kind, name);
    if (id !== undefined && found.id !== id) throw objectReplaced(found, id);
    checkBacking(found, backing);
    return found;
  }
}

/** How an object is made. */
export function toMode(allowExisting: boolean, backing: string | undefined): CreateMode {
  return backing === undefined ? allowExisting : { allowExisting, backing };
}

/** @throws InvalidError for an object that something else keeps than was asked for */
export function checkBacking(info: ObjectInfo, wanted: string | undefined): void {
  if (wanted !== undefined && info.backing !== wanted) throw objectKeptElsewhere(info, wanted);
}

/** An object as its users see it. */
export function toNamedInfo(info: ObjectInfo): NamedObjectInfo {
  const { name, createdAt, backing } = info;
  const shown = { name, id: toObjectId(info), createdAt: new Date(createdAt) };
  return backing === undefined ? shown : { ...shown, backing };
}

/** The object of a name. @throws InvalidError for what is no name */
export function byName(
  kind: ObjectKind,
  name: string,
  {
    createIfMissing = false,
    backing,
    ...connect
  }: FromNameOptions & Pick<ObjectReference, "backing">,
): NamedObject {
  checkObjectName(kind, name);
  return new NamedObject({ kind, name, createIfMissing, backing, connect });
}

/** The object of an id, as `info()` says it. @throws InvalidError for what is no id */
export function byId(kind: ObjectKind, objectId: string, connect: ConnectOptions): NamedObject {
  const { id, name } = parseObjectId(kind, objectId);
  return new NamedObject({ kind, name, id, createIfMissing: false, connect });
}

/** A new object without a name, and what removes it. */
export async function createEphemeral(
  kind: ObjectKind,
  { backing, ...connect }: ConnectOptions & Pick<ObjectReference, "backing">,
): Promise<{ readonly object: NamedObject; readonly remove: () => Promise<void> }> {
  const name = ephemeralName(createObjectId());
  const { objects } = storesFor(connect);
  await objects.create(kind, name, toMode(false, backing));
  const object = new NamedObject({ kind, name, createIfMissing: false, connect });
  const remove = async (): Promise<void> => {
    await objects.delete(kind, name);
  };
  return { object, remove };
}
