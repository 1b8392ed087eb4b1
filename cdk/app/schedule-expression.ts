import { type CronFields, parseCron } from "../../lib/options/cron.ts";
import { minutesOf, monthsOf } from "../../lib/schedules/period-times.ts";
import type { PeriodSpec, ScheduleSpec } from "../../lib/spec.ts";

const HOUR_MINUTES = 60;
const DAY_MINUTES = 24 * HOUR_MINUTES;

/**
 * A schedule as EventBridge Scheduler knows it. Its cron takes one of the two day fields: where both say something there
 * are two expressions, and a time may be in both.
 */
export function scheduleExpressions(schedule: ScheduleSpec): readonly string[] {
  return schedule.kind === "period" ? [toRate(schedule)] : toCrons(parseCron(schedule.expression));
}

function toCrons(fields: CronFields): string[] {
  const { minutes, hours, days, months, weekdays, isEitherDay } = fields;
  const time = `${toList(minutes, 0, 59)} ${toList(hours, 0, 23)}`;
  const month = toList(months, 1, 12);
  const onDays = `cron(${time} ${toList(days, 1, 31)} ${month} ? *)`;
  // Sunday is 1.
  const numbers = weekdays.map((day) => day + 1);
  const onWeekdays = `cron(${time} ? ${month} ${toList(numbers, 1, 7)} *)`;
  if (isEitherDay) return [onDays, onWeekdays];
  return weekdays.length === 7 ? [onDays] : [onWeekdays];
}

/**
 * Months and years are no rates: such a schedule ticks as often as its period may be over, and whoever it invokes counts.
 */
function toRate(period: PeriodSpec): string {
  const minutes = minutesOf(period);
  if (monthsOf(period) === 0) return rate(minutes);
  if (minutes % DAY_MINUTES === 0) return rate(DAY_MINUTES);
  return rate(minutes % HOUR_MINUTES === 0 ? HOUR_MINUTES : 1);
}

function rate(minutes: number): string {
  if (minutes % DAY_MINUTES === 0) return unit(minutes / DAY_MINUTES, "day");
  if (minutes % HOUR_MINUTES === 0) return unit(minutes / HOUR_MINUTES, "hour");
  return unit(minutes, "minute");
}

function unit(count: number, name: string): string {
  return `rate(${count} ${count === 1 ? name : `${name}s`})`;
}

/** Values as ranges: an expression has room for 256 characters [CreateSchedule]. */
function toList(values: readonly number[], min: number, max: number): string {
  if (values.length === max - min + 1) return "*";
  const ranges: { first: number; last: number }[] = [];
  for (const value of values) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last === value - 1) range.last = value;
    else ranges.push({ first: value, last: value });
  }
  return ranges
    .map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`))
    .join(",");
}
