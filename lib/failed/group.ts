import type { FailureKind, Span } from "../backend.ts";
import { inputId } from "../ids.ts";
import { calledName, type FailedEntry } from "./failed-entry.ts";

/** Failed inputs of one function with errors of one class. */
export interface FailedGroup {
  readonly function: string;
  /** The class of the error. */
  readonly error: string;
  readonly code: string | null;
  readonly kind: FailureKind;
  readonly inputs: number;
  /** When the first and the last of them failed, in milliseconds since 1970; null where nobody knows. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  /** Of the last of them. */
  readonly message: string;
  /** Id of the last of them. */
  readonly last: string;
}

/** Counts failed inputs by function and class of error. It keeps no entry. */
export class FailedGroups {
  readonly #groups: Map<string, FailedGroup> = new Map();

  add(entry: FailedEntry, { start, end }: Span): void {
    const name = calledName(entry);
    const { error, kind, at, request } = entry;
    const key = JSON.stringify([name, error.name, error.code, kind]);
    const own = { message: error.message, last: inputId(request.callId, end - 1) };
    const known = this.#groups.get(key) ?? {
      ...{ function: name, error: error.name, code: error.code, kind, inputs: 0 },
      ...{ firstAt: at, lastAt: at, ...own },
    };
    const isLast = (at ?? 0) >= (known.lastAt ?? 0);
    this.#groups.set(key, {
      ...known,
      ...(isLast && own),
      inputs: known.inputs + end - start,
      firstAt: pick(Math.min, known.firstAt, at),
      lastAt: pick(Math.max, known.lastAt, at),
    });
  }

  /** The largest first. */
  list(): FailedGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.inputs - a.inputs);
  }
}

function pick(
  choose: (a: number, b: number) => number,
  one: number | null,
  other: number | null,
): number | null {
  if (one === null || other === null) return one ?? other;
  return choose(one, other);
}
