import type { ConnectOptions } from "../client/connect-options.ts";
import { storesFor } from "./choose-stores.ts";
import { objectMissing } from "./mistakes.ts";
import { checkBacking, type NamedObjectInfo, toMode, toNamedInfo } from "./named-object.ts";
import { checkObjectName, isEphemeral } from "./names.ts";
import type { ObjectKind } from "./stores.ts";

export interface CreateObjectOptions extends ConnectOptions {
  /** Keep the one that there is. @default false */
  readonly allowExisting?: boolean | undefined;
}

export interface DeleteObjectOptions extends ConnectOptions {
  /** It need not be there. @default false */
  readonly allowMissing?: boolean | undefined;
}

/** Makes, lists and removes objects of one kind. */
export interface ObjectManager {
  /** @throws AlreadyExistsError */
  create(name: string, options?: CreateObjectOptions): Promise<void>;
  /** All that have a name, sorted by it. */
  list(options?: ConnectOptions): Promise<readonly NamedObjectInfo[]>;
  /** Removes one with all that it holds. @throws NotFoundError */
  delete(name: string, options?: DeleteObjectOptions): Promise<void>;
}

export function manageObjects(kind: ObjectKind): ObjectManager {
  return {
    create: (name, options = {}) => createObject(kind, name, options),
    list: (connect = {}) => listObjects(kind, connect),
    async delete(name, { allowMissing = false, ...connect } = {}) {
      checkObjectName(kind, name);
      const { objects } = storesFor(connect);
      if ((await objects.delete(kind, name)) || allowMissing) return;
      const known = await objects.list(kind);
      throw objectMissing(
        kind,
        name,
        known.map((one) => one.name),
      );
    },
  };
}

/** Makes an object of a kind that may have a choice of what keeps it. @throws AlreadyExistsError */
export async function createObject(
  kind: ObjectKind,
  name: string,
  options: CreateObjectOptions & { readonly backing?: string | undefined },
): Promise<void> {
  const { allowExisting = false, backing, ...connect } = options;
  checkObjectName(kind, name);
  const { objects } = storesFor(connect);
  checkBacking(await objects.create(kind, name, toMode(allowExisting, backing)), backing);
}

async function listObjects(
  kind: ObjectKind,
  connect: ConnectOptions,
): Promise<readonly NamedObjectInfo[]> {
  const objects = await storesFor(connect).objects.list(kind);
  return objects
    .filter(({ name }) => !isEphemeral(name))
    .map(toNamedInfo)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
