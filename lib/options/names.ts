import { distance, toPlain } from "./distance.ts";
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
