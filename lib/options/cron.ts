import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** The last value of `*`, where that is not `max`. */
  readonly last?: number;
  /** Names that stand for `min`, `min + 1`, … */
  readonly words?: readonly string[];
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN"];
const MINUTE: Field = { name: "minute", min: 0, max: 59 };
const HOUR: Field = { name: "hour", min: 0, max: 23 };
const DAY: Field = { name: "day of month", min: 1, max: 31 };
const MONTH: Field = {
  name: "month",
  min: 1,
  max: 12,
  words: [...MONTHS, "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
const WEEKDAY: Field = {
  name: "day of week",
  min: 0,
  // 7 is Sunday too.
  max: 7,
  last: 6,
  words: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};
const FIELDS: readonly Field[] = [MINUTE, HOUR, DAY, MONTH, WEEKDAY];
const PART = /^(?<range>\*|(?<from>\w+)(?:-(?<to>\w+))?)(?:\/(?<step>\d{1,3}))?$/;

/** The most days that a month has: February in a leap year. */
const MONTH_DAYS: readonly number[] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The values of each field, ascending, each once; Sunday is 0. */
export interface CronFields {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  readonly months: readonly number[];
  readonly weekdays: readonly number[];
  /** Whether both day fields say something: then either will do. As POSIX has it, all but `*` does. */
  readonly isEitherDay: boolean;
}

/** What a valid expression says. */
export function parseCron(expression: string): CronFields {
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = expression.split(" ");
  const weekdays = valuesOf(WEEKDAY, weekday).map((value) => value % 7);
  return {
    minutes: ascending(valuesOf(MINUTE, minute)),
    hours: ascending(valuesOf(HOUR, hour)),
    days: ascending(valuesOf(DAY, day)),
    months: ascending(valuesOf(MONTH, month)),
    weekdays: ascending(weekdays),
    isEitherDay: day !== "*" && weekday !== "*",
  };
}

/** Checks a cron expression of five fields, each a list of values, ranges and steps. */
export function checkCron(expression: unknown): Violation[] {
  const texts = typeof expression === "string" ? expression.trim().split(/\s+/) : [];
  if (texts.length !== FIELDS.length) {
    return [
      {
        code: "WINDLASS_INVALID_CRON",
        message: `a Cron expression must have five fields, got ${show(expression)}`,
        hint: 'write minute, hour, day of month, month and day of week, for instance "0 9 * * 1-5"',
      },
    ];
  }
  const wrong = FIELDS.flatMap((field, index) => checkField(field, texts[index] ?? ""));
  return wrong.length > 0 ? wrong : checkDate(parseCron(texts.join(" ")), expression);
}

function checkField(field: Field, text: string): Violation[] {
  if (text.split(",").every((part) => isPart(field, part))) return [];
  const { name, min, max, words } = field;
  const values =
    words === undefined ? `${min}-${max}` : `${min}-${max} or ${words[0]}-${words.at(-1)}`;
  return [
    {
      code: "WINDLASS_INVALID_CRON_FIELD",
      message: `the ${name} of a Cron expression must be made of ${values}, "*", ranges, lists and steps, got ${show(text)}`,
      hint: 'write for instance "*", "5", "1-5", "1,15" or "*/10"',
    },
  ];
}

function checkDate(fields: CronFields, expression: unknown): Violation[] {
  const [first = 1] = fields.days;
  const comes = fields.months.some((month) => (MONTH_DAYS[month - 1] ?? 0) >= first);
  if (comes || fields.isEitherDay) return [];
  return [
    {
      code: "WINDLASS_CRON_NEVER",
      message: `a Cron expression must name a day that comes, got ${show(expression)}: none of its months has a day ${first}`,
      hint: 'write another day of the month, for instance "0 9 1 * *"',
    },
  ];
}

function isPart(field: Field, part: string): boolean {
  const match = PART.exec(part);
  if (match?.groups === undefined) return false;
  const { range, from, to, step } = match.groups;
  if (step !== undefined && !(Number(step) >= 1 && Number(step) <= field.max)) return false;
  if (range === "*") return true;
  const first = toValue(field, from ?? "");
  const last = to === undefined ? first : toValue(field, to);
  return first !== undefined && last !== undefined && first <= last;
}

function valuesOf(field: Field, text: string): number[] {
  return text.split(",").flatMap((part) => {
    const { range, from = "", to, step } = PART.exec(part)?.groups ?? {};
    const first = range === "*" ? field.min : (toValue(field, from) ?? field.min);
    const last = to === undefined ? lastOf(field, { range, first, step }) : toValue(field, to);
    const values: number[] = [];
    for (let value = first; value <= (last ?? first); value += Number(step ?? 1)) {
      values.push(value);
    }
    return values;
  });
}

/** The last value of a part that does not say it. */
function lastOf(
  { max, last = max }: Field,
  part: {
    readonly range: string | undefined;
    readonly first: number;
    readonly step: string | undefined;
  },
): number {
  if (part.range === "*") return last;
  return part.step === undefined ? part.first : max;
}

function toValue({ min, max, words }: Field, text: string): number | undefined {
  const word = words?.indexOf(text.toUpperCase()) ?? -1;
  const value = word >= 0 ? min + word : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
