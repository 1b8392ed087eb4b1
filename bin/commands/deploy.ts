import { changeLines } from "../../lib/spec-diff.ts";
import type { Invocation } from "../command-table.ts";
import { deployApp } from "../deploy/deploy-app.ts";
import { toAwsOptions, toStrategy, toTag } from "../deploy/deploy-options.ts";
import { describeDeployment } from "../deploy/describe-deployment.ts";
import { loadDeployment } from "../deploy/load-deployment.ts";
import { createSteps, secondsSince } from "../deploy/steps.ts";
import { EXIT } from "../report.ts";

/** Deploys an app. */
export async function run({ operands: [file = ""], options: parsed }: Invocation): Promise<number> {
  const start = performance.now();
  const options = toAwsOptions(parsed);
  const [strategy, tag] = [toStrategy(parsed), toTag(parsed)];
  const made = await loadDeployment(file, parsed);
  const { spec, environment } = made;
  const steps = createSteps(options);
  const isDryRun = parsed["dryRun"] === true;
  const deployed = await deployApp({
    ...{ ...made, strategy, tag, steps, isDryRun },
    dropCalls: parsed["dropCalls"] === true,
    // All of a first deployment is new, and what it has is told at its end.
    onChanges(changes, current) {
      if (current !== undefined || isDryRun) steps.lines(changeLines(changes));
    },
  });
  const seconds = secondsSince(start);
  const shown = describeDeployment({ ...deployed, spec, environment, seconds, isDryRun });
  process.stdout.write(options.json ? `${JSON.stringify(shown.json)}\n` : shown.text);
  return EXIT.success;
}
