import { readFileSync } from "node:fs";
import { templateHash } from "../../cdk/toolkit/template-hash.ts";
import { App } from "../../lib/app.ts";
import { createClients } from "../../lib/aws/clients.ts";
import { deployCode } from "../../lib/aws/deploy/deploy-code.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { readFacts } from "../../lib/aws/environment.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { bundleApp } from "../../lib/local/bundle.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import { sha256 } from "../../lib/sha256.ts";
import { type AppSpec, specText } from "../../lib/spec.ts";
import type { Invocation } from "../command-table.ts";
import { toAwsOptions, toShards } from "../deploy/deploy-options.ts";
import { describeDeployment } from "../deploy/describe-deployment.ts";
import { givenImages } from "../deploy/images.ts";
import { requireCdk } from "../deploy/require-cdk.ts";
import { createSteps, secondsSince } from "../deploy/steps.ts";
import { loadApp } from "../load-app.ts";
import { EXIT } from "../report.ts";

/** Deploys an app: its code alone where nothing else has changed, else its stack. */
export async function run({ operands: [file = ""], options: parsed }: Invocation): Promise<number> {
  const start = performance.now();
  const options = toAwsOptions(parsed);
  const shards = toShards(parsed);
  requireCdk();
  const steps = createSteps(options);
  const { environment } = options;
  const clients = createClients();
  const [{ app, project }, facts] = await Promise.all([
    loadApp(file),
    readFacts(clients.ssm, environment),
  ]);
  const bundle = await bundleApp([file], project.root, { isForDeployment: true });
  const spec = named(resolveSpec(app), parsed["name"]);
  const images = givenImages(spec.images, (parsed["image"] ?? []) as readonly string[]);
  const text = specText(spec);
  const code = readFileSync(bundle.file, "utf8");
  const deployment = {
    app: spec.name,
    code,
    codeHash: sha256(code),
    specHash: sha256(text),
    templateHash: templateHash({ spec: text, environment, images, shards }),
  };
  const rows = new DynamoRows(clients.dynamo, facts["table-name"]);
  const objects = new S3Objects(clients.s3, facts["bucket-name"]);
  const ports = { rows, objects, now: Date.now };
  const row = await deployCode(ports, deployment);
  const show = (deployed: DeploymentRow, resources: number | undefined): number => {
    const seconds = secondsSince(start);
    const shown = describeDeployment({ spec, row: deployed, resources, environment, seconds });
    process.stdout.write(options.json ? `${JSON.stringify(shown.json)}\n` : shown.text);
    return EXIT.success;
  };
  if (row !== undefined) return show(row, undefined);
  const { deployAppStack } = await import("../deploy/app-stack.ts");
  const deployed = await deployAppStack({
    ...{ spec, module: app.name, code: bundle.file, environment, images, shards, steps, rows },
    templateHash: deployment.templateHash,
  });
  // The stack may have been right already while other code was ahead of it.
  const live = (await deployCode(ports, deployment)) ?? deployed.row;
  return show(live, deployed.changed);
}

/** The spec under another name. @throws InvalidError when no app can have it */
function named(spec: AppSpec, name: unknown): AppSpec {
  return name === undefined ? spec : { ...spec, name: new App(String(name)).name };
}
