import { checkKnown } from "./known.ts";
import { checkNumber } from "./numbers.ts";
import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

type Values = Readonly<Record<string, unknown>>;

/** Lengths of a period, the longest first. */
const PERIOD_UNITS = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"] as const;

/** Options that every schedule takes. */
export const SCHEDULE_OPTIONS = ["overlap", "onFailure"] as const;

const OVERLAPS: readonly unknown[] = ["skip", "queue", "allow"];
const UNIT_SECONDS = {
  weeks: 604_800,
  days: 86_400,
  hours: 3600,
  minutes: 60,
  seconds: 1,
} as const;
const MINUTE_SECONDS = 60;
const TOPIC = /^arn:[^:]+:sns:[^:]+:\d{12}:[A-Za-z0-9_-]+$/;

/** Checks the lengths of a period. */
export function checkPeriod(options: unknown): Violation[] {
  const { values, violations } = checkKnown(options, { subject: "Period", names: PERIOD_UNITS });
  if (values === undefined) return violations;
  for (const unit of PERIOD_UNITS) {
    if (values[unit] === undefined) continue;
    const hint = "write a length, for instance `new Period({ minutes: 5 })`";
    const rule = { code: "WINDLASS_INVALID_PERIOD", min: 0, whole: unit !== "seconds", hint };
    violations.push(...checkNumber(values[unit], rule, `\`${unit}\` of Period`));
  }
  return violations.length > 0 ? violations : checkLength(values);
}

/** Checks `overlap` and `onFailure`. */
export function checkScheduleOptions({ overlap, onFailure }: Values, subject: string): Violation[] {
  return [
    ...(overlap === undefined ? [] : checkOverlap(overlap, subject)),
    ...(onFailure === undefined ? [] : checkNotice(onFailure, `\`onFailure\` of ${subject}`)),
  ];
}

function checkLength(values: Values): Violation[] {
  if (!PERIOD_UNITS.some((unit) => Number(values[unit] ?? 0) > 0)) {
    return [
      {
        code: "WINDLASS_EMPTY_PERIOD",
        message: "a Period must be longer than 0",
        hint: "give at least one length, for instance `new Period({ minutes: 5 })`",
      },
    ];
  }
  const seconds = Object.entries(UNIT_SECONDS).reduce(
    (sum, [unit, length]) => sum + Number(values[unit] ?? 0) * length,
    0,
  );
  if (seconds % MINUTE_SECONDS === 0) return [];
  return [
    {
      code: "WINDLASS_PERIOD_NOT_MINUTES",
      message: `a Period must be a whole number of minutes, got ${seconds} seconds: what fires schedules on AWS counts in minutes`,
      hint: "write minutes, for instance `new Period({ minutes: 1 })`; for what comes more often let one run loop and wait in between",
    },
  ];
}

function checkOverlap(overlap: unknown, subject: string): Violation[] {
  if (OVERLAPS.includes(overlap)) return [];
  const message = `\`overlap\` of ${subject} must be "skip", "queue" or "allow", got ${show(overlap)}`;
  const hint = 'leave it out for "skip": no run begins while the one before is not done';
  return [{ code: "WINDLASS_INVALID_OVERLAP", message, hint }];
}

function checkNotice(notice: unknown, subject: string): Violation[] {
  const names = ["snsTopicArn", "webhookUrl"];
  const { values, violations } = checkKnown(notice, { subject, names });
  if (values === undefined || violations.length > 0) return violations;
  const { snsTopicArn, webhookUrl } = values;
  const hint = 'write `{ snsTopicArn: "arn:aws:sns:…" }` or `{ webhookUrl: "https://…" }`';
  const code = "WINDLASS_INVALID_FAILURE_NOTICE";
  if ((snsTopicArn === undefined) === (webhookUrl === undefined)) {
    const message = `${subject} must have either \`snsTopicArn\` or \`webhookUrl\`, got ${show(notice)}`;
    return [{ code, message, hint }];
  }
  if (snsTopicArn !== undefined && !(typeof snsTopicArn === "string" && TOPIC.test(snsTopicArn))) {
    const message = `\`snsTopicArn\` in ${subject} must be the ARN of a topic, got ${show(snsTopicArn)}`;
    return [{ code, message, hint }];
  }
  if (webhookUrl !== undefined && !isWebhook(webhookUrl)) {
    const message = `\`webhookUrl\` in ${subject} must be an https URL, got ${show(webhookUrl)}`;
    return [{ code, message, hint }];
  }
  return [];
}

function isWebhook(url: unknown): boolean {
  return typeof url === "string" && URL.canParse(url) && new URL(url).protocol === "https:";
}
