import type { Random } from "../aws/random.ts";

interface Field {
  readonly min: number;
  readonly max: number;
  readonly words?: readonly string[];
}

const MINUTE: Field = { min: 0, max: 59 };
const HOUR: Field = { min: 0, max: 23 };
const DAY: Field = { min: 1, max: 31 };
const MONTH: Field = {
  min: 1,
  max: 12,
  words: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
const WEEKDAY: Field = { min: 0, max: 6, words: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] };

/** A cron expression with lists, ranges, steps and names; some never come. */
export function randomCron(random: Random): string {
  return [MINUTE, HOUR, DAY, MONTH, WEEKDAY].map((field) => randomField(field, random)).join(" ");
}

function randomField(field: Field, random: Random): string {
  const { min, max } = field;
  if (random.chance(0.25)) return "*";
  if (random.chance(0.1)) return `*/${1 + random.below(max)}`;
  if (random.chance(0.05)) return `${min + random.below(max - min + 1)}/${1 + random.below(max)}`;
  // Parts do not overlap: the reference refuses those that do.
  const parts: string[] = [];
  let from = min + random.below(max - min + 1);
  for (let count = 1 + random.below(4); count > 0 && from <= max; count -= 1) {
    const to = Math.min(max, from + random.below(max - from + 1));
    parts.push(randomPart(field, { from, to }, random));
    from = to + 1 + random.below(3);
  }
  return random.chance(0.5) ? parts.join(",") : parts.reverse().join(",");
}

function randomPart(
  { min, max, words }: Field,
  { from, to }: { readonly from: number; readonly to: number },
  random: Random,
): string {
  const name = (value: number): string => {
    const word = random.chance(0.3) ? words?.[value - min] : undefined;
    return word === undefined ? String(value) : random.chance(0.5) ? word : word.toLowerCase();
  };
  const kind = random.below(3);
  if (kind === 0) return name(to);
  return kind === 1
    ? `${name(from)}-${name(to)}`
    : `${name(from)}-${name(to)}/${1 + random.below(max)}`;
}
