import type { PeriodSpec } from "../spec.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/** The whole minutes of a period beside its months and years: days have 24 hours. */
export function minutesOf({ weeks, days, hours, minutes, seconds }: PeriodSpec): number {
  return (weeks * 7 + days) * DAY_MINUTES + hours * 60 + minutes + seconds / 60;
}

/** The calendar months of a period. */
export function monthsOf({ years, months }: PeriodSpec): number {
  return years * 12 + months;
}

/** The moment so many periods after another. Of months that are too short it is the last day, in UTC. */
export function addPeriods(anchor: number, period: PeriodSpec, count: number): number {
  return addMonths(anchor, count * monthsOf(period)) + count * minutesOf(period) * MINUTE_MS;
}

/** When a period is over after a moment, counted from its anchor: in order and without end. */
export function* periodTimes(
  period: PeriodSpec,
  { anchor, after }: { readonly anchor: number; readonly after: number },
): Generator<number> {
  for (let count = passedPeriods(period, anchor, after) + 1; ; count += 1) {
    yield addPeriods(anchor, period, count);
  }
}

/** How many periods have passed from an anchor to a moment. */
export function passedPeriods(period: PeriodSpec, anchor: number, at: number): number {
  if (at < anchor) return 0;
  // Months have 28 to 31 days: this may be too many by a few, and never too few.
  const shortest = monthsOf(period) * 28 * DAY_MINUTES + minutesOf(period);
  let count = Math.floor((at - anchor) / (shortest * MINUTE_MS));
  while (count > 0 && addPeriods(anchor, period, count) > at) count -= 1;
  return count;
}

function addMonths(at: number, months: number): number {
  if (months === 0) return at;
  const date = new Date(at);
  const target = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
  const [year, month] = [target.getUTCFullYear(), target.getUTCMonth()];
  const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const day = Math.min(date.getUTCDate(), days);
  return Date.UTC(year, month, day) + (at % (DAY_MINUTES * 60 * SECOND_MS));
}
