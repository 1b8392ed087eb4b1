import type { FailedFilter } from "../../lib/failed/select.ts";
import { UsageError } from "../usage-error.ts";

type Parsed = Readonly<Record<string, unknown>>;

const DEFAULT_LIMIT = 10_000;
const ID = /^(in|fc)-[0-9a-hjkmnp-tv-z]{25}(\.\d{1,9})?$/;

/** `--function`, `--error` and `--id`. @throws UsageError for what is no id */
export function toFilter(options: Parsed): FailedFilter {
  const text = (name: string): string | undefined =>
    options[name] === undefined ? undefined : String(options[name]);
  const id = text("id");
  return {
    ...{ function: text("function"), error: text("error") },
    id: id === undefined ? undefined : toId(id, "--id"),
  };
}

/** An id of an input or a call. @throws UsageError */
export function toId(given: string, subject: string): string {
  if (ID.test(given)) return given;
  throw new UsageError(
    "WINDLASS_INVALID_ID",
    `\`${subject}\` must be the id of an input or a call, as in in-1m86r9aym94qq391sg2n8ws4h.0, got "${given}"`,
    { hint: "`windlass failed list <app> --each` shows the ids" },
  );
}

/** `--limit`. @throws UsageError for what is not a whole number above 0 */
export function toLimit({ limit }: Parsed): number {
  if (limit === undefined) return DEFAULT_LIMIT;
  const count = Number(limit);
  if (Number.isInteger(count) && count > 0) return count;
  throw new UsageError(
    "WINDLASS_INVALID_LIMIT",
    `\`--limit\` must be a whole number above 0, got "${String(limit)}"`,
    { hint: `leave it out for ${DEFAULT_LIMIT}` },
  );
}

/** `--input` or `--args-json`, as an array of arguments. @throws UsageError for no JSON, for both, or without one input */
export function toEdited({ input, argsJson, id }: Parsed): readonly unknown[] | undefined {
  if (input === undefined && argsJson === undefined) return undefined;
  const flag = input === undefined ? "--args-json" : "--input";
  if (input !== undefined && argsJson !== undefined) {
    throw new UsageError(
      "WINDLASS_EDITED_TWICE",
      "`--input` and `--args-json` both say with which arguments an input runs again",
      { hint: "`--input` is for the one argument, `--args-json` for the array of all: give one" },
    );
  }
  if (typeof id !== "string" || !id.includes(".")) {
    throw new UsageError(
      "WINDLASS_EDITED_WITHOUT_ID",
      `\`${flag}\` is for one input, got ${id === undefined ? "no `--id`" : `the call ${String(id)}`}`,
      { hint: "name the input, as in `--id in-1m86r9aym94qq391sg2n8ws4h.0`" },
    );
  }
  const value = parse(String(input ?? argsJson), flag);
  if (input !== undefined) return [value];
  if (Array.isArray(value)) return value;
  throw new UsageError(
    "WINDLASS_INVALID_ARGS_JSON",
    `\`--args-json\` must be a JSON array of arguments, got ${String(argsJson)}`,
    { hint: "put brackets around the arguments" },
  );
}

function parse(text: string, flag: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError("WINDLASS_INVALID_JSON", `\`${flag}\` must be JSON, got ${text}`, {
      hint: `put text into quotes, as in \`${flag} '"text"'\``,
    });
  }
}
