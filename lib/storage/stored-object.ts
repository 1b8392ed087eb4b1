import type { ObjectUseSpec } from "../spec.ts";
import type { NamedObject, NamedObjectInfo } from "./named-object.ts";

/** Marks what may stand in `uses`, for copies of this package. */
const USED_OBJECT: unique symbol = Symbol.for("windlass.used-object") as never;

/** A dict, a queue or a secret: what `uses` of a function may name. */
export class StoredObject {
  protected readonly object: NamedObject;

  /** @internal */
  constructor(object: NamedObject) {
    this.object = object;
  }

  get name(): string {
    return this.object.name;
  }

  /** @internal */
  get [USED_OBJECT](): ObjectUseSpec {
    const { kind, name } = this.object;
    return { kind, name };
  }

  /** Name, id and when it was made. @throws NotFoundError */
  info(): Promise<NamedObjectInfo> {
    return this.object.info();
  }
}

/** What a handle of an object stands for; undefined for anything else. */
export function usedObject(value: unknown): ObjectUseSpec | undefined {
  if (typeof value !== "object" || value === null || !(USED_OBJECT in value)) return undefined;
  return value[USED_OBJECT] as ObjectUseSpec; // Of this copy of the class or another.
}
