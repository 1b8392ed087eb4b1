import { App } from "../../lib/app.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import type { AppSpec } from "../../lib/spec.ts";
import { changeLines } from "../../lib/spec-diff.ts";
import { checkPythonTypes } from "../check-python-types.ts";
import type { Invocation } from "../command-table.ts";
import { deployApp } from "../deploy/deploy-app.ts";
import {
  toAwsOptions,
  toShards,
  toStrategy,
  toTag,
  toWebDomain,
} from "../deploy/deploy-options.ts";
import { describeDeployment } from "../deploy/describe-deployment.ts";
import { givenBuilder } from "../deploy/image-builder.ts";
import { givenImages } from "../deploy/images.ts";
import { requireCdk } from "../deploy/require-cdk.ts";
import { createSteps, secondsSince } from "../deploy/steps.ts";
import { loadApp } from "../load-app.ts";
import { EXIT } from "../report.ts";

/** Deploys an app. */
export async function run({ operands: [file = ""], options: parsed }: Invocation): Promise<number> {
  const start = performance.now();
  const options = toAwsOptions(parsed);
  const shards = toShards(parsed);
  const [strategy, tag, web] = [toStrategy(parsed), toTag(parsed), toWebDomain(parsed)];
  const builder = givenBuilder(parsed["build"]);
  requireCdk();
  const { environment } = options;
  const loaded = await loadApp(file);
  const spec = named(resolveSpec(loaded.app), parsed["name"]);
  await checkPythonTypes(loaded.app, file);
  const images = givenImages(spec.images, (parsed["image"] ?? []) as readonly string[]);
  const steps = createSteps(options);
  const isDryRun = parsed["dryRun"] === true;
  const deployed = await deployApp({
    ...{
      loaded,
      file,
      spec,
      environment,
      images,
      builder,
      shards,
      strategy,
      tag,
      web,
      steps,
      isDryRun,
    },
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

/** The spec under another name. @throws InvalidError when no app can have it */
function named(spec: AppSpec, name: unknown): AppSpec {
  return name === undefined ? spec : { ...spec, name: new App(String(name)).name };
}
