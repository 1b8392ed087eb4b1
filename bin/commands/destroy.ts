import type { Invocation } from "../command-table.ts";
import { toAwsOptions } from "../deploy/deploy-options.ts";
import { describeRemoval } from "../deploy/describe-removal.ts";
import { createSteps, secondsSince } from "../deploy/steps.ts";
import { EXIT } from "../report.ts";
import { UsageError } from "../usage-error.ts";

/** Removes an app, or an environment that no app uses; lists what stays, or removes that too. */
export async function run({ operands: [app], options: parsed }: Invocation): Promise<number> {
  const start = performance.now();
  const options = toAwsOptions(parsed);
  if (app === undefined && !options.namesEnvironment) {
    throw new UsageError("WINDLASS_NOTHING_NAMED", "`windlass destroy` needs the name of an app", {
      hint: "write `windlass destroy media`, or `windlass destroy --environment staging` for an environment",
    });
  }
  const { environment } = options;
  const isAll = parsed["deleteData"] === true;
  const removal = { environment, isAll, steps: createSteps(options) };
  const left =
    app === undefined
      ? await (await import("../deploy/remove-environment.ts")).removeEnvironment(removal)
      : await (await import("../deploy/remove-app.ts")).removeApp(app, {
          ...removal,
          dropCalls: parsed["dropCalls"] === true,
        });
  const json = { ...(app !== undefined && { app }), environment, left };
  const seconds = secondsSince(start);
  process.stdout.write(
    options.json
      ? `${JSON.stringify(json)}\n`
      : describeRemoval({ app, environment, left, seconds, isAll }),
  );
  return EXIT.success;
}
