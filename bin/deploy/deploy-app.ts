import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { templateHash } from "../../cdk/toolkit/template-hash.ts";
import { createClients } from "../../lib/aws/clients.ts";
import { deployCode } from "../../lib/aws/deploy/deploy-code.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { readFacts } from "../../lib/aws/environment.ts";
import { hostLimits } from "../../lib/aws/facts.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { createStores } from "../../lib/aws/storage/aws-stores.ts";
import { createWake, poolsKept } from "../../lib/aws/wake.ts";
import { bundleApp } from "../../lib/local/bundle.ts";
import { withPython } from "../../lib/local/python/deployed-bundle.ts";
import { readLocalSecret } from "../../lib/local/storage/local-secrets.ts";
import { throwViolations } from "../../lib/options/violation.ts";
import { type FirstOffer, firstOffers, hostMistakes } from "../../lib/scheduling/first-offers.ts";
import { sha256 } from "../../lib/sha256.ts";
import { type AppSpec, specText } from "../../lib/spec.ts";
import type { LoadedApp } from "../load-app.ts";
import { secretReader } from "./build-secrets.ts";
import type { ImageBuilder } from "./image-builder.ts";
import type { ImageUris } from "./images.ts";
import { storeInlineSecrets } from "./inline-secrets.ts";
import type { Steps } from "./steps.ts";

export interface DeployRequest {
  readonly loaded: LoadedApp;
  /** Path of the app's module. */
  readonly file: string;
  /** Under the name that it is deployed as. */
  readonly spec: AppSpec;
  readonly environment: string;
  readonly images: ImageUris;
  /** Undefined: Docker where it can, else CodeBuild. */
  readonly builder: ImageBuilder | undefined;
  /** A deployed app whose images do as well, where this one lives no longer than that. */
  readonly lender?: string;
  readonly shards: number | undefined;
  /** Open calls of functions that are no more fail, instead of the deployment. */
  readonly dropCalls: boolean;
  readonly steps: Steps;
}

export interface Deployed {
  readonly row: DeploymentRow;
  /** Resources that CloudFormation changed; undefined where it was not asked. */
  readonly changed: number | undefined;
  /** Hosts of functions with a GPU. */
  readonly gpus: readonly FirstOffer[];
}

/** Deploys an app: its code alone where nothing else has changed, else its stack. @throws WindlassError */
export async function deployApp(request: DeployRequest): Promise<Deployed> {
  const { loaded, file, spec, environment, images, shards, dropCalls, steps } = request;
  const { builder, lender } = request;
  const clients = createClients();
  const { root } = loaded.project;
  const [facts, script] = await Promise.all([
    readFacts(clients.ssm, environment),
    bundleApp([file], root, { isForDeployment: true }),
  ]);
  const limits = hostLimits(facts);
  throwViolations(`app "${spec.name}"`, hostMistakes(spec.functions, limits), deployApp);
  const bundle = withPython(script, spec, root);
  const gpus = firstOffers(spec.functions, limits);
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
  const clock = { now: Date.now, sleep: (ms: number) => pause(ms) };
  const ports = { rows, objects, clock };
  const stores = createStores({
    ...{ clients, environment, now: Date.now },
    ...{ table: facts["table-name"], bucket: facts["bucket-name"] },
  });
  await storeInlineSecrets(stores, loaded.app, spec.name);
  const row = await deployCode(ports, deployment);
  if (row !== undefined) {
    const controller = facts["controller-function-arn"];
    await startKept(createWake(clients.lambda, { app: spec.name, controller }), request);
    return { row, changed: undefined, gpus };
  }
  const { deployAppStack } = await import("./app-stack.ts");
  const deployed = await deployAppStack({
    ...{ spec, module: loaded.app.name, code: bundle.file, environment, images, shards },
    ...{ builder, lender, dropCalls, steps, rows, objects, templateHash: deployment.templateHash },
    readSecret: secretReader(
      {
        secrets: stores.secrets,
        readLocal: (name) => readLocalSecret(loaded.project.stateDirectory, name),
      },
      spec.name,
    ),
  });
  // The stack may have been right already while other code was ahead of it.
  const live = await deployCode(ports, deployment);
  return { row: live ?? deployed.row, changed: deployed.changed, gpus };
}

/** What deploys a stack does so itself. */
async function startKept(
  wake: ReturnType<typeof createWake>,
  { spec, steps }: DeployRequest,
): Promise<void> {
  const pools = poolsKept(spec.functions);
  if (pools.length === 0) return;
  await wake(pools).catch((error: unknown) => {
    steps.notice({
      code: "WINDLASS_NOT_WOKEN",
      message: `containers of \`minContainers\` start within a minute, not at once: ${String(error)}`,
      hint: "allow lambda:InvokeFunction on the environment's controller to whoever deploys",
    });
  });
}
