import type { Span } from "../backend.ts";
import type { RunRecord } from "../call-trace.ts";
import { KEPT_SECONDS } from "./call-row.ts";

export type { Span } from "../backend.ts";

/** Results of consecutive inputs, in the row itself or in an object. */
export type StoredResults = {
  readonly start: number;
  readonly count: number;
  /** How often its inputs were run, where any of them has failed. */
  readonly attempts?: number;
  /** Which container ran them, and when; of calls that are recorded. */
  readonly run?: StoredRun;
} & ({ readonly text: string } | { readonly object: string });

export type StoredRun = Pick<RunRecord, "attempts" | "startedAt"> &
  Required<Pick<RunRecord, "container" | "endedAt">>;

/** A part of a range that became a range of its own. */
export interface Child {
  readonly start: number;
  readonly end: number;
}

/**
 * The truth about a range, keyed by (call, start). A range that was received once and went well has a row
 * only from its completion on, with epoch 0.
 */
export interface RangeRow {
  /** The input that it ends before; the same for ever, children are taken out of it. */
  readonly end: number;
  /** How often it was taken over. */
  readonly epoch: number;
  /** The container that holds it; empty when it was handed back. */
  readonly owner: string;
  /** Since when it holds it, and which attempt of its inputs that is; of calls that are recorded. */
  readonly running?: { readonly since: number; readonly attempts: number };
  /** Until when nobody else may take it, in milliseconds since 1970. */
  readonly leaseUntil: number;
  readonly results: readonly StoredResults[];
  readonly children: readonly Child[];
  /** False in a child whose message may not have been sent. */
  readonly isSent: boolean;
  readonly isDone: boolean;
  /** Its inputs run one at a time, since a container ended while it held it. */
  readonly isSuspicious: boolean;
  /** The input that its container runs now, as far as was announced. */
  readonly suspect?: number;
  /** How often a container ended while it ran this input and nothing else. */
  readonly crashes?: Readonly<Record<number, number>>;
  /** Its generator has yielded: it must not run again. */
  readonly hasYielded?: boolean;
  /** When the table forgets it, in seconds since 1970. */
  readonly expiresAt: number;
}

/** Of a range that nobody holds and that has no results; `now` in milliseconds since 1970. */
export function freshRow(end: number, now: number): RangeRow {
  return {
    end,
    epoch: 0,
    owner: "",
    leaseUntil: 0,
    results: [],
    children: [],
    isSent: true,
    isDone: false,
    isSuspicious: false,
    expiresAt: Math.ceil(now / 1000) + KEPT_SECONDS,
  };
}

/** What is left of a range: its inputs without results and without those of its children. */
export function remaining(
  start: number,
  row: Pick<RangeRow, "end" | "results" | "children">,
): Span[] {
  const taken: Span[] = [
    ...row.results.map((stored) => ({ start: stored.start, end: stored.start + stored.count })),
    ...row.children,
  ].sort((a, b) => a.start - b.start);
  const left: Span[] = [];
  let at = start;
  for (const span of taken) {
    if (span.start > at) left.push({ start: at, end: span.start });
    at = Math.max(at, span.end);
  }
  if (at < row.end) left.push({ start: at, end: row.end });
  return left;
}
