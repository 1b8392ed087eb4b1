import type { Failure } from "./backend.ts";
import { toError } from "./client/failure.ts";

/** What is for reading is cut there, in characters: entries must fit into messages beside each other. */
const MAX_MESSAGE_CHARS = 2000;
const MAX_TRACE_CHARS = 16_000;

/** An error as people read it. */
export interface ErrorReport {
  readonly name: string;
  /** Of an error of Windlass, or what else the error has as its `code`. */
  readonly code: string | null;
  readonly message: string;
  /** Its stack, the first 16,000 characters. */
  readonly trace: string;
}

/** Why an input failed. */
export function reportOf(failure: Failure): ErrorReport {
  const error = errorOf(failure);
  const { code } = error as { readonly code?: unknown };
  return {
    name: error.name,
    code: typeof code === "string" ? code : null,
    message: error.message.slice(0, MAX_MESSAGE_CHARS),
    trace: (error.stack ?? "").slice(0, MAX_TRACE_CHARS),
  };
}

/** An error that cannot be read must not keep the entry from being made. */
function errorOf(failure: Failure): Error {
  try {
    return toError(failure);
  } catch (unreadable) {
    return unreadable instanceof Error ? unreadable : new TypeError(String(unreadable));
  }
}
