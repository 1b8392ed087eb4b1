import { readFileSync } from "node:fs";
import { AssetStaging, FileAssetPackaging, Stack } from "aws-cdk-lib";
import { Construct } from "constructs";
import { NotFoundError } from "../../lib/errors.ts";
import { show } from "../../lib/options/show.ts";
import { sha256 } from "../../lib/sha256.ts";

/**
 * The bundle of an app as an asset: `cdk deploy` uploads it to the bootstrap bucket, and the deployment function copies
 * it from there to `bundles/<app>/<sha256>.mjs` after it has compared the hash.
 *
 * @throws NotFoundError when the file cannot be read
 */
export class BundledCode extends Construct {
  /** SHA-256 of the file, in hexadecimal. */
  readonly hash: string;
  readonly bucketName: string;
  readonly objectKey: string;

  constructor(scope: Construct, id: string, props: { readonly file: string }) {
    super(scope, id);
    this.hash = hashFile(props.file);
    // What an Asset of aws-s3-assets does, without loading half of aws-s3 for it.
    const stack = Stack.of(this);
    const staging = new AssetStaging(this, "Asset", { sourcePath: props.file });
    const { bucketName, objectKey } = stack.synthesizer.addFileAsset({
      displayName: this.node.path,
      fileName: staging.relativeStagedPath(stack),
      packaging: FileAssetPackaging.FILE,
      sourceHash: staging.assetHash,
    });
    this.bucketName = bucketName;
    this.objectKey = objectKey;
  }
}

function hashFile(file: string): string {
  try {
    return sha256(readFileSync(file));
  } catch (cause) {
    const message = `\`code\` must be the path of a bundle, but ${show(file)} cannot be read`;
    const hint = "bundle the app first, and pass the path of the .mjs file";
    throw new NotFoundError("WINDLASS_CODE_NOT_FOUND", message, { cause, hint });
  }
}
