import { checkCron } from "./options/cron.ts";
import { checkKnown } from "./options/known.ts";
import { checkPeriod, checkScheduleOptions, SCHEDULE_OPTIONS } from "./options/schedule.ts";
import { show } from "./options/show.ts";
import { throwViolations, type Violation } from "./options/violation.ts";

const BRAND: symbol = Symbol.for("windlass.schedule");

/**
 * Who is told of a scheduled run that has failed after its retries: a topic of SNS, or an https URL that is posted JSON.
 * Neither is told values of secrets.
 */
export type FailureNotice =
  | { readonly snsTopicArn: string; readonly webhookUrl?: never }
  | { readonly webhookUrl: string; readonly snsTopicArn?: never };

/** What every schedule can be told. */
export interface ScheduleOptions {
  /**
   * What becomes of a run while the one before is not done. `"skip"`: it does not begin. `"queue"`: it begins once that
   * is done. `"allow"`: both run.
   * @default "skip"
   */
  readonly overlap?: "skip" | "queue" | "allow" | undefined;
  /** Who is told of a run that has failed. @default - nobody */
  readonly onFailure?: FailureNotice | undefined;
}

export interface CronOptions extends ScheduleOptions {
  /** IANA name of the time zone that the fields are in. @default "UTC" */
  readonly timezone?: string | undefined;
}

/**
 * Runs a function at times given by five fields: minute, hour, day of month, month, day of week. Where both day fields
 * leave days out, either will do.
 * @example app.function("report", { schedule: new Cron("0 9 * * 1-5", { timezone: "Europe/Rome" }) }, async () => { … })
 */
export class Cron {
  readonly kind: "cron" = "cron";
  readonly expression: string;
  readonly timezone: string;
  readonly overlap: "skip" | "queue" | "allow";
  readonly onFailure: FailureNotice | undefined;

  /** @throws InvalidError for a field out of range, days that never come or an unknown time zone */
  constructor(expression: string, options: CronOptions = {}) {
    throwViolations("Cron", checkCronArguments(expression, options), Cron);
    this.expression = expression.trim().split(/\s+/).join(" ");
    this.timezone = options.timezone ?? "UTC";
    this.overlap = options.overlap ?? "skip";
    this.onFailure = options.onFailure;
    Object.freeze(this);
  }
}

/**
 * Lengths of time, added up; at least one is more than 0, and without months and years they are whole minutes. Months
 * and years are those of the calendar.
 */
export interface PeriodOptions {
  readonly years?: number | undefined;
  readonly months?: number | undefined;
  readonly weeks?: number | undefined;
  readonly days?: number | undefined;
  readonly hours?: number | undefined;
  readonly minutes?: number | undefined;
  readonly seconds?: number | undefined;
}

/**
 * Runs a function again and again: for the first time this long after its schedule was deployed. A deployment that
 * changes the schedule starts anew, others do not.
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
  readonly overlap: "skip" | "queue" | "allow";
  readonly onFailure: FailureNotice | undefined;

  /** @throws InvalidError for a negative, fractional or empty period, and for one that is not whole minutes */
  constructor(options: PeriodOptions, runs: ScheduleOptions = {}) {
    const violations = [...checkPeriod(options), ...checkRuns(runs)];
    throwViolations("Period", violations, Period);
    this.years = options.years ?? 0;
    this.months = options.months ?? 0;
    this.weeks = options.weeks ?? 0;
    this.days = options.days ?? 0;
    this.hours = options.hours ?? 0;
    this.minutes = options.minutes ?? 0;
    this.seconds = options.seconds ?? 0;
    this.overlap = runs.overlap ?? "skip";
    this.onFailure = runs.onFailure;
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

function checkRuns(runs: unknown): Violation[] {
  const { values, violations } = checkKnown(runs, { subject: "Period", names: SCHEDULE_OPTIONS });
  return [...violations, ...checkScheduleOptions(values ?? {}, "Period")];
}

function checkCronArguments(expression: unknown, options: unknown): Violation[] {
  const names = ["timezone", ...SCHEDULE_OPTIONS];
  const { values, violations } = checkKnown(options, { subject: "Cron", names });
  violations.push(...checkCron(expression));
  const { timezone } = values ?? {};
  if (timezone !== undefined && !isTimezone(timezone)) {
    violations.push({
      code: "WINDLASS_INVALID_TIMEZONE",
      message: `\`timezone\` of Cron must be the IANA name of a time zone, got ${show(timezone)}`,
      hint: 'write a name such as "Europe/Rome" or "UTC"',
    });
  }
  return [...violations, ...checkScheduleOptions(values ?? {}, "Cron")];
}

function isTimezone(value: unknown): boolean {
  // An offset has no summer, and no scheduler of AWS takes one.
  if (typeof value !== "string" || /^[+-]/.test(value)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: value }) !== undefined;
  } catch {
    return false;
  }
}
