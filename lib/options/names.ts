import { showList } from "./show.ts";
import type { Violation } from "./violation.ts";

/** The names of the options of something. */
export interface Names {
  /** Whose options they are, in the user's words. */
  readonly subject: string;
  readonly names: readonly string[];
  /** Names that people try, in lower case without underscores, and what to write instead. */
  readonly renamed?: ReadonlyMap<string, string>;
}

/** Nothing for a known option; else says its new name, or the one that it is close to. */
export function checkName(name: string, { subject, names, renamed }: Names): Violation[] {
  if (names.includes(name)) return [];
  const plain = toPlain(name);
  const byCase = names.find((known) => toPlain(known) === plain);
  const instead = byCase === undefined ? renamed?.get(plain) : `\`${byCase}\``;
  if (instead !== undefined) {
    return [
      {
        code: "WINDLASS_OPTION_RENAMED",
        message: `\`${name}\` is not an option of ${subject}: it is ${instead}`,
        hint: `use ${instead} instead`,
      },
    ];
  }
  const close = names.find((known) => distance(toPlain(known), plain) <= 2);
  const hint =
    close === undefined
      ? `use ${names.length > 1 ? "one of " : ""}${showList(names.map((known) => `\`${known}\``))}`
      : `did you mean \`${close}\`?`;
  return [
    {
      code: "WINDLASS_OPTION_UNKNOWN",
      message: `\`${name}\` is not an option of ${subject}`,
      hint,
    },
  ];
}

function toPlain(name: string): string {
  return name.replaceAll(/[_-]/g, "").toLowerCase();
}

/** Edits between two words (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replace = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
