import type { ScheduleSpec } from "../spec.ts";
import { cronTimes } from "./cron-times.ts";
import { addPeriods, passedPeriods, periodTimes } from "./period-times.ts";

/** A run that could not begin within this time does not begin any more. */
export const LATE_MS: number = 15 * 60_000;

/** From when on a schedule counts, in milliseconds since 1970. */
export interface Since {
  /** What a period counts from. */
  readonly anchor: number;
  readonly after: number;
}

/** When a schedule fires after a moment. */
export function nextTimes(schedule: ScheduleSpec, since: Since, count: number): number[] {
  const times: number[] = [];
  for (const at of timesOf(schedule, since)) if (times.push(at) === count) break;
  return times;
}

/** The last time that a schedule has fired after a moment and until another; undefined where it has not. */
export function lastTime(
  schedule: ScheduleSpec,
  since: Since & { readonly until: number },
): number | undefined {
  const { anchor, after, until } = since;
  if (schedule.kind === "period") {
    const count = passedPeriods(schedule, anchor, until);
    const at = addPeriods(anchor, schedule, count);
    return count > 0 && at > after ? at : undefined;
  }
  // Of what was missed long ago only that there was something matters.
  const recent = lastBefore(
    timesOf(schedule, { anchor, after: Math.max(after, until - LATE_MS) }),
    until,
  );
  return recent ?? firstBefore(timesOf(schedule, since), until);
}

function timesOf(schedule: ScheduleSpec, since: Since): Generator<number> {
  return schedule.kind === "cron" ? cronTimes(schedule, since.after) : periodTimes(schedule, since);
}

function lastBefore(times: Iterable<number>, until: number): number | undefined {
  let last: number | undefined;
  for (const at of times) {
    if (at > until) break;
    last = at;
  }
  return last;
}

function firstBefore(times: Iterable<number>, until: number): number | undefined {
  for (const at of times) return at <= until ? at : undefined;
  return undefined;
}
