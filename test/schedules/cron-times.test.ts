import { expect, test } from "vitest";
import { checkCron } from "../../lib/options/cron.ts";
import { cronTimes } from "../../lib/schedules/cron-times.ts";
import type { CronSpec } from "../../lib/spec.ts";
import { Random } from "../aws/random.ts";
import { randomCron } from "./random-cron.ts";
import { reference, ZONES } from "./reference.ts";

const EXPRESSIONS = 10_000;
const TIMES = 3;
function specOf(expression: string, timezone: string): CronSpec {
  return { kind: "cron", expression, timezone, overlap: "skip", onFailure: null };
}

function first(spec: CronSpec, after: number, count: number): number[] {
  const times: number[] = [];
  for (const at of cronTimes(spec, after)) {
    if (times.push(at) === count) break;
  }
  return times;
}

function iso(times: readonly number[]): string[] {
  return times.map((at) => new Date(at).toISOString().slice(0, 16));
}

test(`${EXPRESSIONS} random expressions fire when cron-parser says so, at random dates in several time zones`, () => {
  const random = new Random(20_261_128);
  const wrong: object[] = [];
  let compared = 0;

  while (compared < EXPRESSIONS) {
    const expression = randomCron(random);
    const zone = random.chance(0.2) ? ZONES[random.below(ZONES.length)] : "UTC";
    const timezone = zone ?? "UTC";
    const after = Date.UTC(2019, 0, 1) + random.below(12 * 365 * 24 * 3600) * 1000;
    if (checkCron(expression).length > 0) continue;
    compared += 1;
    const ours = first(specOf(expression, timezone), after, TIMES);
    const theirs = reference(specOf(expression, timezone), after, TIMES);
    if (String(ours) === String(theirs)) continue;
    wrong.push({ expression, timezone, after: iso([after]), ours: iso(ours), theirs: iso(theirs) });
  }

  expect(wrong).toEqual([]);
}, 120_000);

test("a time that clocks are put forward over does not come", () => {
  // 29 March 2026, 2:00 in Rome is 3:00.
  const before = Date.UTC(2026, 2, 28, 12);

  expect(iso(first(specOf("30 2 * * *", "Europe/Rome"), before, 2))).toEqual([
    "2026-03-30T00:30",
    "2026-03-31T00:30",
  ]);
  expect(iso(first(specOf("30 * * * *", "Europe/Rome"), Date.UTC(2026, 2, 29, 0), 3))).toEqual([
    "2026-03-29T00:30",
    "2026-03-29T01:30",
    "2026-03-29T02:30",
  ]);
});

test("a time that clocks show twice comes once, the first time", () => {
  // 25 October 2026, 3:00 in Rome is 2:00.
  const before = Date.UTC(2026, 9, 24, 12);

  expect(iso(first(specOf("30 2 * * *", "Europe/Rome"), before, 2))).toEqual([
    "2026-10-25T00:30",
    "2026-10-26T01:30",
  ]);
  expect(iso(first(specOf("30 * * * *", "Europe/Rome"), Date.UTC(2026, 9, 25, 0), 3))).toEqual([
    "2026-10-25T00:30",
    "2026-10-25T02:30",
    "2026-10-25T03:30",
  ]);
});

test("an hour of the day is that of the zone in summer and in winter", () => {
  expect(iso(first(specOf("0 9 29,30 3 *", "Europe/Rome"), Date.UTC(2026, 2, 1), 2))).toEqual([
    "2026-03-29T07:00",
    "2026-03-30T07:00",
  ]);
  expect(iso(first(specOf("0 9 28 3 *", "Europe/Rome"), Date.UTC(2026, 2, 1), 1))).toEqual([
    "2026-03-28T08:00",
  ]);
});

test("half an hour that clocks are put forward by takes half an hour of times", () => {
  // 4 October 2026, 2:00 on Lord Howe is 2:30. cron-parser leaves 2:40 out as well.
  const lordHowe = specOf("*/20 2 * * *", "Australia/Lord_Howe");

  expect(iso(first(lordHowe, Date.UTC(2026, 9, 3, 0), 3))).toEqual([
    "2026-10-03T15:40",
    "2026-10-04T15:00",
    "2026-10-04T15:20",
  ]);
});

test("a day that a zone left out does not come", () => {
  // Samoa went from 29 to 31 December 2011.
  expect(iso(first(specOf("0 12 * * *", "Pacific/Apia"), Date.UTC(2011, 11, 29), 2))).toEqual([
    "2011-12-29T22:00",
    "2011-12-30T22:00",
  ]);
});

test("29 February comes with every leap year, and 2100 is none", () => {
  expect(iso(first(specOf("0 0 29 2 *", "UTC"), Date.UTC(2092, 5, 1), 2))).toEqual([
    "2096-02-29T00:00",
    "2104-02-29T00:00",
  ]);
});

test("where both day fields leave days out, either will do", () => {
  // 13 November 2026 is a Friday.
  expect(iso(first(specOf("0 0 13 * FRI", "UTC"), Date.UTC(2026, 10, 1), 4))).toEqual([
    "2026-11-06T00:00",
    "2026-11-13T00:00",
    "2026-11-20T00:00",
    "2026-11-27T00:00",
  ]);
  expect(iso(first(specOf("0 0 13 12 FRI", "UTC"), Date.UTC(2026, 10, 30), 3))).toEqual([
    "2026-12-04T00:00",
    "2026-12-11T00:00",
    "2026-12-13T00:00",
  ]);
});
