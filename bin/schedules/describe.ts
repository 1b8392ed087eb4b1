import { currentRecord } from "../../lib/schedules/record.ts";
import { scheduleText, timeText } from "../../lib/schedules/text.ts";
import { nextTimes } from "../../lib/schedules/times.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import type { KnownSchedule } from "./place.ts";

const SHOWN_RUNS = 5;

/** When the scheduled functions of an app would next run if they were deployed now. */
export function nextRunLines(functions: readonly FunctionSpec[], now: number): string[] {
  return functions.flatMap(({ name, schedule }) => {
    if (schedule === null) return [];
    const times = nextTimes(schedule, { anchor: now, after: now }, SHOWN_RUNS);
    return [
      `${name} runs ${scheduleText(schedule)}, next:`,
      ...times.map((at) => `  ${timeText(at, schedule)}`),
    ];
  });
}

/** When each of them runs, a line each. What a period counts from may lie before. */
export function scheduleNotices(functions: readonly FunctionSpec[], now: number): string[] {
  return functions.flatMap(({ name, schedule }) => {
    if (schedule === null) return [];
    const runs = `${name} runs ${scheduleText(schedule)}`;
    if (schedule.kind === "period") return [runs];
    return nextTimes(schedule, { anchor: now, after: now }, 1).map(
      (next) => `${runs}, next ${timeText(next, schedule)}`,
    );
  });
}

/** A schedule as `windlass schedule list` shows it. */
export interface ScheduleInfo {
  readonly name: string;
  readonly schedule: string;
  readonly overlap: string;
  readonly isPaused: boolean;
  /** Null where it is paused. */
  readonly next: string | null;
  readonly last: { readonly at: string; readonly outcome: string } | null;
}

export function scheduleInfo({ name, schedule, record }: KnownSchedule, now: number): ScheduleInfo {
  const { anchor, handled, isPaused, last } = currentRecord(record, schedule, now);
  const [next] = nextTimes(schedule, { anchor, after: Math.max(now, handled) }, 1);
  return {
    name,
    schedule: scheduleText(schedule),
    overlap: schedule.overlap,
    isPaused,
    next: isPaused || next === undefined ? null : new Date(next).toISOString(),
    last: last && { at: new Date(last.at).toISOString(), outcome: last.outcome },
  };
}

export function scheduleLines(known: readonly KnownSchedule[], now: number): string[] {
  const rows = known.map((one) => {
    const { name, schedule, next, last } = scheduleInfo(one, now);
    const when = next === null ? "paused" : `next ${timeText(Date.parse(next), one.schedule)}`;
    const before =
      last === null ? "" : `last ${timeText(Date.parse(last.at), one.schedule)} ${last.outcome}`;
    return [name, schedule, when, before];
  });
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((text, at) => text.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
