import type { Grant, GrantCondition } from "./access.ts";

/** What actions are in plain words; of others their own names are told. */
const VERBS: Readonly<Record<string, string>> = {
  "dynamodb:GetItem": "read",
  "dynamodb:BatchGetItem": "read",
  "dynamodb:Query": "read",
  "dynamodb:ConditionCheckItem": "check",
  "dynamodb:PutItem": "write",
  "dynamodb:UpdateItem": "write",
  "dynamodb:BatchWriteItem": "write",
  "dynamodb:DeleteItem": "delete",
  "s3:GetObject": "read",
  "s3:PutObject": "write",
  "s3:AbortMultipartUpload": "write",
  "s3:DeleteObject": "delete",
  "s3:ListBucket": "list",
  "sqs:SendMessage": "send to",
  "sqs:ReceiveMessage": "take from",
  "sqs:DeleteMessage": "take from",
  "sqs:ChangeMessageVisibility": "take from",
  "sqs:GetQueueAttributes": "count",
  "sqs:GetQueueUrl": "find",
  "sqs:CreateQueue": "make",
  "sqs:DeleteQueue": "remove",
  "events:PutEvents": "tell",
  "lambda:InvokeFunction": "invoke",
  "secretsmanager:GetSecretValue": "read",
  "ssm:GetParametersByPath": "read",
  "logs:CreateLogStream": "write",
  "logs:PutLogEvents": "write",
  "ecr:GetAuthorizationToken": "sign in to",
  "ecr:BatchCheckLayerAvailability": "pull",
  "ecr:GetDownloadUrlForLayer": "pull",
  "ecr:BatchGetImage": "pull",
  "elasticfilesystem:ClientMount": "mount",
  "elasticfilesystem:ClientWrite": "write",
  "sns:Publish": "publish to",
  "kms:Decrypt": "use",
  "kms:Encrypt": "use",
};

const LEADING_KEYS = "dynamodb:LeadingKeys";
const APP_TAG = "aws:ResourceTag/windlass:app";
const ENVIRONMENT_TAG = "aws:ResourceTag/windlass:environment";
const FUNCTION_TAG = "aws:ResourceTag/windlass:function";
const PREFIX = "s3:prefix";
const SOURCE = "events:source";

/** Conditions that the words for what is acted on tell already. */
const TOLD: ReadonlySet<string> = new Set([
  ...[LEADING_KEYS, APP_TAG, ENVIRONMENT_TAG, FUNCTION_TAG, PREFIX, SOURCE],
]);

/** `send to, count queues of price`: what a grant allows, in words, without who has it. */
export function grantText(grant: Grant): string {
  const { actions, conditions, effect } = grant;
  const verbs = [...new Set(actions.map((action) => VERBS[action] ?? action))];
  const more = conditions.filter(({ key }) => !TOLD.has(key)).map(conditionText);
  const where = more.length === 0 ? "" : `, where ${more.join(" and ")}`;
  const what = [...new Set(objectsOf(grant))].join(", ");
  return `${effect === "Deny" ? "never " : ""}${verbs.join(", ")} ${what}${where}`;
}

function objectsOf(grant: Grant): readonly string[] {
  const { actions, resources } = grant;
  const [service = ""] = (actions[0] ?? "").split(":");
  const keys = valuesOf(grant, LEADING_KEYS);
  if (keys.length > 0) return [`rows ${keys.join(", ")}`];
  const prefixes = valuesOf(grant, PREFIX);
  if (prefixes.length > 0) return prefixes.map((prefix) => `${bucketText(resources[0])}${prefix}`);
  if (service === "s3") return resources.map(objectText);
  if (service === "sqs") return queuesOf(grant);
  const sources = valuesOf(grant, SOURCE);
  if (sources.length > 0) return sources.map((source) => `events of ${source}`);
  return resources.map(nameOf);
}

function valuesOf({ conditions }: Grant, key: string): readonly string[] {
  return conditions
    .filter((one) => one.key === key && one.operator !== "Null")
    .flatMap(({ values }) => values);
}

/** Queues by their tags, or by their names. */
function queuesOf(grant: Grant): readonly string[] {
  const [app] = valuesOf(grant, APP_TAG);
  const functions = valuesOf(grant, FUNCTION_TAG);
  if (app !== undefined && functions.length > 0) {
    return [`the queues of ${functions.map((name) => `${app}/${name}`).join(", ")}`];
  }
  const isOfFunctions = grant.conditions.some(({ key }) => key === FUNCTION_TAG);
  if (app !== undefined) {
    return [isOfFunctions ? `the queues of all functions of ${app}` : `all queues of ${app}`];
  }
  const [environment] = valuesOf(grant, ENVIRONMENT_TAG);
  if (environment !== undefined) return [`all queues of the environment ${environment}`];
  return grant.resources.map((resource) => `queues named ${nameOf(resource)}`);
}

function objectText(arn: string): string {
  const path = arn.replace(/^arn:aws:s3:::/, "");
  const slash = path.indexOf("/");
  return `${bucketText(path.slice(0, slash))}${path.slice(slash + 1)}`;
}

/** The bucket of the environment goes without saying. */
function bucketText(bucket = ""): string {
  const name = bucket.replace(/^arn:aws:s3:::/, "");
  return name === "<bucket-name>" ? "objects " : `objects of ${name}: `;
}

/** `table/rows` of an ARN, and all of what is none. */
function nameOf(resource: string): string {
  if (resource === "*") return "any resource";
  const parts = /^arn:aws:[\w-]+:[^:]*:[^:]*:(.+)$/.exec(resource)?.[1] ?? resource;
  return parts === "<controller-function-arn>" ? "the controller" : parts;
}

function conditionText({ operator, key, values }: GrantCondition): string {
  return `${key} ${operator} ${values.join(" or ")}`;
}
