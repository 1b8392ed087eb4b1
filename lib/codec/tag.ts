import { types } from "node:util";
import { bytesOf, bytesTag, isShared } from "./bytes.ts";
import { setField } from "./fields.ts";
import { MAX_DEPTH, TAG } from "./page.ts";
import { hasToJson, isJsonNumber, isPlainObject } from "./plain.ts";
import {
  type Place,
  refuseCycle,
  refuseDepth,
  refuseFunction,
  refuseObject,
  refuseSharedMemory,
  refuseSymbol,
  type Step,
} from "./refusal.ts";
import { tagError } from "./tag-error.ts";

/** A page in the making. */
export interface Tagging extends Place {
  readonly attachments: Uint8Array[];
}

/** Copies a value into one that is plain JSON, with tagged objects for what JSON lacks. @throws SerializationError */
export function tag(value: unknown, tagging: Tagging): unknown {
  if (typeof value === "object") return value === null ? null : tagObject(value, tagging);
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return isJsonNumber(value) ? value : { [TAG]: Object.is(value, -0) ? "-0" : String(value) };
    case "undefined":
      return { [TAG]: "undefined" };
    case "bigint":
      // Hexadecimal: unlike decimal, it is read in linear time, by Python without a limit.
      return { [TAG]: "bigint", v: value.toString(16) };
    case "function":
      throw refuseFunction(tagging);
    default:
      throw refuseSymbol(tagging);
  }
}

/** Like {@link tag}, one step further into the value. */
function tagAt(step: Step, value: unknown, tagging: Tagging): unknown {
  tagging.path.push(step);
  const tagged = tag(value, tagging);
  // Not in a `finally`: after a refusal the path says where it happened.
  tagging.path.pop();
  return tagged;
}

function tagObject(value: object, tagging: Tagging): unknown {
  const { ancestors } = tagging;
  const ancestor = ancestors.indexOf(value);
  if (ancestor >= 0) throw refuseCycle(tagging, ancestor);
  if (ancestors.length === MAX_DEPTH) throw refuseDepth(tagging);
  ancestors.push(value);
  const tagged = tagByType(value, tagging);
  ancestors.pop();
  return tagged;
}

function tagByType(value: object, tagging: Tagging): unknown {
  // An array of a subclass, such as the rows of a database driver, is sent as an array.
  if (Array.isArray(value)) return tagItems(value, tagging);
  if (isPlainObject(value)) return tagPlainObject(value as Record<string, unknown>, tagging);
  if (isError(value)) {
    return tagError(value, (holder, key) => tryTag(holder, key, tagging));
  }
  // A subclass too: fake clocks in tests replace Date by one.
  if (types.isDate(value)) return tagDate(value);
  if (isShared(value)) throw refuseSharedMemory(tagging);
  const bytes = bytesTag(value);
  if (bytes !== undefined) return tagBytes(bytes, value as ArrayBufferView | ArrayBuffer, tagging);
  if (isSubclass(value)) throw refuseObject(tagging, value);
  if (types.isMap(value)) return tagMap(value, tagging);
  if (types.isSet(value)) return tagSet(value, tagging);
  if (types.isRegExp(value)) return { [TAG]: "RegExp", source: value.source, flags: value.flags };
  throw refuseObject(tagging, value);
}

function isError(value: object): value is Error {
  // The second for what only inherits from Error, such as the DOMException of an aborted signal.
  return types.isNativeError(value) || value instanceof Error;
}

/** True unless the prototype is one of the language's own, of whatever realm. */
function isSubclass(value: object): boolean {
  const prototype: object = Object.getPrototypeOf(value);
  return !isPlainObject(prototype);
}

function tagItems(items: readonly unknown[], tagging: Tagging): unknown[] {
  const tagged: unknown[] = [];
  // By index, for holes too.
  for (let index = 0; index < items.length; index++) {
    tagged.push(tagAt(index, items[index], tagging));
  }
  return tagged;
}

function tagPlainObject(value: Readonly<Record<string, unknown>>, tagging: Tagging): unknown {
  const fields = tagFields(value, tagging);
  // A method that is not enumerable: JSON.stringify would obey it, and this copy silently not.
  if (hasToJson(value)) throw refuseObject(tagging, value);
  return Object.hasOwn(fields, TAG) ? { [TAG]: "Object", v: fields } : fields;
}

function tagFields(value: Readonly<Record<string, unknown>>, tagging: Tagging): object {
  const fields: Record<string, unknown> = {};
  for (const key of Object.keys(value)) setField(fields, key, tagAt(key, value[key], tagging));
  return fields;
}

function tagDate(value: Date): unknown {
  const time = Date.prototype.getTime.call(value);
  return { [TAG]: "Date", v: Number.isNaN(time) ? null : time };
}

function tagBytes(
  name: string,
  value: ArrayBufferView | ArrayBuffer,
  { attachments }: Tagging,
): unknown {
  attachments.push(bytesOf(value));
  return { [TAG]: name, at: attachments.length - 1 };
}

function tagMap(value: ReadonlyMap<unknown, unknown>, tagging: Tagging): unknown {
  const entries: unknown[] = [];
  for (const [key, item] of value) {
    const index = entries.length;
    const step = typeof key === "string" ? `.get(${JSON.stringify(key)})` : `<value ${index}>`;
    entries.push([
      tagAt({ text: `<key ${index}>` }, key, tagging),
      tagAt({ text: step }, item, tagging),
    ]);
  }
  return { [TAG]: "Map", v: entries };
}

function tagSet(value: ReadonlySet<unknown>, tagging: Tagging): unknown {
  const items: unknown[] = [];
  for (const item of value) items.push(tagAt({ text: `<item ${items.length}>` }, item, tagging));
  return { [TAG]: "Set", v: items };
}

/** The tagged value of a property, or undefined if it cannot be sent. */
function tryTag(holder: object, key: string | number, tagging: Tagging): unknown {
  const { attachments, path, ancestors } = tagging;
  const before = [attachments.length, path.length, ancestors.length] as const;
  try {
    return tagAt(key, (holder as Record<string | number, unknown>)[key], tagging);
  } catch {
    [attachments.length, path.length, ancestors.length] = before;
    return undefined;
  }
}
