import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { Construct } from "constructs";
import { NotFoundError } from "../../lib/errors.ts";
import { show } from "../../lib/options/show.ts";

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
    const asset = new Asset(this, "Asset", { path: props.file });
    this.bucketName = asset.s3BucketName;
    this.objectKey = asset.s3ObjectKey;
  }
}

function hashFile(file: string): string {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch (cause) {
    const message = `\`code\` must be the path of a bundle, but ${show(file)} cannot be read`;
    const hint = "bundle the app first, and pass the path of the .mjs file";
    throw new NotFoundError("WINDLASS_CODE_NOT_FOUND", message, { cause, hint });
  }
}
