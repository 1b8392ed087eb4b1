import { expect, test } from "vitest";
import { scheduleExpressions } from "../../cdk/app/schedule-expression.ts";
import { checkCron } from "../../lib/options/cron.ts";
import { cronTimes } from "../../lib/schedules/cron-times.ts";
import type { CronSpec, PeriodSpec } from "../../lib/spec.ts";
import { Random } from "../aws/random.ts";
import { randomCron } from "./random-cron.ts";

const EXPRESSIONS = 1000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const YEAR_START = Date.UTC(2028, 0, 1);
const YEAR_END = Date.UTC(2029, 0, 1);
/** EventBridge Scheduler takes so many characters [CreateSchedule]. */
const MAX_CHARS = 256;

function cron(expression: string): CronSpec {
  return { kind: "cron", expression, timezone: "UTC", overlap: "skip", onFailure: null };
}

function period(lengths: Partial<PeriodSpec>): PeriodSpec {
  const none = { years: 0, months: 0, weeks: 0, days: 0, hours: 0, minutes: 0, seconds: 0 };
  return { kind: "period", ...none, overlap: "skip", onFailure: null, ...lengths };
}

const YEAR_MINUTES = (YEAR_END - YEAR_START) / MINUTE_MS;

/** A field of EventBridge's cron: `*`, or values and ranges. */
function valuesOf(text: string, min: number, max: number): ReadonlySet<number> {
  const all = text === "*" ? `${min}-${max}` : text;
  const values = all.split(",").flatMap((part) => {
    const [from = "", to = from] = part.split("-");
    expect(part).toMatch(/^\d+(-\d+)?$/);
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => Number(from) + at);
  });
  for (const value of values) expect(value >= min && value <= max).toBe(true);
  return new Set(values);
}

/** Marks the minutes of the year at which an expression fires, by the rules of its reference. */
function markTheirs(expression: string, marks: Uint8Array): void {
  const [, text = ""] = /^cron\((.*)\)$/.exec(expression) ?? [];
  const [minutes = "", hours = "", days = "", months = "", weekdays = "", year] = text.split(" ");
  expect(year).toBe("*");
  // One of the two has to be `?`.
  expect([days, weekdays].filter((field) => field === "?")).toHaveLength(1);
  const times = [...valuesOf(hours, 0, 23)].flatMap((hour) =>
    [...valuesOf(minutes, 0, 59)].map((minute) => hour * 60 + minute),
  );
  const month = valuesOf(months, 1, 12);
  const date = days === "?" ? undefined : valuesOf(days, 1, 31);
  const weekday = weekdays === "?" ? undefined : valuesOf(weekdays, 1, 7);
  for (let day = YEAR_START; day < YEAR_END; day += DAY_MS) {
    const at = new Date(day);
    if (!month.has(at.getUTCMonth() + 1)) continue;
    if (date !== undefined && !date.has(at.getUTCDate())) continue;
    // Sunday is 1.
    if (weekday !== undefined && !weekday.has(at.getUTCDay() + 1)) continue;
    for (const time of times) marks[(day - YEAR_START) / MINUTE_MS + time] = 1;
  }
}

/** The same as this machine has it. Answers how many there are. */
function markOurs(spec: CronSpec, marks: Uint8Array): number {
  let count = 0;
  for (const at of cronTimes(spec, YEAR_START - 1)) {
    if (at >= YEAR_END) break;
    marks[(at - YEAR_START) / MINUTE_MS] = 1;
    count += 1;
  }
  return count;
}

test(`${EXPRESSIONS} random expressions fire at the same times of a year on EventBridge Scheduler`, () => {
  const random = new Random(20_261_129);
  const wrong: string[] = [];
  const [ours, theirs] = [new Uint8Array(YEAR_MINUTES), new Uint8Array(YEAR_MINUTES)];
  let compared = 0;
  let fired = 0;

  while (compared < EXPRESSIONS) {
    const expression = randomCron(random);
    if (checkCron(expression).length > 0) continue;
    compared += 1;
    const converted = scheduleExpressions(cron(expression));
    ours.fill(0);
    theirs.fill(0);
    // Times that are in both are one: whoever is invoked twice for one time begins one run.
    for (const one of converted) markTheirs(one, theirs);
    fired += markOurs(cron(expression), ours);
    const isSame = Buffer.compare(ours, theirs) === 0;
    if (!isSame || converted.some(({ length }) => length > MAX_CHARS)) wrong.push(expression);
  }

  expect(wrong).toEqual([]);
  expect(fired).toBeGreaterThan(1_000_000);
}, 120_000);

test.each([
  ["0 9 * * 1-5", ["cron(0 9 ? * 2-6 *)"]],
  ["*/20 0 1 JAN-MAR *", ["cron(0,20,40 0 1 1-3 ? *)"]],
  ["0 0 * * SUN", ["cron(0 0 ? * 1 *)"]],
  ["0 0 * * 6,7", ["cron(0 0 ? * 1,7 *)"]],
  ["0 0 13 * 5", ["cron(0 0 13 * ? *)", "cron(0 0 ? * 6 *)"]],
  ["* * * * *", ["cron(* * * * ? *)"]],
])("%j is %j", (expression, expected) => {
  expect(scheduleExpressions(cron(expression))).toEqual(expected);
});

test("the longest list of values fits", () => {
  const odd = (from: number, to: number): string =>
    Array.from({ length: to - from + 1 }, (_, at) => from + at)
      .filter((value) => value % 3 !== 0)
      .join(",");
  const [text = ""] = scheduleExpressions(
    cron(`${odd(0, 59)} ${odd(0, 23)} ${odd(1, 31)} ${odd(1, 12)} *`),
  );

  expect(text.length).toBeLessThanOrEqual(MAX_CHARS);
});

test.each([
  [{ minutes: 1 }, "rate(1 minute)"],
  [{ minutes: 5 }, "rate(5 minutes)"],
  [{ hours: 1, minutes: 30 }, "rate(90 minutes)"],
  [{ hours: 1 }, "rate(1 hour)"],
  [{ seconds: 7200 }, "rate(2 hours)"],
  [{ days: 1 }, "rate(1 day)"],
  [{ weeks: 2, days: 1 }, "rate(15 days)"],
])("a period of %j is %s", (lengths, expected) => {
  expect(scheduleExpressions(period(lengths))).toEqual([expected]);
});

test.each([
  [{ months: 1 }, "rate(1 day)"],
  [{ years: 1, weeks: 1 }, "rate(1 day)"],
  [{ months: 1, hours: 3 }, "rate(1 hour)"],
  [{ months: 1, minutes: 90 }, "rate(1 minute)"],
])("a period of %j ticks as %s, and whoever it invokes counts", (lengths, expected) => {
  expect(scheduleExpressions(period(lengths))).toEqual([expected]);
});
