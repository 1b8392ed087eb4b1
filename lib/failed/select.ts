import type { Span } from "../backend.ts";
import { parseInputId } from "../ids.ts";
import { calledName, type FailedEntry } from "./failed-entry.ts";

/** Which failed inputs are meant; without any field all of them. */
export interface FailedFilter {
  /** A function, a class, or `Class.method`. */
  readonly function?: string | undefined;
  /** The name of the error's class, or its code. */
  readonly error?: string | undefined;
  /** `in-….3` or `fc-….3` for one input, `fc-…` for all inputs of a call. */
  readonly id?: string | undefined;
}

/** The inputs of an entry that are meant, if any. */
export function selected(entry: FailedEntry, filter: FailedFilter): Span | undefined {
  const { request, start, end, error } = entry;
  const { function: name, error: wanted, id } = filter;
  if (name !== undefined && name !== request.target.name && name !== calledName(entry)) return;
  if (wanted !== undefined && wanted !== error.name && wanted !== error.code) return;
  if (id === undefined) return { start, end };
  const { callId, index } = parseInputId(id);
  if (callId !== request.callId) return;
  if (!id.includes(".")) return { start, end };
  return index >= start && index < end ? { start: index, end: index + 1 } : undefined;
}
