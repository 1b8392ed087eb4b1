import { DescribeTaskDefinitionCommand, type ECSClient } from "@aws-sdk/client-ecs";
import { onAws } from "../../lib/aws/aws-error.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { deploymentKey } from "../../lib/aws/keys.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import type { Objects } from "../../lib/aws/objects.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import { imageContextHash } from "../../lib/local/images/context.ts";
import type { ImageSpec } from "../../lib/spec.ts";
import type { ImageUris } from "./images.ts";

export interface DeployedPorts {
  readonly rows: Pick<Rows, "get">;
  readonly objects: Pick<Objects, "get">;
  /** The image of a task definition. */
  imageOf(taskDefinition: string): Promise<string | undefined>;
}

/** URIs of those images that the current deployment of an app has as well, built from the same. */
export async function deployedImages(
  ports: DeployedPorts,
  app: string,
  images: readonly ImageSpec[],
): Promise<ImageUris> {
  const row = await ports.rows.get<DeploymentRow>(deploymentKey(app));
  if (row === undefined) return {};
  const manifest = JSON.parse(await ports.objects.get(row.body.manifestKey)) as Manifest; // Written by a deployment.
  const arns = Object.values(manifest.functions).map(({ taskDefinition }) => taskDefinition);
  const uris = await Promise.all([...new Set(arns)].map((arn) => ports.imageOf(arn)));
  return Object.fromEntries(
    images.flatMap((image) => {
      // Whoever builds an image tags it with what it is built from.
      const uri = uris.find((one) => one?.endsWith(`:${imageContextHash(image)}`));
      return uri === undefined ? [] : [[image.hash, uri]];
    }),
  );
}

/** Images of task definitions in ECS. */
export function imagesInEcs(ecs: ECSClient): DeployedPorts["imageOf"] {
  return async (taskDefinition) =>
    await onAws(`read the task definition ${taskDefinition}`, async () => {
      const found = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
      return found.taskDefinition?.containerDefinitions?.[0]?.image;
    });
}
