import { type ErrorClass, knownError, LANGUAGE_ERRORS } from "../error-classes.ts";
import { ERROR_CLASSES, isWindlassError, WindlassError } from "../errors.ts";

/** What an error is rebuilt from; everything in it is decoded. */
export interface ErrorParts {
  readonly name: string;
  /** The name of its class, where that is another. */
  readonly className: string | undefined;
  readonly message: string;
  readonly stack: string | undefined;
  /** For an error of Windlass. */
  readonly code: string | undefined;
  readonly hint: string | undefined;
  /** The cause, if there is one: it may itself be undefined. */
  readonly cause: readonly [] | readonly [unknown];
  readonly errors: readonly unknown[] | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Rebuilds an error as the class of the user's that is known here by its name, else as the class of Windlass or the
 * language that has its name, else as an Error with that name.
 */
export function buildError(parts: ErrorParts): Error {
  const { name, message, code } = parts;
  const own = ownClass(parts);
  if (own !== undefined) return fill(construct(message, own), parts);
  const standard = (code === undefined ? LANGUAGE_ERRORS : WINDLASS).get(name);
  const fallback = code === undefined ? Error : WindlassError;
  // One that set no name is best called by its class.
  const shown = standard === undefined ? name : (parts.className ?? name);
  return fill(construct(message, standard ?? fallback), { ...parts, name: shown });
}

function fill(error: Error, parts: ErrorParts): Error {
  const { name, message, stack, code, hint, cause, errors, fields } = parts;
  if (readName(error) !== name) hide(error, "name", name);
  hide(error, "stack", stack ?? `${name}: ${message}`);
  if (cause.length === 1) hide(error, "cause", cause[0]);
  if (errors !== undefined) hide(error, "errors", errors);
  if (code !== undefined) show(error, "code", code);
  if (hint !== undefined) show(error, "hint", hint);
  for (const key of Object.keys(fields)) show(error, key, fields[key]);
  return error;
}

/** The class of the user's that it is of, if it is known here. */
function ownClass({ name, className, code }: ErrorParts): ErrorClass | undefined {
  // One of Windlass or the language that says nothing else is of that class.
  const others = code === undefined ? LANGUAGE_ERRORS : WINDLASS;
  if (className === undefined && others.has(name)) return undefined;
  const found = knownError(className ?? name);
  if (found === undefined) return undefined;
  const isOurs = isWindlassError(found.prototype);
  return isOurs === (code !== undefined) ? found : undefined;
}

/** A getter of the class may need what only its constructor makes. */
function readName(error: Error): string | undefined {
  try {
    return error.name;
  } catch {
    return undefined;
  }
}

function construct(message: string, errorClass: ErrorClass): Error {
  // The stack of this place would be replaced anyway, and takes 15 µs.
  const limit = Error.stackTraceLimit;
  Reflect.set(Error, "stackTraceLimit", 0);
  try {
    // Not by the constructor of the class, which may take other arguments.
    return Reflect.construct(Error, [message], errorClass);
  } finally {
    Reflect.set(Error, "stackTraceLimit", limit);
  }
}

const WINDLASS: ReadonlyMap<string, ErrorClass> = new Map(Object.entries(ERROR_CLASSES));

/** Sets a property, and not by assignment: one named as a setter of the class must not call it. */
function show(error: Error, key: string, value: unknown): void {
  const shown = { enumerable: true, configurable: true, writable: true };
  Object.defineProperty(error, key, { ...shown, value });
}

/** Sets a property that logs and JSON do not show, as the language does for its own. */
function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, configurable: true, writable: true });
}
