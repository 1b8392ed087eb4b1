import { type CronFields, parseCron } from "../options/cron.ts";
import type { CronSpec } from "../spec.ts";
import { fromLocal, toLocal } from "./zone.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** 29 February comes at least every eight years. */
const MAX_DAYS = 8 * 366 + 1;

/**
 * When a cron expression fires after a moment, in order and without end. A time that clocks of its zone are put forward
 * over does not come, one that they show twice comes once: as on AWS, see docs/schedules.md.
 */
export function* cronTimes({ expression, timezone }: CronSpec, after: number): Generator<number> {
  const fields = parseCron(expression);
  // Times up to this one have come, however its clocks were put.
  const shown = toLocal(after, timezone);
  const today = Math.floor(shown / DAY_MS) * DAY_MS;
  for (let day = today, idle = 0; idle < MAX_DAYS; day += DAY_MS, idle += 1) {
    if (!isDay(fields, day)) continue;
    idle = 0;
    for (const local of timesOfDay(fields, day)) {
      const at = local > shown ? fromLocal(local, timezone) : undefined;
      if (at !== undefined && at > after) yield at;
    }
  }
}

function* timesOfDay({ hours, minutes }: CronFields, day: number): Generator<number> {
  for (const hour of hours) {
    for (const minute of minutes) yield day + (hour * 60 + minute) * MINUTE_MS;
  }
}

function isDay(fields: CronFields, day: number): boolean {
  const date = new Date(day);
  if (!fields.months.includes(date.getUTCMonth() + 1)) return false;
  const isDate = fields.days.includes(date.getUTCDate());
  const isWeekday = fields.weekdays.includes(date.getUTCDay());
  return fields.isEitherDay ? isDate || isWeekday : isDate && isWeekday;
}
