import { join, relative } from "node:path";
import { Stack, Stage } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { InvalidError } from "../../lib/errors.ts";
import { writeCode } from "../../lib/local/images/build-inputs.ts";
import { imageContextHash, writeImageContext } from "../../lib/local/images/context.ts";
import type { ImageSpec } from "../../lib/spec.ts";
import { BUILD_SECRETS, ZSTD_LAYERS } from "../names.ts";

/** A third less to push and to pull, and unpacked several times as fast. */
const ZSTD: string[] = [
  "type=image,oci-mediatypes=true,compression=zstd,compression-level=3,force-compression=true",
];

/** Files with the secrets of builds, by hash of the image and id of the secret. */
export type BuildSecretFiles = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * The URI of an image that the deployment builds with Docker and pushes to the registry of the CDK's bootstrap, unless
 * it is there already.
 */
export function builtImage(
  scope: Construct,
  image: ImageSpec,
  { code }: { readonly code: string },
): string {
  const stack = Stack.of(scope);
  // Each stack is within an app, which is a stage.
  const stage = Stage.of(stack) as Stage;
  const sourceHash = imageContextHash(image);
  const folder = join(stage.assetOutdir, `asset.${sourceHash}`);
  writeImageContext(image, folder);
  const secrets = { ...codeSecrets(image, code, folder), ...secretFiles(scope, image) };
  const { imageUri } = stack.synthesizer.addDockerImageAsset({
    displayName: `Image ${image.hash.slice(0, 12)}`,
    sourceHash,
    directoryName: relative(stage.outdir, folder),
    platform: image.platform,
    ...(Object.keys(secrets).length > 0 && { dockerBuildSecrets: secrets }),
    ...(scope.node.tryGetContext(ZSTD_LAYERS) === true && { dockerOutputs: ZSTD }),
  });
  return imageUri;
}

/** Docker runs in the folder that it builds from. */
function codeSecrets(
  { runsCode }: ImageSpec,
  code: string,
  folder: string,
): Readonly<Record<string, string>> {
  if (!runsCode) return {};
  const parts = [...writeCode(code, folder)];
  return Object.fromEntries(parts.map(([id, file]) => [id, `src=${relative(folder, file)}`]));
}

/** Those of secrets are where the assembly is not, for as long as the deployment takes. @throws InvalidError */
function secretFiles(scope: Construct, image: ImageSpec): Readonly<Record<string, string>> {
  if (image.secrets.length === 0) return {};
  const given = scope.node.tryGetContext(BUILD_SECRETS) as BuildSecretFiles | undefined;
  const files = given?.[image.hash];
  if (files !== undefined) {
    return Object.fromEntries(Object.entries(files).map(([id, file]) => [id, `src=${file}`]));
  }
  throw new InvalidError(
    "WINDLASS_BUILD_SECRETS",
    `the image ${image.hash.slice(0, 12)} is built with secrets, which \`cdk deploy\` does not read`,
    {
      hint: "deploy with `windlass deploy`, or build the image elsewhere and give its URI in `images`",
    },
  );
}
