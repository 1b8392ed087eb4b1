import { ExecutionError } from "../../lib/errors.ts";
import { isYes } from "../ask.ts";
import { toAwsOptions } from "../deploy/deploy-options.ts";
import { describeRemoval } from "../deploy/describe-removal.ts";
import { removeApp } from "../deploy/remove-app.ts";
import { createSteps, secondsSince } from "../deploy/steps.ts";
import { type ActionContext, printLine } from "../storage/actions.ts";
import { UsageError } from "../usage-error.ts";

/** Ends an app with its containers and open calls; what it has stored stays, and a deployment makes it anew. */
export async function stopApp({ name: app, options, json }: ActionContext): Promise<void> {
  const start = performance.now();
  const aws = toAwsOptions(options);
  const { environment } = aws;
  if (options["yes"] !== true) await confirm(app, environment);
  const removal = { environment, isAll: false, dropCalls: true, steps: createSteps(aws) };
  const left = await removeApp(app, removal);
  const seconds = secondsSince(start);
  const text = describeRemoval({ app, environment, left, seconds, isAll: false });
  printLine(json ? JSON.stringify({ app, environment, left }) : text.trimEnd());
}

/** @throws UsageError where nobody can be asked, ExecutionError where somebody says no */
async function confirm(app: string, environment: string): Promise<void> {
  const what = `app "${app}" of environment "${environment}" would end, with its containers and open calls`;
  const { stdin: input, stderr: output } = process;
  if (input.isTTY !== true || output.isTTY !== true) {
    throw new UsageError("WINDLASS_NOT_CONFIRMED", what, {
      hint: `write \`windlass app stop ${app} --yes\``,
    });
  }
  if (await isYes(`${what}. Stop it? [y/N] `, { input, output })) return;
  throw new ExecutionError("WINDLASS_NOT_CONFIRMED", `app "${app}" goes on`, {
    hint: "answer y, or pass `--yes`",
  });
}
