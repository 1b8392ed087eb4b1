import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { ECSClient } from "@aws-sdk/client-ecs";
import type { BuildSecretFiles } from "../../cdk/images/built-image.ts";
import { appStackId, BUILD_SECRETS, STORES_SECRETS, ZSTD_LAYERS } from "../../cdk/names.ts";
import { CLIENT_CONFIG } from "../../lib/aws/client-config.ts";
import {
  checkOutput,
  checkUpdatable,
  findStack,
  hasFailedCreation,
} from "../../lib/aws/deploy/stack.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { logGroupOf } from "../../lib/aws/facts.ts";
import { deploymentKey, templateObject } from "../../lib/aws/keys.ts";
import type { Objects } from "../../lib/aws/objects.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import { AlreadyExistsError, ExecutionError } from "../../lib/errors.ts";
import type { BuildInputs } from "../../lib/local/images/build-inputs.ts";
import { findBuilder, keepsZstd } from "../../lib/local/images/docker.ts";
import type { AppSpec, ImageSpec } from "../../lib/spec.ts";
import { withBuildSecrets } from "./build-secrets.ts";
import { cloudWatchBuildLogs, watchBuilds } from "./build-watch.ts";
import { imagesInEcs } from "./deployed-images.ts";
import type { ImageBuilder } from "./image-builder.ts";
import type { ImageUris } from "./images.ts";
import { planImages } from "./plan-images.ts";
import { type StackInputs, stackBuilder } from "./stack-builder.ts";
import { progressText, type Steps } from "./steps.ts";

export interface AppDeployment extends StackInputs {
  /** Those that were built elsewhere. */
  readonly images: ImageUris;
  /** Undefined: Docker where it can, else CodeBuild. */
  readonly builder: ImageBuilder | undefined;
  /** A deployed app whose images do as well, where this one lives no longer than that. */
  readonly lender: string | undefined;
  readonly dropCalls: boolean;
  readonly templateHash: string;
  readonly rows: Rows;
  readonly objects: Objects;
  readonly steps: Steps;
  /** Reads secrets that steps of images have. */
  readonly readSecret: BuildInputs["readSecret"];
}

/** Deploys an app's stack. Resolves to the deployment that is then current. @throws WindlassError */
export async function deployAppStack(
  deployment: AppDeployment,
): Promise<{ readonly row: DeploymentRow; readonly changed: number }> {
  const { spec, environment, steps, rows, objects } = deployment;
  const name = appStackId(spec.name, environment);
  await checkPlace(deployment, name);
  const ports = { rows, objects, imageOf: imagesInEcs(new ECSClient(CLIENT_CONFIG)) };
  const plan = await planImages({ ...deployment, ports });
  const builds = watchBuilds(cloudWatchBuildLogs());
  // The CDK takes a second to load: after all that may be refused.
  const build = await stackBuilder(deployment, plan);
  const { deployStack } = await import("../../cdk/toolkit/deploy-stack.ts");
  const toBuild = plan.missingImages === "build" ? missingFrom(spec, plan.images) : [];
  const hasZstd = toBuild.length > 0 && (await readyDocker());
  const deploy = (buildSecrets: BuildSecretFiles) =>
    deployStack({
      name,
      build,
      context: {
        "windlass:template-hash": deployment.templateHash,
        [STORES_SECRETS]: true,
        [BUILD_SECRETS]: buildSecrets,
        [ZSTD_LAYERS]: hasZstd,
      },
      onProgress: (progress) => steps.progress(progressText(progress)),
      onMessage(message) {
        builds.see(message);
        steps.detail(message);
      },
    });
  const { changed, template } = await withBuildSecrets(toBuild, deployment, deploy).catch(
    async (error: unknown) => {
      throw await builds.explain(error);
    },
  );
  await keepTemplate(deployment, template);
  return { row: await flippedRow(rows, spec.name, name), changed };
}

/** A rollback deploys it again. */
async function keepTemplate(
  { spec, objects, templateHash, steps }: AppDeployment,
  template: string,
): Promise<void> {
  await objects.put(templateObject(spec.name, templateHash), template).catch((error: unknown) => {
    steps.notice({
      code: "WINDLASS_TEMPLATE_NOT_KEPT",
      message: `\`windlass app rollback\` cannot come back to this deployment's options: ${String(error)}`,
      hint: "allow s3:PutObject on the environment's bucket to whoever deploys",
    });
  });
}

/** The current deployment, once a stack was deployed. @throws ExecutionError */
export async function flippedRow(rows: Rows, app: string, stack: string): Promise<DeploymentRow> {
  const found = await rows.get<DeploymentRow>(deploymentKey(app));
  if (found !== undefined) return found.body;
  throw new ExecutionError(
    "WINDLASS_NOT_FLIPPED",
    `the stack ${stack} was deployed, but app "${app}" has no deployment`,
    { hint: "look at the log of the environment's deployment function, then deploy again" },
  );
}

/** The CDK calls Docker as this process would. Answers whether it keeps layers by zstd. */
async function readyDocker(): Promise<boolean> {
  // Without it the CDK says so itself, with what else there is.
  const builder = await findBuilder().catch(() => undefined);
  if (builder === "buildkit") process.env["DOCKER_BUILDKIT"] ??= "1";
  return builder === "buildx" && (await keepsZstd());
}

function missingFrom({ images }: AppSpec, uris: ImageUris): readonly ImageSpec[] {
  return images.filter(({ hash }) => uris[hash] === undefined);
}

/** Refuses where another stack is in the way. */
async function checkPlace({ spec, environment, rows, steps }: AppDeployment, name: string) {
  const client = new CloudFormationClient(CLIENT_CONFIG);
  const [stack, row] = await Promise.all([
    findStack(client, name),
    rows.get<DeploymentRow>(deploymentKey(spec.name)),
  ]);
  const owner = row?.body.owner;
  if (owner !== undefined && !owner.includes(`:stack/${name}/`)) {
    const other = /:stack\/([^/]+)\//.exec(owner)?.[1] ?? owner;
    throw new AlreadyExistsError(
      "WINDLASS_APP_EXISTS",
      `app "${spec.name}" is deployed in environment "${environment}" by the stack ${other}`,
      { hint: "deploy that stack with `cdk deploy`, or give this app another name with `--name`" },
    );
  }
  if (stack === undefined) return;
  if (hasFailedCreation(stack)) {
    steps.done(`removing the stack ${name}, whose creation had failed`);
    return;
  }
  checkUpdatable(stack);
  checkOutput(
    stack,
    (output, value) =>
      output.includes("LogGroupName") && value === logGroupOf(environment, spec.name),
    `app "${spec.name}" of environment "${environment}"`,
  );
}
