import { join, relative } from "node:path";
import { Stack, Stage } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { imageContextHash, writeImageContext } from "../../lib/local/images/context.ts";
import type { ImageSpec } from "../../lib/spec.ts";

/**
 * The URI of an image that the deployment builds with Docker and pushes to the registry of the CDK's bootstrap, unless
 * it is there already.
 */
export function builtImage(scope: Construct, image: ImageSpec): string {
  const stack = Stack.of(scope);
  // Each stack is within an app, which is a stage.
  const stage = Stage.of(stack) as Stage;
  const sourceHash = imageContextHash(image);
  const folder = join(stage.assetOutdir, `asset.${sourceHash}`);
  writeImageContext(image, folder);
  const { imageUri } = stack.synthesizer.addDockerImageAsset({
    displayName: `Image ${image.hash.slice(0, 12)}`,
    sourceHash,
    directoryName: relative(stage.outdir, folder),
    platform: image.platform,
  });
  return imageUri;
}
