import { ExecutionError } from "../../lib/errors.ts";
import { selected } from "../../lib/failed/select.ts";
import { isYes } from "../ask.ts";
import { type ActionContext, printLine } from "../storage/actions.ts";
import { UsageError } from "../usage-error.ts";
import { toFilter } from "./options.ts";
import type { FailedPlace } from "./place.ts";
import { countText, tellDryRun } from "./read.ts";

/** Forgets failed inputs, once somebody has agreed. */
export async function purge(opened: FailedPlace, context: ActionContext): Promise<void> {
  const { place, where } = opened;
  const { options, json } = context;
  if (options["dryRun"] === true) {
    await tellDryRun(opened, context, "be forgotten");
    return;
  }
  if (options["yes"] !== true) await confirm(opened, context);
  const inputs = await removeAll(opened, context);
  printLine(
    json
      ? JSON.stringify({ purged: inputs })
      : `${countText(inputs)} of ${place.app} in ${where} ${inputs === 1 ? "is" : "are"} forgotten`,
  );
}

async function removeAll({ place }: FailedPlace, { options }: ActionContext): Promise<number> {
  const filter = toFilter(options);
  let inputs = 0;
  for await (const entries of place.pages()) {
    await Promise.all(
      entries.map(async (entry) => {
        const span = selected(entry, filter);
        if (span === undefined) return;
        await place.remove(entry, [span]);
        inputs += span.end - span.start;
      }),
    );
  }
  if (Object.values(filter).every((one) => one === undefined)) await place.removeUnreadable();
  return inputs;
}

/** @throws UsageError where nobody can be asked, ExecutionError where somebody says no */
async function confirm({ place, where }: FailedPlace, { options }: ActionContext): Promise<void> {
  const filter = toFilter(options);
  const of = Object.entries(filter).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${value}`],
  );
  const which = of.length === 0 ? "all failed inputs" : `failed inputs with ${of.join(", ")}`;
  const what = `${which} of app "${place.app}" in ${where} would be forgotten, with their arguments`;
  const { stdin: input, stderr: output } = process;
  if (input.isTTY !== true || output.isTTY !== true) {
    throw new UsageError("WINDLASS_NOT_CONFIRMED", what, {
      hint: `write \`windlass failed purge ${place.app} --yes\`, or look first with \`--dry-run\``,
    });
  }
  if (await isYes(`${what}. Forget them? [y/N] `, { input, output })) return;
  throw new ExecutionError("WINDLASS_NOT_CONFIRMED", `failed inputs of app "${place.app}" stay`, {
    hint: "answer y, or pass `--yes`",
  });
}
