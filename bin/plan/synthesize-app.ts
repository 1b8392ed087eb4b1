import { ECSClient } from "@aws-sdk/client-ecs";
import { appStackId, BUILD_SECRETS, STORES_SECRETS } from "../../cdk/names.ts";
import type { StackTemplates } from "../../cdk/toolkit/synthesize-stack.ts";
import { CLIENT_CONFIG } from "../../lib/aws/client-config.ts";
import type { AppSpec } from "../../lib/spec.ts";
import { type DeployedPorts, imagesInEcs } from "../deploy/deployed-images.ts";
import type { ImageBuilder } from "../deploy/image-builder.ts";
import type { ImageUris } from "../deploy/images.ts";
import { planImages } from "../deploy/plan-images.ts";
import type { EnvironmentPorts } from "../deploy/prepare-deployment.ts";
import { type StackInputs, stackBuilder } from "../deploy/stack-builder.ts";
import type { Steps } from "../deploy/steps.ts";

export interface PlannedApp extends StackInputs {
  /** Those that were built elsewhere. */
  readonly images: ImageUris;
  readonly builder: ImageBuilder | undefined;
  readonly templateHash: string;
  /** Undefined: AWS is not asked for images that are there. */
  readonly ports: EnvironmentPorts | undefined;
  readonly steps: Steps;
}

/** The templates that `windlass deploy` would deploy now. Nothing is built, and no secret is read. @throws WindlassError */
export async function synthesizeApp(app: PlannedApp): Promise<StackTemplates> {
  const { spec, environment, templateHash } = app;
  const ports = app.ports === undefined ? NOTHING_DEPLOYED : portsOf(app.ports);
  const plan = await planImages({ ...app, lender: undefined, ports });
  const { synthesizeStack } = await import("../../cdk/toolkit/synthesize-stack.ts");
  return await synthesizeStack({
    name: appStackId(spec.name, environment),
    build: await stackBuilder(app, plan),
    context: {
      "windlass:template-hash": templateHash,
      [STORES_SECRETS]: true,
      [BUILD_SECRETS]: unreadSecrets(spec),
    },
  });
}

const NOTHING_DEPLOYED: DeployedPorts = {
  rows: { get: async () => undefined },
  objects: { get: async () => "" },
  imageOf: async () => undefined,
};

function portsOf({ rows, objects }: EnvironmentPorts): DeployedPorts {
  return { rows, objects, imageOf: imagesInEcs(new ECSClient(CLIENT_CONFIG)) };
}

/** Templates do not have them: only Docker would read these files. */
function unreadSecrets({ images }: AppSpec): Record<string, Record<string, string>> {
  return Object.fromEntries(
    images.map(({ hash, secrets }) => [
      hash,
      Object.fromEntries(secrets.map(({ id }) => [id, "not-read"])),
    ]),
  );
}
