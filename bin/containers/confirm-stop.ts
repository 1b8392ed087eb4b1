import { ExecutionError } from "../../lib/errors.ts";
import { isYes } from "../ask.ts";
import { UsageError } from "../usage-error.ts";
import type { ContainerInfo } from "./place.ts";

/** @throws UsageError where nobody can be asked, ExecutionError where somebody says no */
export async function confirmStop(
  { id, app, function: name }: ContainerInfo,
  where: string,
): Promise<void> {
  const what = `container ${id} of "${name}" of app "${app}" in ${where} would stop; what it runs starts again in another`;
  const { stdin: input, stderr: output } = process;
  if (input.isTTY !== true || output.isTTY !== true) {
    throw new UsageError("WINDLASS_NOT_CONFIRMED", what, {
      hint: `write \`windlass container stop ${id} --yes\``,
    });
  }
  if (await isYes(`${what}. Stop it? [y/N] `, { input, output })) return;
  throw new ExecutionError("WINDLASS_NOT_CONFIRMED", `container ${id} goes on`, {
    hint: "answer y, or pass `--yes`",
  });
}
