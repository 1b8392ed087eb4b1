import type { ScheduleSpec } from "../spec.ts";
import { scheduleText } from "./text.ts";
import { LATE_MS, lastTime } from "./times.ts";

/** So many runs wait for the one before at most. */
const MAX_QUEUED = 100;
/** Clocks that go back by more than this were wrong: what they say now counts. As cron of Debian has it. */
const CORRECTION_MS = 3 * 3_600_000;

/** A run that has begun. */
export interface ScheduledRun {
  /** The time that it was scheduled for, in milliseconds since 1970. */
  readonly at: number;
  readonly callId: string;
}

/** What became of a time at which a schedule fired. */
export type RunOutcome = "running" | "done" | "failed" | "skipped" | "queued" | "missed" | "paused";

/** What is known of a scheduled function, here as on AWS. Times are milliseconds since 1970. */
export interface ScheduleRecord {
  /** The schedule in words; another one starts anew. */
  readonly definition: string;
  /** What a period counts from. */
  readonly anchor: number;
  /** The last time that was dealt with. */
  readonly handled: number;
  readonly isPaused: boolean;
  /** Runs that are not known to be done, the oldest first. */
  readonly running: readonly ScheduledRun[];
  /** Times whose runs wait for those. */
  readonly queued: readonly number[];
  readonly last: { readonly at: number; readonly outcome: RunOutcome } | null;
}

/** Of a function whose schedule was never looked at. */
export const NO_RECORD: ScheduleRecord = {
  definition: "",
  anchor: 0,
  handled: 0,
  isPaused: false,
  running: [],
  queued: [],
  last: null,
};

/** The record of a schedule as it is defined now: it starts at this moment where it was another before. */
export function currentRecord(
  record: ScheduleRecord,
  schedule: ScheduleSpec,
  now: number,
): ScheduleRecord {
  const definition = scheduleText(schedule);
  if (record.definition !== definition) {
    return { ...record, definition, anchor: now, handled: now, queued: [] };
  }
  return now < record.handled - CORRECTION_MS ? { ...record, anchor: now, handled: now } : record;
}

/** The time until now that is to be dealt with; of several the last. */
export function dueTime(
  { anchor, handled }: ScheduleRecord,
  schedule: ScheduleSpec,
  now: number,
): number | undefined {
  return lastTime(schedule, { anchor, after: handled, until: now });
}

/** What becomes of a time that is due. */
export function decide(
  { isPaused, running, queued }: ScheduleRecord,
  { overlap }: Pick<ScheduleSpec, "overlap">,
  { at, now }: { readonly at: number; readonly now: number },
): RunOutcome {
  if (isPaused) return "paused";
  if (now - at > LATE_MS) return "missed";
  if (overlap === "allow" || (running.length === 0 && queued.length === 0)) return "running";
  return overlap === "queue" && queued.length < MAX_QUEUED ? "queued" : "skipped";
}

/** The record once that was decided; a run that begins has a call. */
export function decided(
  record: ScheduleRecord,
  outcome: RunOutcome,
  { at, callId }: ScheduledRun,
): ScheduleRecord {
  const handled = Math.max(record.handled, at);
  const next = { ...record, handled, last: { at, outcome } };
  if (outcome === "queued") return { ...next, queued: [...record.queued, at] };
  return outcome === "running" ? { ...next, running: [...record.running, { at, callId }] } : next;
}

/** The record once a run is done. */
export function finished(
  record: ScheduleRecord,
  run: ScheduledRun,
  outcome: "done" | "failed",
): ScheduleRecord {
  const running = record.running.filter(({ callId }) => callId !== run.callId);
  const isLast = record.last?.at === run.at || record.last === null;
  return { ...record, running, ...(isLast && { last: { at: run.at, outcome } }) };
}

/** The record once the first of the runs that wait begins; undefined where none may. */
export function dequeued(record: ScheduleRecord, callId: string): ScheduleRecord | undefined {
  const [at, ...queued] = record.queued;
  if (at === undefined || record.running.length > 0 || record.isPaused) return undefined;
  return { ...record, queued, running: [{ at, callId }] };
}
