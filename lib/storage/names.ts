import { InvalidError } from "../errors.ts";
import { show } from "../options/show.ts";
import type { ObjectInfo, ObjectKind } from "./stores.ts";

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
/** Names of objects without one begin with this, which no given name does. */
const EPHEMERAL = "~";
const PREFIXES: Readonly<Record<ObjectKind, string>> = {
  dict: "di",
  queue: "qu",
  secret: "st",
  volume: "vo",
};

/** @throws InvalidError for what is no name */
export function checkObjectName(kind: ObjectKind, name: unknown): void {
  if (typeof name === "string" && NAME.test(name)) return;
  throw new InvalidError(
    "WINDLASS_INVALID_OBJECT_NAME",
    `the name of a ${kind} must be 1 to 64 letters, digits, ".", "_" or "-", got ${show(name)}`,
    { hint: `write a name, for instance \`${classOf(kind)}.fromName("cache")\`` },
  );
}

/** The class that stands for a kind of object. */
export function classOf(kind: ObjectKind): string {
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
}

/** The name of an object without one, which nobody can guess. */
export function ephemeralName(random: string): string {
  return `${EPHEMERAL}${random}`;
}

export function isEphemeral(name: string): boolean {
  return name.startsWith(EPHEMERAL);
}

/** An object's id with its name in it, as users see it: `di-01kb…-cache`. */
export function toObjectId({ kind, id, name }: ObjectInfo): string {
  return `${PREFIXES[kind]}-${id}-${name}`;
}

/** Takes such an id apart. @throws InvalidError */
export function parseObjectId(
  kind: ObjectKind,
  objectId: unknown,
): { readonly id: string; readonly name: string } {
  const pattern = new RegExp(`^${PREFIXES[kind]}-([0-9a-z]{25})-(~?[A-Za-z0-9._-]{1,64})$`);
  const [, id, name] = pattern.exec(String(objectId)) ?? [];
  if (id !== undefined && name !== undefined) return { id, name };
  throw new InvalidError(
    "WINDLASS_INVALID_OBJECT_ID",
    `the id of a ${kind} begins with "${PREFIXES[kind]}-" and ends in its name, got ${show(objectId)}`,
    { hint: "take it from `info()`" },
  );
}
