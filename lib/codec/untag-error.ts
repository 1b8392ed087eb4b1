import { ERROR_CLASSES, WindlassError } from "../errors.ts";

const BUILT_IN_CLASSES: ReadonlyMap<string, new (...args: never[]) => Error> = new Map(
  [
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
    AggregateError,
  ].map((errorClass) => [errorClass.name, errorClass] as const),
);

/** What an error is rebuilt from; everything in it is decoded. */
export interface ErrorParts {
  readonly name: string;
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

/** Rebuilds an error as the class of its name, if that is the language's or ours, else as an Error with that name. */
export function buildError(parts: ErrorParts): Error {
  const { name, message, code, hint, cause, errors, fields } = parts;
  const errorClass = code === undefined ? BUILT_IN_CLASSES.get(name) : windlassClass(name);
  const error = construct(message, errorClass ?? Error);
  if (error.name !== name) hide(error, "name", name);
  hide(error, "stack", parts.stack ?? `${name}: ${message}`);
  if (cause.length === 1) hide(error, "cause", cause[0]);
  if (errors !== undefined) hide(error, "errors", errors);
  if (code !== undefined) Object.assign(error, { code });
  if (hint !== undefined) Object.assign(error, { hint });
  // Not by assignment: a field named as a setter of the class must not call it.
  for (const key of Object.keys(fields)) {
    Object.defineProperty(error, key, { ...SHOWN, value: fields[key] });
  }
  return error;
}

function construct(message: string, errorClass: new (...args: never[]) => Error): Error {
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

function windlassClass(name: string): typeof WindlassError {
  return (Object.hasOwn(ERROR_CLASSES, name) ? ERROR_CLASSES[name] : undefined) ?? WindlassError;
}

const SHOWN = { enumerable: true, configurable: true, writable: true } as const;

/** Sets a property that logs and JSON do not show, as the language does for its own. */
function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, configurable: true, writable: true });
}
