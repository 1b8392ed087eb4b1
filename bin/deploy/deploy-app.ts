import { readFileSync } from "node:fs";
import { templateHash } from "../../cdk/toolkit/template-hash.ts";
import { createClients } from "../../lib/aws/clients.ts";
import { deployCode } from "../../lib/aws/deploy/deploy-code.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { readFacts } from "../../lib/aws/environment.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { bundleApp } from "../../lib/local/bundle.ts";
import { sha256 } from "../../lib/sha256.ts";
import { type AppSpec, specText } from "../../lib/spec.ts";
import type { LoadedApp } from "../load-app.ts";
import type { ImageUris } from "./images.ts";
import type { Steps } from "./steps.ts";

export interface DeployRequest {
  readonly loaded: LoadedApp;
  /** Path of the app's module. */
  readonly file: string;
  /** Under the name that it is deployed as. */
  readonly spec: AppSpec;
  readonly environment: string;
  readonly images: ImageUris;
  readonly shards: number | undefined;
  readonly steps: Steps;
}

export interface Deployed {
  readonly row: DeploymentRow;
  /** Resources that CloudFormation changed; undefined where it was not asked. */
  readonly changed: number | undefined;
}

/** Deploys an app: its code alone where nothing else has changed, else its stack. @throws WindlassError */
export async function deployApp(request: DeployRequest): Promise<Deployed> {
  const { loaded, file, spec, environment, images, shards, steps } = request;
  const clients = createClients();
  const [facts, bundle] = await Promise.all([
    readFacts(clients.ssm, environment),
    bundleApp([file], loaded.project.root, { isForDeployment: true }),
  ]);
  const text = specText(spec);
  const code = readFileSync(bundle.file, "utf8");
  const deployment = {
    app: spec.name,
    environment,
    code,
    codeHash: sha256(code),
    specHash: sha256(text),
    templateHash: templateHash({ spec: text, environment, images, shards }),
  };
  const rows = new DynamoRows(clients.dynamo, facts["table-name"]);
  const objects = new S3Objects(clients.s3, facts["bucket-name"]);
  const ports = { rows, objects, now: Date.now };
  const row = await deployCode(ports, deployment);
  if (row !== undefined) return { row, changed: undefined };
  const { deployAppStack } = await import("./app-stack.ts");
  const deployed = await deployAppStack({
    ...{ spec, module: loaded.app.name, code: bundle.file, environment, images, shards },
    ...{ steps, rows, templateHash: deployment.templateHash },
  });
  // The stack may have been right already while other code was ahead of it.
  const live = await deployCode(ports, deployment);
  return { row: live ?? deployed.row, changed: deployed.changed };
}
