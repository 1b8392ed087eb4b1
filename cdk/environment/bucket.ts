import { Duration, RemovalPolicy } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";

/** Results outlive the seven days that callers have by one. */
const CALL_DAYS = 8;
/** Large values of dicts outlive their last use by seven days; each use makes the object young again. Volumes without a
 * name end after seven days. */
const STORED_DAYS = 9;
const UNFINISHED_UPLOAD_DAYS = 2;

/** Pages, bundles and manifests of all apps: private, over TLS only. Kept when the stack is removed. */
export class ObjectBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: { readonly encryptionKey?: IKey }) {
    super(scope, id);
    const { encryptionKey } = props;
    this.bucket = new Bucket(this, "Resource", {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      encryption: encryptionKey ? BucketEncryption.KMS : BucketEncryption.S3_MANAGED,
      bucketKeyEnabled: encryptionKey !== undefined,
      encryptionKey,
      removalPolicy: RemovalPolicy.RETAIN,
      // Nothing else may age: bundles and manifests are in use for as long as their app is deployed.
      lifecycleRules: [
        { id: "calls", prefix: "calls/", expiration: Duration.days(CALL_DAYS) },
        { id: "stored", prefix: "stored/", expiration: Duration.days(STORED_DAYS) },
        { id: "ephemeral", prefix: "volumes/~", expiration: Duration.days(STORED_DAYS) },
        {
          id: "unfinished-uploads",
          abortIncompleteMultipartUploadAfter: Duration.days(UNFINISHED_UPLOAD_DAYS),
        },
      ],
    });
  }
}
