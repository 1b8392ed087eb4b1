import { CronExpressionParser } from "cron-parser";
import type { CronSpec } from "../../lib/spec.ts";

const HOUR_MS = 3_600_000;

/** Time zones whose clocks change in different ways, and some that never do. */
export const ZONES: readonly string[] = [
  "Europe/Rome",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "America/St_Johns",
  "Pacific/Apia",
];

const WALL_CLOCKS = new Map(
  ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "short", timeStyle: "short" }),
  ]),
);

/**
 * What cron-parser says. It fires a time that clocks are put forward over later, and one that they show twice twice for
 * some expressions; EventBridge Scheduler does neither, so these are left out here.
 */
export function reference(
  { expression, timezone }: CronSpec,
  after: number,
  count: number,
): number[] {
  const currentDate = new Date(after);
  const times = CronExpressionParser.parse(expression, { tz: timezone, currentDate });
  const { values: hours } = times.fields.hour;
  const { values: minutes } = times.fields.minute;
  if (timezone === "UTC") return times.take(count).map((time) => time.getTime());
  const show = (at: number): string => WALL_CLOCKS.get(timezone)?.format(at) ?? "";
  const found: number[] = [];
  while (found.length < count) {
    const at = times.next().getTime();
    const [hour, minute] = show(at).slice(-5).split(":").map(Number);
    const isMoved = !hours.includes(hour as never) || !minutes.includes(minute as never);
    const isRepeated = [0.5, 1].some((hours) => show(at - hours * HOUR_MS) === show(at));
    if (!isMoved && !isRepeated) found.push(at);
  }
  return found;
}
