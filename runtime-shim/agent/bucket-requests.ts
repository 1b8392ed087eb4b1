import { InvalidError } from "../../lib/errors.ts";
import { show } from "../../lib/options/show.ts";
import type { BucketMountSpec, FunctionSpec } from "../../lib/spec.ts";
import type { BucketReference } from "../../lib/storage/buckets/bucket.ts";
import { bucketKey } from "../../lib/storage/buckets/bucket-paths.ts";
import { readOnlyBucket } from "../../lib/storage/buckets/mistakes.ts";
import { bucketsOf } from "../../lib/storage/mount.ts";
import type { StoreRequest } from "../../lib/storage/relay-stores.ts";

const READING: ReadonlySet<string> = new Set(["list", "find", "read"]);

/**
 * What code in a container asks of a bucket, as it may: of one that its function mounts, below its prefix.
 * @throws InvalidError for anything else
 */
export function checkBucketRequest(spec: FunctionSpec, request: StoreRequest): StoreRequest {
  const [bucketName, asked, about] = request.args;
  const mount = mountOf(spec, String(bucketName), asked as BucketReference); // Compared with the spec's.
  const key = keyIn(about);
  if (!key.startsWith(mount.keyPrefix)) throw outside(mount, key);
  if (mount.readOnly && !READING.has(request.method)) throw readOnlyBucket(mount.bucketName);
  return { ...request, args: [bucketName, mount, about] };
}

function mountOf(
  { name, volumes }: FunctionSpec,
  bucketName: string,
  asked: BucketReference,
): BucketMountSpec {
  const wanted = bucketKey({ bucketName, keyPrefix: String(asked.keyPrefix) });
  const found = bucketsOf(volumes).find((mount) => bucketKey(mount) === wanted);
  if (found !== undefined) return found;
  throw new InvalidError(
    "WINDLASS_NOT_IN_USES",
    `"${name}" may not use bucket "${bucketName}": it is not in its \`volumes\``,
    { hint: 'mount it: `volumes: { "/corpus": new CloudBucketMount({ … }) }`' },
  );
}

/** Requests are about a key, a prefix, or a part of an object. */
function keyIn(about: unknown): string {
  if (typeof about === "string") return about;
  const { key, prefix } = about as { readonly key?: string; readonly prefix?: string };
  return String(key ?? prefix);
}

function outside({ bucketName, keyPrefix }: BucketMountSpec, key: string): InvalidError {
  const message = `bucket "${bucketName}" is mounted below ${show(keyPrefix)}, got ${show(key)}`;
  return new InvalidError("WINDLASS_BUCKET_KEY", message, { hint: "mount a shorter `keyPrefix`" });
}
