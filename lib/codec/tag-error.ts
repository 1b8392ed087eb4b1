import { LANGUAGE_ERRORS, nameOfErrorClass } from "../error-classes.ts";
import { ERROR_CLASSES, isWindlassError } from "../errors.ts";
import { setField } from "./fields.ts";
import { TAG } from "./page.ts";

/** An error as it travels; `code` is there for errors of Windlass only, those of others are in `fields`. */
export interface TaggedError {
  readonly [TAG]: "Error";
  readonly name: string;
  readonly message: string;
  /** The name of its class, where that is not its `name` and not one of the language. */
  class?: string;
  stack?: string;
  code?: string;
  hint?: string;
  cause?: unknown;
  errors?: unknown[];
  fields?: Record<string, unknown>;
}

const BUILT_IN: ReadonlySet<string> = new Set(["name", "message", "stack", "cause"]);
const WINDLASS: ReadonlySet<string> = new Set([...BUILT_IN, "code", "hint"]);

/** Tags a property of an object; undefined if it cannot be sent. */
type TryTag = (holder: object, key: string | number) => unknown;

/**
 * Tags an error. Its fields, cause and aggregated errors that cannot be sent are left out: an HTTP client's
 * error holds sockets and functions, and losing those is better than losing the error.
 */
export function tagError(error: Error, tryTag: TryTag): TaggedError {
  const tagged: TaggedError = {
    [TAG]: "Error",
    name: readText(error, "name") ?? "Error",
    message: readText(error, "message") ?? "",
  };
  const className = classNameOf(error);
  if (className !== undefined && className !== tagged.name) tagged.class = className;
  const stack = readText(error, "stack");
  if (stack !== undefined) tagged.stack = stack;
  if (isWindlassError(error)) {
    tagged.code = error.code;
    if (error.hint !== undefined) tagged.hint = error.hint;
  }
  const cause = Object.hasOwn(error, "cause") ? tryTag(error, "cause") : undefined;
  if (cause !== undefined) tagged.cause = cause;
  const errors = tagAggregated(error, tryTag);
  if (errors !== undefined) tagged.errors = errors;
  const fields = tagOwnFields(error, tagged.code === undefined ? BUILT_IN : WINDLASS, tryTag);
  if (fields !== undefined) tagged.fields = fields;
  return tagged;
}

function readText(error: Error, key: "name" | "message" | "stack"): string | undefined {
  try {
    const text: unknown = error[key];
    return typeof text === "string" ? text : undefined;
  } catch {
    return undefined;
  }
}

function classNameOf(error: Error): string | undefined {
  try {
    const errorClass: unknown = Object.getPrototypeOf(error).constructor;
    if (typeof errorClass !== "function") return undefined;
    const name = nameOfErrorClass(errorClass);
    if (name === undefined || LANGUAGE_ERRORS.has(name)) return undefined;
    const isOurs = isWindlassError(error) && Object.hasOwn(ERROR_CLASSES, name);
    return isOurs ? undefined : name;
  } catch {
    return undefined;
  }
}

/** The `errors` of an AggregateError are not enumerable; enumerable ones are a field like any other. */
function tagAggregated(error: Error, tryTag: TryTag): unknown[] | undefined {
  const property = Object.getOwnPropertyDescriptor(error, "errors");
  if (property === undefined || property.enumerable || !Array.isArray(property.value)) {
    return undefined;
  }
  const errors: readonly unknown[] = property.value;
  return Array.from(errors.keys(), (index) => tryTag(errors, index)).filter(
    (tagged) => tagged !== undefined,
  );
}

function tagOwnFields(
  error: Error,
  skipped: ReadonlySet<string>,
  tryTag: TryTag,
): Record<string, unknown> | undefined {
  const fields: Record<string, unknown> = {};
  for (const key of Object.keys(error)) {
    const tagged = skipped.has(key) ? undefined : tryTag(error, key);
    if (tagged !== undefined) setField(fields, key, tagged);
  }
  return Object.keys(fields).length > 0 ? fields : undefined;
}
