import { Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { BucketMountSpec, FunctionSpec } from "../../lib/spec.ts";
import { bucketsOf } from "../../lib/storage/mount.ts";
import { objectsOf } from "./access.ts";

const READ: readonly string[] = ["s3:GetObject"];
const WRITE: readonly string[] = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"];

/**
 * What containers may do in buckets of the user's that their functions mount: with what lies under the prefix, and nothing
 * else. Where a secret has the credentials, or the bucket is elsewhere, the role has no part in it.
 */
export function bucketAccess(
  scope: Construct,
  functions: readonly Pick<FunctionSpec, "volumes">[],
): PolicyStatement[] {
  const mounts = functions
    .flatMap(({ volumes }) => bucketsOf(volumes))
    .filter(({ secret, endpointUrl }) => secret === null && endpointUrl === null);
  const written = mounts.filter(({ readOnly }) => !readOnly);
  return [
    ...objects(scope, READ, mounts),
    ...objects(scope, WRITE, written),
    ...[...byBucket(mounts)].map(([bucket, prefixes]) => listing(scope, bucket, prefixes)),
  ];
}

function objects(
  scope: Construct,
  actions: readonly string[],
  mounts: readonly BucketMountSpec[],
): PolicyStatement[] {
  if (mounts.length === 0) return [];
  const resources = [...byBucket(mounts)].flatMap(([bucket, prefixes]) =>
    prefixes.map((prefix) => objectsOf(scope, bucket, `${literal(prefix)}*`)),
  );
  return [new PolicyStatement({ actions: [...actions], resources })];
}

function listing(scope: Construct, bucket: string, prefixes: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    actions: ["s3:ListBucket"],
    resources: [
      Stack.of(scope).formatArn({ service: "s3", region: "", account: "", resource: bucket }),
    ],
    conditions: {
      StringLike: { "s3:prefix": prefixes.map((prefix) => `${literal(prefix)}*`) },
    },
  });
}

/** Prefixes by bucket, each once, sorted. */
function byBucket(mounts: readonly BucketMountSpec[]): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const { bucketName, keyPrefix } of mounts) {
    found.set(bucketName, (found.get(bucketName) ?? new Set()).add(keyPrefix));
  }
  return new Map([...found].sort().map(([bucket, prefixes]) => [bucket, [...prefixes].sort()]));
}

/** Characters that mean something in a policy, as themselves. */
function literal(prefix: string): string {
  return prefix.replace(/[*?$]/g, (character) => `\${${character}}`);
}
