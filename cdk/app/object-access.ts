import { Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { secretPath } from "../../lib/aws/storage/object-keys.ts";
import type { FunctionSpec, ObjectUseSpec } from "../../lib/spec.ts";
import { storedSecret } from "../../lib/storage/app-secrets.ts";
import { type AccessProps, bucketOf, objectsOf, rows } from "./access.ts";

/** Names of objects without one: whoever knows such a name may use it, and nobody can list them. */
const EPHEMERAL = "~*";

/** The dicts, queues, secrets and volumes that containers of these functions may use. */
export function objectAccess(
  scope: Construct,
  functions: readonly Pick<FunctionSpec, "objects" | "secrets">[],
  props: AccessProps,
): PolicyStatement[] {
  const objects = functions.flatMap((spec) => spec.objects);
  const names = (kind: ObjectUseSpec["kind"]): string[] =>
    sorted(objects.filter((object) => object.kind === kind).map(({ name }) => name));
  const dicts = [...names("dict"), EPHEMERAL];
  const queues = [...names("queue"), EPHEMERAL];
  const named = names("volume");
  const volumes = [...named, EPHEMERAL];
  const folders = [
    ...dicts.map((name) => `stored/dict/${name}`),
    ...queues.map((name) => `stored/queue/${name}`),
    ...volumes.map((name) => `volumes/${name}`),
  ];
  const secrets = sorted(
    functions.flatMap((spec) => spec.secrets.map(({ name }) => storedSecret(props.app, name))),
  );
  return [
    ...rowAccess(scope, props, { dicts, queues, volumes }),
    new PolicyStatement({
      actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      resources: folders.map((folder) => objectsOf(scope, props.bucketName, `${folder}/*`)),
    }),
    ...(named.length > 0 ? [collecting(scope, props, named)] : []),
    ...(secrets.length > 0 ? [secretAccess(scope, props, secrets)] : []),
  ];
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
  const actions = ["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"];
  return [
    rows(scope, tableName, { keys, actions }),
    // What lists those that a container makes; it cannot read or remove there.
    rows(scope, tableName, { keys: ["#dicts", "#queues", "#volumes"], actions: ["PutItem"] }),
  ];
}

/** Their variables, and nothing beside them: SSM asks for the folder, and for what is in it. */
function secretAccess(
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
