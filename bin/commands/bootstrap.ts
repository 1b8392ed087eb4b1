import type { Invocation } from "../command-table.ts";
import {
  toAwsOptions,
  toMaxHosts,
  toMaxHourlyUsd,
  toMaxTotalHourlyUsd,
} from "../deploy/deploy-options.ts";
import { requireCdk } from "../deploy/require-cdk.ts";
import { createSteps, secondsSince } from "../deploy/steps.ts";
import { EXIT } from "../report.ts";

/** Prepares an account and region for apps; does nothing that is done already. */
export async function run({ options: parsed }: Invocation): Promise<number> {
  const start = performance.now();
  const options = toAwsOptions(parsed);
  const limits = {
    maxHourlyUsd: toMaxHourlyUsd(parsed),
    maxHosts: toMaxHosts(parsed),
    maxTotalHourlyUsd: toMaxTotalHourlyUsd(parsed),
  };
  requireCdk();
  const steps = createSteps(options);
  const { bootstrap } = await import("../deploy/bootstrap.ts");
  const { json, resources } = await bootstrap({
    environment: options.environment,
    limits,
    steps,
  });
  const what = resources === 0 ? "was up to date" : "is ready";
  process.stdout.write(
    options.json
      ? `${JSON.stringify(json)}\n`
      : `Environment ${options.environment} ${what}, ${secondsSince(start)}. Next: npx windlass deploy app.ts\n`,
  );
  return EXIT.success;
}
