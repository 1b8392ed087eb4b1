import { BYTES_TYPES } from "./bytes.ts";
import { refuseAttachment, refuseNesting, refuseTag, refuseTagged } from "./malformed.ts";
import { MAX_DEPTH, TAG } from "./page.ts";
import { buildError } from "./untag-error.ts";

type Fields = Record<string, unknown>;

/** An object with a tag; what else it holds depends on the tag. */
interface Tagged {
  readonly [TAG]?: unknown;
  readonly v?: unknown;
  readonly at?: unknown;
  readonly source?: unknown;
  readonly flags?: unknown;
  readonly name?: unknown;
  readonly class?: unknown;
  readonly message?: unknown;
  readonly stack?: unknown;
  readonly code?: unknown;
  readonly hint?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
  readonly fields?: unknown;
}

type Attachments = readonly Uint8Array[];

/** Replaces tagged objects in an array that JSON.parse made. @throws DeserializationError */
export function untagItems(items: unknown[], depth: number, attachments: Attachments): unknown[] {
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    if (typeof item === "object" && item !== null) items[index] = untag(item, depth, attachments);
  }
  return items;
}

function untag(value: object, depth: number, attachments: Attachments): unknown {
  if (depth > MAX_DEPTH) throw refuseNesting();
  if (Array.isArray(value)) return untagItems(value, depth + 1, attachments);
  const fields = value as Fields; // JSON.parse makes nothing else.
  // An own key, so that neither `__proto__` in the text nor a changed Object.prototype counts.
  if (!Object.hasOwn(fields, TAG)) return untagFields(fields, depth + 1, attachments);
  return untagTagged(fields, depth + 1, attachments);
}

function untagFields(fields: Fields, depth: number, attachments: Attachments): Fields {
  for (const key of Object.keys(fields)) {
    const field = fields[key];
    // The key is an own one already, so the assignment never reaches a prototype, not even by `__proto__`.
    if (typeof field === "object" && field !== null) fields[key] = untag(field, depth, attachments);
  }
  return fields;
}

function untagTagged(tagged: Tagged, depth: number, attachments: Attachments): unknown {
  const name = tagged[TAG];
  switch (name) {
    case "undefined":
      return undefined;
    case "NaN":
      return Number.NaN;
    case "Infinity":
      return Number.POSITIVE_INFINITY;
    case "-Infinity":
      return Number.NEGATIVE_INFINITY;
    case "-0":
      return -0;
    case "bigint":
      return toBigInt(tagged.v);
    case "Date":
      return toDate(tagged.v);
    case "RegExp":
      return toRegExp(tagged.source, tagged.flags);
    case "Object":
      return untagFields(toFields("Object", tagged.v), depth, attachments);
    case "Map":
      return toMap(toArray("Map", tagged.v), depth, attachments);
    case "Set":
      return new Set(untagItems(toArray("Set", tagged.v), depth, attachments));
    case "Error":
      return toError(tagged, depth, attachments);
    default:
      return toBytes(name, tagged.at, attachments);
  }
}

function toBigInt(text: unknown): bigint {
  const [, sign, digits] = typeof text === "string" ? (/^(-?)([0-9a-f]+)$/.exec(text) ?? []) : [];
  if (digits === undefined) throw refuseTagged("bigint", "hexadecimal digits");
  try {
    const magnitude = BigInt(`0x${digits}`);
    return sign === "-" ? -magnitude : magnitude;
  } catch (cause) {
    throw refuseTagged("bigint", "an integer of supported size", cause);
  }
}

function toDate(time: unknown): Date {
  if (time !== null && typeof time !== "number") throw refuseTagged("Date", "milliseconds or null");
  return new Date(time ?? Number.NaN);
}

function toRegExp(source: unknown, flags: unknown): RegExp {
  if (typeof source !== "string" || typeof flags !== "string") {
    throw refuseTagged("RegExp", "a source and flags");
  }
  try {
    return new RegExp(source, flags);
  } catch (cause) {
    throw refuseTagged("RegExp", "a valid source and flags", cause);
  }
}

function toMap(
  entries: readonly unknown[],
  depth: number,
  attachments: Attachments,
): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  for (const entry of entries) {
    const pair = toArray("Map", entry);
    if (pair.length !== 2) throw refuseTagged("Map", "pairs of key and value");
    untagItems(pair, depth, attachments);
    map.set(pair[0], pair[1]);
  }
  return map;
}

function toError(tagged: Tagged, depth: number, attachments: Attachments): Error {
  const name = toText("Error", tagged.name);
  const message = toText("Error", tagged.message);
  const { class: className, stack, code, hint, errors, fields } = tagged;
  return buildError({
    name,
    className: className === undefined ? undefined : toText("Error", className),
    message,
    stack: stack === undefined ? undefined : toText("Error", stack),
    code: code === undefined ? undefined : toText("Error", code),
    hint: hint === undefined ? undefined : toText("Error", hint),
    cause: Object.hasOwn(tagged, "cause")
      ? (untagItems([tagged.cause], depth, attachments) as [unknown]) // One item in, one out.
      : [],
    errors:
      errors === undefined ? undefined : untagItems(toArray("Error", errors), depth, attachments),
    fields: fields === undefined ? {} : untagFields(toFields("Error", fields), depth, attachments),
  });
}

function toBytes(name: unknown, at: unknown, attachments: Attachments): unknown {
  const type = typeof name === "string" ? BYTES_TYPES.get(name) : undefined;
  if (type === undefined) throw refuseTag(name);
  const bytes = typeof at === "number" ? attachments[at] : undefined;
  if (bytes === undefined) throw refuseAttachment(at, attachments.length);
  if (bytes.byteLength % type.width !== 0) {
    throw refuseTagged(String(name), `a whole number of ${type.width}-byte elements`);
  }
  return type.view(bytes);
}

function toText(tag: string, value: unknown): string {
  if (typeof value !== "string") throw refuseTagged(tag, "text for its name, message and stack");
  return value;
}

function toArray(tag: string, value: unknown): unknown[] {
  if (!Array.isArray(value)) throw refuseTagged(tag, "an array");
  return value;
}

function toFields(tag: string, value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuseTagged(tag, "an object of fields");
  }
  return value as Fields; // JSON.parse makes nothing else.
}
