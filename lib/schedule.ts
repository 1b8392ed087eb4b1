import { checkCron } from "./options/cron.ts";
import { checkKnown } from "./options/known.ts";
import { checkNumber } from "./options/numbers.ts";
import { show } from "./options/show.ts";
import { throwViolations, type Violation } from "./options/violation.ts";

const BRAND: symbol = Symbol.for("windlass.schedule");

export interface CronOptions {
  /** IANA name of the time zone that the fields are in. @default "UTC" */
  readonly timezone?: string | undefined;
}

/**
 * Runs a function at times given by five fields: minute, hour, day of month, month, day of week.
 * @example app.function("report", { schedule: new Cron("0 9 * * 1-5", { timezone: "Europe/Rome" }) }, async () => { … })
 */
export class Cron {
  readonly kind: "cron" = "cron";
  readonly expression: string;
  readonly timezone: string;

  /** @throws InvalidError for a field out of range or an unknown time zone */
  constructor(expression: string, options: CronOptions = {}) {
    throwViolations("Cron", checkCronArguments(expression, options), Cron);
    this.expression = expression.trim().split(/\s+/).join(" ");
    this.timezone = options.timezone ?? "UTC";
    Object.freeze(this);
  }
}

/** Lengths of time, added up; at least one is more than 0. Months and years are those of the calendar. */
export interface PeriodOptions {
  readonly years?: number | undefined;
  readonly months?: number | undefined;
  readonly weeks?: number | undefined;
  readonly days?: number | undefined;
  readonly hours?: number | undefined;
  readonly minutes?: number | undefined;
  /** The only one that may be a fraction. */
  readonly seconds?: number | undefined;
}

const UNITS = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"] as const;

/**
 * Runs a function again and again, this long after its deployment and after each run; a deployment starts anew.
 * @example app.function("poll", { schedule: new Period({ minutes: 5 }) }, async () => { … })
 */
export class Period {
  readonly kind: "period" = "period";
  readonly years: number;
  readonly months: number;
  readonly weeks: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;

  /** @throws InvalidError for a negative, fractional or empty period */
  constructor(options: PeriodOptions) {
    throwViolations("Period", checkPeriod(options), Period);
    this.years = options.years ?? 0;
    this.months = options.months ?? 0;
    this.weeks = options.weeks ?? 0;
    this.days = options.days ?? 0;
    this.hours = options.hours ?? 0;
    this.minutes = options.minutes ?? 0;
    this.seconds = options.seconds ?? 0;
    Object.freeze(this);
  }
}

/** When a function runs by itself. */
export type Schedule = Cron | Period;

for (const schedule of [Cron, Period]) {
  Object.defineProperty(schedule.prototype, BRAND, { value: true });
}

/** True for a Cron or Period of this copy of the package or another. */
export function isSchedule(value: unknown): value is Schedule {
  return typeof value === "object" && value !== null && BRAND in value;
}

function checkCronArguments(expression: unknown, options: unknown): Violation[] {
  const { values, violations } = checkKnown(options, { subject: "Cron", names: ["timezone"] });
  violations.push(...checkCron(expression));
  const { timezone } = values ?? {};
  if (timezone !== undefined && !isTimezone(timezone)) {
    violations.push({
      code: "WINDLASS_INVALID_TIMEZONE",
      message: `\`timezone\` of Cron must be the IANA name of a time zone, got ${show(timezone)}`,
      hint: 'write a name such as "Europe/Rome" or "UTC"',
    });
  }
  return violations;
}

function isTimezone(value: unknown): boolean {
  if (typeof value !== "string") return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: value }) !== undefined;
  } catch {
    return false;
  }
}

function checkPeriod(options: unknown): Violation[] {
  const { values, violations } = checkKnown(options, { subject: "Period", names: UNITS });
  if (values === undefined) return violations;
  for (const unit of UNITS) {
    if (values[unit] === undefined) continue;
    const hint = "write a length, for instance `new Period({ minutes: 5 })`";
    const rule = { code: "WINDLASS_INVALID_PERIOD", min: 0, whole: unit !== "seconds", hint };
    violations.push(...checkNumber(values[unit], rule, `\`${unit}\` of Period`));
  }
  if (violations.length === 0 && !UNITS.some((unit) => Number(values[unit]) > 0)) {
    violations.push({
      code: "WINDLASS_EMPTY_PERIOD",
      message: "a Period must be longer than 0",
      hint: "give at least one length, for instance `new Period({ minutes: 5 })`",
    });
  }
  return violations;
}
