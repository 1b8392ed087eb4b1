import { decodePage } from "../../lib/codec/decode.ts";
import { NotFoundError } from "../../lib/errors.ts";
import { conceal } from "../../lib/failed/conceal.ts";
import type { FailedEntry } from "../../lib/failed/failed-entry.ts";
import { selected } from "../../lib/failed/select.ts";
import { jsonText } from "../print-value.ts";
import { type ActionContext, printLine } from "../storage/actions.ts";
import { entryInfo, inputText } from "./describe.ts";
import type { FailedPlace } from "./place.ts";

/** One failed input, with its arguments and its trace. */
export async function show({ place, where }: FailedPlace, context: ActionContext): Promise<void> {
  const { rest, options, json } = context;
  const [id = ""] = rest;
  const found = await find(place, id);
  if (found === undefined) {
    throw new NotFoundError(
      "WINDLASS_FAILED_INPUT_NOT_FOUND",
      `${id} is not among the failed inputs of app "${place.app}" in ${where}`,
      { hint: `\`windlass failed list ${place.app} --each\` shows those that are` },
    );
  }
  const { entry, args: given } = found;
  const args = options["reveal"] === true ? given : conceal(given);
  const { trace } = entry.error;
  printLine(
    json ? jsonText({ ...entryInfo(entry), arguments: args, trace }) : inputText(entry, args),
  );
}

/** The first input that is meant, and all of its arguments. */
async function find(
  place: FailedPlace["place"],
  id: string,
): Promise<{ readonly entry: FailedEntry; readonly args: unknown } | undefined> {
  for await (const entries of place.pages()) {
    for (const entry of entries) {
      const span = selected(entry, { id });
      if (span === undefined) continue;
      const page = (await place.args(entry))[span.start - entry.start];
      const [value] = page === undefined ? [] : decodePage(page);
      const args = entry.unary ? [value] : value;
      return { entry: { ...entry, ...span }, args };
    }
  }
  return undefined;
}
