import { ArnFormat, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import {
  managedName,
  objectKey,
  partitionQueuePrefix,
  partitionQueuePrefixes,
  secretPath,
} from "../../lib/aws/storage/object-keys.ts";
import type { FunctionSpec, ObjectUseSpec } from "../../lib/spec.ts";
import { isInline, storedSecret } from "../../lib/storage/app-secrets.ts";
import { bucketsOf } from "../../lib/storage/mount.ts";
import { isSecretArn } from "../../lib/storage/secret-places.ts";
import { cacheMount } from "../../lib/storage/snapshot-caches.ts";
import { type AccessProps, bucketOf, namedQueues, objectsOf, rows, USE_QUEUE } from "./access.ts";

/** Names of objects without one: whoever knows such a name may use it, and nobody can list them. */
const EPHEMERAL = "~*";

type Using = Pick<FunctionSpec, "name" | "objects" | "secrets" | "volumes" | "snapshotCaches">;

/** The dicts, queues, secrets and volumes that containers of these functions may use. */
export function objectAccess(
  scope: Construct,
  functions: readonly Using[],
  props: AccessProps,
): PolicyStatement[] {
  const objects = functions.flatMap((spec) => spec.objects);
  const names = (kind: ObjectUseSpec["kind"]): string[] =>
    sorted(objects.filter((object) => object.kind === kind).map(({ name }) => name));
  const dicts = [...names("dict"), EPHEMERAL];
  const queues = [...names("queue"), EPHEMERAL];
  const caches = functions.flatMap((spec) => cacheMount(props.app, spec)?.name ?? []);
  const named = sorted([...names("volume"), ...caches]);
  const volumes = [...named, EPHEMERAL];
  const folders = [
    ...dicts.map((name) => `stored/dict/${name}`),
    ...queues.map((name) => `stored/queue/${name}`),
    ...volumes.map((name) => `volumes/${name}`),
  ];
  const secrets = sorted(
    functions.flatMap(secretNames).map((name) => storedSecret(props.app, name)),
  );
  return [
    ...rowAccess(scope, props, { dicts, queues, volumes }),
    ...queueAccess(scope, props, names("queue")),
    new PolicyStatement({
      actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      resources: folders.map((folder) => objectsOf(scope, props.bucketName, `${folder}/*`)),
    }),
    ...(named.length > 0 ? [collecting(scope, props, named)] : []),
    ...secretAccess(scope, props, secrets),
  ];
}

/** Those of variables, and those with the credentials of buckets. */
function secretNames({ secrets, volumes }: Using): string[] {
  const ofBuckets = bucketsOf(volumes).flatMap(({ secret }) => secret ?? []);
  return [...secrets.map(({ name }) => name), ...ofBuckets];
}

/** To find what a volume does not need any more; those without a name age by themselves. */
function collecting(
  scope: Construct,
  { bucketName }: AccessProps,
  volumes: readonly string[],
): PolicyStatement {
  return new PolicyStatement({
    actions: ["s3:ListBucket"],
    resources: [bucketOf(scope, bucketName)],
    conditions: { StringLike: { "s3:prefix": volumes.map((name) => `volumes/${name}/*`) } },
  });
}

function rowAccess(
  scope: Construct,
  { tableName }: AccessProps,
  { dicts, queues, volumes }: Readonly<Record<"dicts" | "queues" | "volumes", readonly string[]>>,
): PolicyStatement[] {
  const keys = [
    ...dicts.flatMap((name) => [`#dict#${name}`, `#dict#${name}#*`]),
    ...queues.flatMap((name) => [`#queue#${name}`, `#queue#${name}#*`]),
    ...volumes.map((name) => `#volume#${name}`),
  ];
  const reads = ["GetItem", "BatchGetItem", "Query"];
  const writes = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"];
  return [
    rows(scope, tableName, { keys, actions: [...reads, ...writes] }),
    // What lists those that a container makes; it cannot read or remove there.
    rows(scope, tableName, {
      keys: ["#dicts", "#queues", "#made-queues", "#volumes"],
      actions: ["PutItem"],
    }),
  ];
}

/** Queues of SQS that keep queues: made by who puts first, removed by the controller, those without a name by who ends. */
function queueAccess(
  scope: Construct,
  { environment }: AccessProps,
  queues: readonly string[],
): PolicyStatement[] {
  const { ephemeral } = partitionQueuePrefixes(environment);
  const names = sorted(queues.map((name) => `${partitionQueuePrefix(environment, name)}*`));
  const actions = [...USE_QUEUE, "sqs:GetQueueUrl", "sqs:CreateQueue"];
  return [
    namedQueues(scope, [`${ephemeral}*`], [...actions, "sqs:DeleteQueue"]),
    ...(names.length > 0 ? [namedQueues(scope, names, actions)] : []),
  ];
}

/** Their variables, and nothing beside them, wherever they are: their objects say that, when they are read. */
function secretAccess(
  scope: Construct,
  props: AccessProps,
  secrets: readonly string[],
): PolicyStatement[] {
  const inParameters = secrets.filter((name) => !isSecretArn(name));
  const named = inParameters.filter((name) => !isInline(name));
  const managed = named.map((name) =>
    Stack.of(scope).formatArn({
      service: "secretsmanager",
      resource: "secret",
      // What Secrets Manager adds to a name.
      resourceName: `${managedName(props.environment, name)}-??????`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    }),
  );
  const resources = [...managed, ...secrets.filter(isSecretArn)];
  return [
    ...(inParameters.length > 0 ? [parameterAccess(scope, props, inParameters)] : []),
    ...(resources.length > 0
      ? [new PolicyStatement({ actions: ["secretsmanager:GetSecretValue"], resources })]
      : []),
    ...(named.length > 0
      ? [
          rows(scope, props.tableName, {
            keys: named.map((name) => objectKey("secret", name).pk),
            actions: ["GetItem"],
          }),
        ]
      : []),
  ];
}

/** SSM asks for the folder, and for what is in it. */
function parameterAccess(
  scope: Construct,
  { environment }: AccessProps,
  names: readonly string[],
): PolicyStatement {
  const resources = names.map((name) =>
    Stack.of(scope).formatArn({
      service: "ssm",
      resource: "parameter",
      resourceName: secretPath(environment, name).slice(1),
    }),
  );
  return new PolicyStatement({
    actions: ["ssm:GetParametersByPath"],
    resources: resources.flatMap((arn) => [arn, `${arn}/*`]),
  });
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
