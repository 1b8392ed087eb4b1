import { show } from "../options/show.ts";
import type { Violation } from "../options/violation.ts";
import { throwViolations } from "../options/violation.ts";
import { bucketPath } from "./bucket-paths.ts";
import { MOUNT, type Mountable, type Mounted } from "./mount.ts";
import type { Secret } from "./secret.ts";
import { usedObject } from "./stored-object.ts";

/** Which bucket, and how containers have it. */
export interface CloudBucketMountOptions {
  /** The name of a bucket that exists. */
  readonly bucketName: string;
  /** What lies under it is mounted; ends in "/". @default - all of the bucket */
  readonly keyPrefix?: string | undefined;
  /** Where the bucket is, for others than S3: `https://…`. @default - S3 */
  readonly bucketEndpointUrl?: string | undefined;
  /**
   * A secret with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and perhaps AWS_REGION.
   * @default - on AWS the role of the containers, which may then use that prefix of that bucket and no other
   */
  readonly secret?: Secret | undefined;
  /** Nothing can be written. @default false */
  readonly readOnly?: boolean | undefined;
  /** Whoever reads pays, not the owner; needs `secret`. @default false */
  readonly requesterPays?: boolean | undefined;
  /** The bucket's name comes in the path of URLs, as most other services want it. @default - with `bucketEndpointUrl` */
  readonly forcePathStyle?: boolean | undefined;
}

/** Of general purpose buckets, and of other services, which take more. */
const BUCKET = /^[a-z0-9A-Z][a-z0-9A-Z._-]{1,254}$/;

/**
 * A bucket of yours as a folder: an entry of `volumes`. Objects are read by ranges and written as a whole, from the
 * beginning to the end; they can be removed, but not renamed, appended to or changed in part.
 *
 * @example
 * const corpus = new CloudBucketMount({ bucketName: "corpus", keyPrefix: "en/", readOnly: true });
 * app.function("count", { volumes: { "/corpus": corpus } }, async () => (await readdir(corpus.path)).length);
 */
export class CloudBucketMount implements Mountable {
  readonly #mounted: Extract<Mounted, { readonly kind: "bucket" }>;

  /** @throws InvalidError naming every mistake */
  constructor(options: CloudBucketMountOptions) {
    throwViolations("a CloudBucketMount", checkOptions(options), CloudBucketMount);
    const { bucketName, keyPrefix = "", bucketEndpointUrl, secret, readOnly: isReadOnly } = options;
    this.#mounted = {
      kind: "bucket",
      bucketName,
      keyPrefix,
      endpointUrl: bucketEndpointUrl ?? null,
      secret: secret?.name ?? null,
      readOnly: isReadOnly ?? false,
      requesterPays: options.requesterPays ?? false,
      forcePathStyle: options.forcePathStyle ?? bucketEndpointUrl !== undefined,
    };
  }

  /** @internal */
  get [MOUNT](): Mounted {
    return this.#mounted;
  }

  get bucketName(): string {
    return this.#mounted.bucketName;
  }

  /** Where it is mounted in this process. @throws ExecutionError where it is not, saying why */
  get path(): string {
    return bucketPath(this.#mounted);
  }
}

function checkOptions(options: CloudBucketMountOptions): Violation[] {
  const { bucketName, keyPrefix, bucketEndpointUrl, secret, requesterPays } = options;
  const found: Violation[] = [];
  const add = (message: string, hint: string): void => {
    found.push({ code: "WINDLASS_INVALID_BUCKET_MOUNT", message, hint });
  };
  if (typeof bucketName !== "string" || !BUCKET.test(bucketName)) {
    const message = `\`bucketName\` of a CloudBucketMount must be the name of a bucket, got ${show(bucketName)}`;
    add(message, 'write the name alone, without "s3://"');
  }
  if (keyPrefix !== undefined && !/^([^/\0][^\0]*\/)?$/.test(String(keyPrefix))) {
    const message = `\`keyPrefix\` of a CloudBucketMount must end in "/" and not begin with it, got ${show(keyPrefix)}`;
    add(message, 'write `keyPrefix: "training/"`');
  }
  if (bucketEndpointUrl !== undefined && !/^https?:\/\/[^\s]+$/.test(String(bucketEndpointUrl))) {
    const message = `\`bucketEndpointUrl\` of a CloudBucketMount must be an http or https URL, got ${show(bucketEndpointUrl)}`;
    add(message, "write the endpoint of the service, without the bucket's name");
  }
  if (secret !== undefined && !isNamedSecret(secret)) {
    add("`secret` of a CloudBucketMount must be a Secret with a name", "write Secret.fromName(…)");
  }
  if (requesterPays === true && secret === undefined) {
    add("`requesterPays` of a CloudBucketMount needs `secret`", "say by `secret` who pays");
  }
  return found;
}

/** One whose values are in code has a name only once its app is resolved. */
function isNamedSecret(secret: Secret): boolean {
  return usedObject(secret)?.kind === "secret" && secret.inlineValues === undefined;
}
