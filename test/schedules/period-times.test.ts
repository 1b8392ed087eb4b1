import fc from "fast-check";
import { expect, test } from "vitest";
import { addPeriods, passedPeriods } from "../../lib/schedules/period-times.ts";
import { lastTime, nextTimes } from "../../lib/schedules/times.ts";
import type { PeriodSpec } from "../../lib/spec.ts";

function period(lengths: Partial<PeriodSpec>): PeriodSpec {
  const none = { years: 0, months: 0, weeks: 0, days: 0, hours: 0, minutes: 0, seconds: 0 };
  return { kind: "period", ...none, overlap: "skip", onFailure: null, ...lengths };
}

function next(lengths: Partial<PeriodSpec>, anchor: string, count: number): string[] {
  const at = Date.parse(anchor);
  return nextTimes(period(lengths), { anchor: at, after: at }, count).map((time) =>
    new Date(time).toISOString(),
  );
}

test("a period is counted from its anchor, to the second", () => {
  expect(next({ minutes: 90 }, "2026-11-28T22:25:30Z", 2)).toEqual([
    "2026-11-28T23:55:30.000Z",
    "2026-11-29T01:25:30.000Z",
  ]);
});

test("months are those of the calendar: the last day where a month is too short, and no shorter after that", () => {
  expect(next({ months: 1 }, "2027-12-31T06:00:00Z", 4)).toEqual([
    "2028-01-31T06:00:00.000Z",
    "2028-02-29T06:00:00.000Z",
    "2028-03-31T06:00:00.000Z",
    "2028-04-30T06:00:00.000Z",
  ]);
});

test("a year after 29 February is the 28th", () => {
  expect(next({ years: 1 }, "2028-02-29T12:00:00Z", 4)).toEqual([
    "2029-02-28T12:00:00.000Z",
    "2030-02-28T12:00:00.000Z",
    "2031-02-28T12:00:00.000Z",
    "2032-02-29T12:00:00.000Z",
  ]);
});

test("lengths add up", () => {
  expect(next({ months: 1, weeks: 1, hours: 2 }, "2026-01-01T00:00:00Z", 2)).toEqual([
    "2026-02-08T02:00:00.000Z",
    "2026-03-15T04:00:00.000Z",
  ]);
});

test("the last time until a moment is the one that no later one lies before", () => {
  const lengths = fc.record({
    years: fc.nat(2),
    months: fc.nat(14),
    weeks: fc.nat(3),
    days: fc.nat(40),
    minutes: fc.integer({ min: 1, max: 3000 }),
  });
  const moment = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2030, 0, 1) });

  fc.assert(
    fc.property(lengths, moment, fc.nat(20 * 365 * 86_400_000), (of, anchor, later) => {
      const spec = period(of);
      const until = anchor + later;
      const count = passedPeriods(spec, anchor, until);
      expect(addPeriods(anchor, spec, count)).toBeLessThanOrEqual(until);
      expect(addPeriods(anchor, spec, count + 1)).toBeGreaterThan(until);
      const last = lastTime(spec, { anchor, after: anchor, until });
      expect(last).toBe(count === 0 ? undefined : addPeriods(anchor, spec, count));
    }),
    { numRuns: 500, seed: 7 },
  );
});
