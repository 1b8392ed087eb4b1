import { Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { TOKENS } from "../../lib/aws/tokens.ts";
import { eventSource } from "../../lib/events.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import { eventAccess } from "../event-access.ts";

/** Whose rows, objects and queues, and where they are. */
export interface AccessProps {
  readonly app: string;
  readonly environment: string;
  readonly tableName: string;
  readonly bucketName: string;
  readonly controllerFunctionArn: string;
}

/** Actions of whoever takes from a queue and sends to it. */
export const USE_QUEUE: readonly string[] = [
  "sqs:SendMessage",
  "sqs:ReceiveMessage",
  "sqs:DeleteMessage",
  "sqs:ChangeMessageVisibility",
  "sqs:GetQueueAttributes",
];

/** Rows of an app that its containers read, by what follows its name in their keys. */
const READ_ROWS = [
  "answers",
  "call#*",
  "message#*",
  "containers",
  "deployment",
  "parameters",
  "pools",
  "sessions",
];
/** Those that they write. Of the deployment it is what `updateAutoscaler` sets. */
const WRITTEN_ROWS = READ_ROWS.filter((kind) => kind !== "pools");

/** Rows and objects of an app for its own containers, and the controller, which they wake. */
export function ownData(scope: Construct, props: AccessProps): PolicyStatement[] {
  const { app, tableName, bucketName, controllerFunctionArn } = props;
  const objects = (folder: string) => objectsOf(scope, bucketName, `${folder}/${app}/*`);
  const data = (actions: readonly string[], kinds: readonly string[]): PolicyStatement =>
    rows(scope, tableName, { keys: kinds.map((kind) => `${app}#${kind}`), actions });
  return [
    data(["GetItem", "Query"], READ_ROWS),
    data(["PutItem", "ConditionCheckItem"], WRITTEN_ROWS),
    data(["DeleteItem"], ["sessions"]),
    new PolicyStatement({
      actions: ["s3:GetObject", "s3:PutObject"],
      resources: [objects("calls")],
    }),
    new PolicyStatement({
      actions: ["s3:GetObject"],
      resources: [objects("bundles"), objects("manifests")],
    }),
    eventAccess(scope, props.environment, eventSource(app)),
    // For calls that a container makes itself.
    new PolicyStatement({
      actions: ["lambda:InvokeFunction"],
      resources: [controllerFunctionArn],
    }),
  ];
}

/** Hashes of tokens, for functions that ask for one. */
export function tokenAccess(
  scope: Construct,
  functions: readonly Pick<FunctionSpec, "web">[],
  { tableName }: AccessProps,
): PolicyStatement[] {
  if (functions.every(({ web }) => web?.auth !== "bearer")) return [];
  return [rows(scope, tableName, { keys: [TOKENS], actions: ["GetItem"] })];
}

/** Rows whose partition keys are like these. */
export function rows(
  scope: Construct,
  tableName: string,
  { keys, actions }: { readonly keys: readonly string[]; readonly actions: readonly string[] },
): PolicyStatement {
  return new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [
      Stack.of(scope).formatArn({
        service: "dynamodb",
        resource: "table",
        resourceName: tableName,
      }),
    ],
    conditions: {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": keys },
      // "For all values" holds where there are none.
      Null: { "dynamodb:LeadingKeys": "false" },
    },
  });
}

export function objectsOf(scope: Construct, bucketName: string, resourceName: string): string {
  const anywhere = { service: "s3", region: "", account: "" };
  return Stack.of(scope).formatArn({ ...anywhere, resource: bucketName, resourceName });
}

export function bucketOf(scope: Construct, bucketName: string): string {
  const anywhere = { service: "s3", region: "", account: "" };
  return Stack.of(scope).formatArn({ ...anywhere, resource: bucketName });
}

/**
 * Queues of templates, by their tags: a policy has no room for hundreds of ARNs, and a stack's name may begin with
 * another's. Those of these functions, or of all; by default the dead-letter queue as well.
 */
export function taggedQueues(
  scope: Construct,
  { app, environment }: Pick<AccessProps, "app" | "environment">,
  given: { readonly actions: readonly string[]; readonly functions?: readonly string[] | "all" },
): PolicyStatement {
  const { actions, functions } = given;
  const tag = "aws:ResourceTag/windlass:function";
  return new PolicyStatement({
    actions: [...actions],
    resources: [queueArn(scope, "*")],
    conditions: {
      StringEquals: {
        "aws:ResourceTag/windlass:app": app,
        "aws:ResourceTag/windlass:environment": environment,
        ...(functions !== "all" && functions && { [tag]: functions }),
      },
      ...(functions === "all" && { Null: { [tag]: "false" } }),
    },
  });
}

/** Queues that no template has, by their names: they have no tags, as an account may set 30 a second. */
export function namedQueues(
  scope: Construct,
  names: readonly string[],
  actions: readonly string[],
): PolicyStatement {
  return new PolicyStatement({
    actions: [...actions],
    resources: names.map((name) => queueArn(scope, name)),
  });
}

function queueArn(scope: Construct, resource: string): string {
  return Stack.of(scope).formatArn({ service: "sqs", resource });
}
