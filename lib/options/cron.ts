import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names that stand for `min`, `min + 1`, … */
  readonly words?: readonly string[];
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN"];
const FIELDS: readonly Field[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of month", min: 1, max: 31 },
  {
    name: "month",
    min: 1,
    max: 12,
    words: [...MONTHS, "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
  },
  // 7 is Sunday too.
  { name: "day of week", min: 0, max: 7, words: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] },
];

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
  return FIELDS.flatMap((field, index) => checkField(field, texts[index] ?? ""));
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

function isPart(field: Field, part: string): boolean {
  const match = /^(?<range>\*|(?<from>\w+)(?:-(?<to>\w+))?)(?:\/(?<step>\d{1,3}))?$/.exec(part);
  if (match?.groups === undefined) return false;
  const { range, from, to, step } = match.groups;
  if (step !== undefined && !(Number(step) >= 1 && Number(step) <= field.max)) return false;
  if (range === "*") return true;
  const first = toValue(field, from ?? "");
  const last = to === undefined ? first : toValue(field, to);
  return first !== undefined && last !== undefined && first <= last;
}

function toValue({ min, max, words }: Field, text: string): number | undefined {
  const word = words?.indexOf(text.toUpperCase()) ?? -1;
  const value = word >= 0 ? min + word : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}
