import { webMistakes } from "../../cdk/app/web/web-domain.ts";
import { hostLimits } from "../../lib/aws/facts.ts";
import { ExecutionError } from "../../lib/errors.ts";
import { throwViolations } from "../../lib/options/violation.ts";
import type { Invocation } from "../command-table.ts";
import { toAwsOptions } from "../deploy/deploy-options.ts";
import { loadDeployment } from "../deploy/load-deployment.ts";
import { bundleDeployment } from "../deploy/prepare-deployment.ts";
import { createSteps } from "../deploy/steps.ts";
import { describePlan, usdText } from "../plan/describe-plan.ts";
import { lookAtAws, notLooked } from "../plan/look-at-aws.ts";
import { makePlan, type Plan } from "../plan/make-plan.ts";
import { planJson } from "../plan/plan-json.ts";
import { type Gate, toGates, toSecondsPerCall } from "../plan/plan-options.ts";
import { synthesizeApp } from "../plan/synthesize-app.ts";
import { EXIT } from "../report.ts";

/** Tells what a deployment would make, change and cost, and changes nothing. */
export async function run({ operands: [file = ""], options: parsed }: Invocation): Promise<number> {
  const options = toAwsOptions(parsed);
  const [secondsPerCall, gates] = [toSecondsPerCall(parsed), toGates(parsed)];
  const made = await loadDeployment(file, parsed);
  const { loaded, spec, environment, web } = made;
  throwViolations(`app "${spec.name}"`, webMistakes(spec.functions, web), run);
  const { bundle, deployment } = await bundleDeployment(made);
  const looking = { spec, environment, deployment, usualLimits: hostLimits({}) };
  const looked =
    parsed["offline"] === true
      ? notLooked(looking, "AWS was not asked, as --offline says")
      : await lookAtAws(looking);
  const templates = await synthesizeApp({
    ...{ ...made, module: loaded.app.name, code: bundle },
    ...{ templateHash: deployment.templateHash, ports: looked.ports, steps: createSteps(options) },
  });
  const plan = makePlan({ spec, environment, templates, looked, secondsPerCall });
  process.stdout.write(options.json ? `${JSON.stringify(planJson(plan))}\n` : describePlan(plan));
  // What the environment allows is known only of one that was asked; of others it is a note.
  if (looked.ports !== undefined) throwViolations(`app "${spec.name}"`, plan.mistakes, run);
  for (const gate of gates) checkGate(plan, gate);
  return EXIT.success;
}

/** @throws ExecutionError where it costs more */
function checkGate(plan: Plan, { text, usd, per }: Gate): void {
  const { app, idleUsdPerMonth, idle, hosts } = plan;
  if (per === "month") {
    if (idleUsdPerMonth <= usd) return;
    const [dearest] = idle;
    throw new ExecutionError(
      "WINDLASS_OVER_BUDGET",
      `app "${app}" would cost ${usdText(idleUsdPerMonth)} a month at rest, more than --fail-over ${text} allows`,
      { hint: `the most of it: ${dearest?.what ?? "nothing"}` },
    );
  }
  const over = hosts.filter(({ type }) => type.usdPerHour > usd);
  if (over.length === 0) return;
  const names = over.map((host) => {
    return `"${host.function}" (${host.type.name}, ${usdText(host.type.usdPerHour)}/h)`;
  });
  throw new ExecutionError(
    "WINDLASS_OVER_BUDGET",
    `hosts of ${names.join(", ")} cost more than --fail-over ${text} allows`,
    { hint: "ask for a cheaper GPU, less CPU or less memory, or raise --fail-over" },
  );
}
