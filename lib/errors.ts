/** Where an error came from and what to do about it. */
export interface WindlassErrorOptions {
  /** The fix, in the imperative. */
  readonly hint?: string | undefined;
  /** What this error was caused by. */
  readonly cause?: unknown;
}

const BRAND: symbol = Symbol.for("windlass.error");

/**
 * Base of every error that Windlass throws: `code` names the mistake (`WINDLASS_…`), `hint` the fix.
 * An image can hold a second copy of this class, so test with {@link isWindlassError}, not `instanceof`.
 */
export class WindlassError extends Error {
  readonly code: string;
  // Only declared: as a field it would show up in logs as `hint: undefined`.
  declare readonly hint?: string;

  constructor(code: string, message: string, options: WindlassErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.hint !== undefined) this.hint = options.hint;
  }
}
Object.defineProperty(WindlassError.prototype, BRAND, { value: true });

/** True for an error that Windlass made, in this copy of the package or another. */
export function isWindlassError(value: unknown): value is WindlassError {
  return value instanceof Error && (value as unknown as Record<symbol, unknown>)[BRAND] === true;
}

/** A definition or an argument breaks a rule. */
export class InvalidError extends WindlassError {}
/** A named object does not exist. */
export class NotFoundError extends WindlassError {}
/** A name is taken. */
export class AlreadyExistsError extends WindlassError {}
/** Something was used where it cannot work. */
export class ExecutionError extends WindlassError {}
/** No backend was chosen, so there is nowhere to run a remote call. */
export class NoBackendError extends ExecutionError {}
/** A value cannot be sent; the message names the path to it. */
export class SerializationError extends WindlassError {}
/** Received bytes are not a valid value or frame. */
export class DeserializationError extends WindlassError {}
/** A value or frame is larger than a stated limit. */
export class RequestSizeError extends WindlassError {}
/** A call failed remotely in a way that is not an exception of user code. */
export class RemoteError extends WindlassError {}
/** The container of an input ended (exit, crash, out of memory) too often. */
export class ContainerCrashedError extends RemoteError {}
/** A container could not start: its module threw, an enter hook threw, or start-up took too long. */
export class ContainerStartupError extends RemoteError {}
/** A wait ended before there was a result. */
export class TimeoutError extends WindlassError {}
/** One attempt of a function ran longer than `timeoutSeconds`. */
export class FunctionTimeoutError extends TimeoutError {}
/** A call is older than seven days: its results were removed, and inputs that nothing had run. */
export class OutputExpiredError extends TimeoutError {}
/** The call was cancelled. Also the reason of the `AbortSignal` in the running input. */
export class InputCancellation extends WindlassError {}
/** What a cancelled input fails with. */
export function cancellation(): InputCancellation {
  return new InputCancellation("WINDLASS_INPUT_CANCELLED", "the input was cancelled");
}

/** A queue had no item in time. */
export class QueueEmptyError extends TimeoutError {}
/** A queue had no room in time. */
export class QueueFullError extends TimeoutError {}

/** Code of {@link NonRetriableError}. */
export const NON_RETRIABLE = "WINDLASS_NON_RETRIABLE";

/** Thrown by user code to fail an input at once, whatever `retries` says. */
export class NonRetriableError extends WindlassError {
  constructor(message: string, options: WindlassErrorOptions = {}) {
    super(NON_RETRIABLE, message, options);
  }
}

const CLASSES = {
  WindlassError,
  InvalidError,
  NotFoundError,
  AlreadyExistsError,
  ExecutionError,
  NoBackendError,
  SerializationError,
  DeserializationError,
  RequestSizeError,
  RemoteError,
  ContainerCrashedError,
  ContainerStartupError,
  TimeoutError,
  FunctionTimeoutError,
  OutputExpiredError,
  InputCancellation,
  QueueEmptyError,
  QueueFullError,
  NonRetriableError,
} as const;

for (const [name, errorClass] of Object.entries(CLASSES)) {
  // On the prototype: an own `name` would show up in logs and in JSON.
  Object.defineProperty(errorClass.prototype, "name", { value: name, configurable: true });
}

/** Error classes by name, for the codec to rebuild what another process threw. @internal */
export const ERROR_CLASSES: Readonly<Record<string, typeof WindlassError>> =
  CLASSES as unknown as Readonly<Record<string, typeof WindlassError>>;
