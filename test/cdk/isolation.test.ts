import { Stack } from "aws-cdk-lib";
import { Key } from "aws-cdk-lib/aws-kms";
import { expect, it } from "vitest";
import {
  ACCOUNT,
  type Attempt,
  decide,
  type IdentityPolicy,
  policiesOfRole,
  REGION,
} from "./iam.ts";
import { appOf, appStack, cdkApp, propertiesOf, type TemplateJson, toJson } from "./synth.ts";

const TABLE = "rows";
const BUCKET = "objects";
const CONTROLLER = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:controller`;

/** The policies of an app's containers, as they are once deployed. */
function policiesOf(app: string): IdentityPolicy[] {
  const template = toJson(appStack({ app: appOf(app) }));
  const values: Record<string, string> = {};
  for (const [id, { Default }] of Object.entries(template.Parameters ?? {})) {
    if (Default?.endsWith("/table-name")) values[id] = TABLE;
    if (Default?.endsWith("/bucket-name")) values[id] = BUCKET;
    if (Default?.endsWith("/controller-function-arn")) values[id] = CONTROLLER;
  }
  return policiesOfRole(template, "Containers of", values);
}

async function isAllowed(app: string, attempt: Attempt): Promise<string> {
  return await decide(policiesOf(app), attempt);
}

const table = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${TABLE}`;
const queue = `arn:aws:sqs:${REGION}:${ACCOUNT}:any-name`;
const row = (action: string, pk: string): Attempt => ({
  action,
  resource: table,
  context: { "dynamodb:LeadingKeys": [pk] },
});
const object = (action: string, key: string): Attempt => ({
  action,
  resource: `arn:aws:s3:::${BUCKET}/${key}`,
});
const message = (action: string, app: string): Attempt => ({
  action,
  resource: queue,
  context: { "aws:ResourceTag/windlass:app": app },
});
const OWN: readonly Attempt[] = [
  row("dynamodb:GetItem", "alpha#call#1"),
  row("dynamodb:PutItem", "alpha#sessions"),
  row("dynamodb:Query", "alpha#call#1#0"),
  object("s3:GetObject", "calls/alpha/1/page"),
  object("s3:PutObject", "calls/alpha/1/page"),
  object("s3:GetObject", "bundles/alpha/1.mjs"),
  object("s3:GetObject", "manifests/alpha/1.json"),
  message("sqs:ReceiveMessage", "alpha"),
  message("sqs:SendMessage", "alpha"),
  { action: "lambda:InvokeFunction", resource: CONTROLLER },
];
/** The same of another app; names that begin with this one's are others too. */
const OTHERS: readonly Attempt[] = ["beta", "alpha-2", "alpha.x"].flatMap((other) => [
  row("dynamodb:GetItem", `${other}#call#1`),
  row("dynamodb:PutItem", `${other}#call#1`),
  row("dynamodb:Query", `${other}#call#1#0`),
  object("s3:GetObject", `calls/${other}/1/page`),
  object("s3:PutObject", `calls/${other}/1/page`),
  object("s3:GetObject", `bundles/${other}/1.mjs`),
  object("s3:GetObject", `manifests/${other}/1.json`),
  message("sqs:ReceiveMessage", other),
  message("sqs:SendMessage", other),
]);
const ALWAYS_DENIED: readonly Attempt[] = [
  row("dynamodb:GetItem", "#controller"),
  { action: "dynamodb:Scan", resource: table },
  { action: "dynamodb:GetItem", resource: table },
  { action: "sqs:ReceiveMessage", resource: queue },
  { action: "s3:ListBucket", resource: `arn:aws:s3:::${BUCKET}` },
  object("s3:PutObject", "bundles/alpha/1.mjs"),
  object("s3:PutObject", "manifests/alpha/1.json"),
  message("sqs:TagQueue", "alpha"),
  { action: "lambda:InvokeFunction", resource: `${CONTROLLER}-2` },
];

it.each(OWN)("lets an app have its own: $action $resource $context", async (attempt) => {
  expect(await isAllowed("alpha", attempt)).toBe("Allowed");
});

it.each([...OTHERS, ...ALWAYS_DENIED])(
  "keeps an app from $action $resource $context",
  async (attempt) => {
    expect(await isAllowed("alpha", attempt)).toBe("ImplicitlyDenied");
  },
);

/** The queue of a template that no other one leads to. */
function deadLetterQueue(template: TemplateJson): Record<string, unknown> {
  const queues = propertiesOf(template, "AWS::SQS::Queue");
  return queues.find(({ RedrivePolicy }) => RedrivePolicy === undefined);
}

it("lets an app tell its dead-letter queue of failed inputs, and no other's", async () => {
  const { Tags: tags } = deadLetterQueue(toJson(appStack({ app: appOf("alpha") })));
  const context = Object.fromEntries(
    (tags as { Key: string; Value: string }[]).map(({ Key: key, Value: value }) => {
      return [`aws:ResourceTag/${key}`, value];
    }),
  );
  const send: Attempt = { action: "sqs:SendMessage", resource: queue, context };

  expect(await isAllowed("alpha", send)).toBe("Allowed");
  expect(await isAllowed("beta", send)).toBe("ImplicitlyDenied");
  const remove: Attempt = { ...send, action: "sqs:DeleteQueue" };
  expect(await isAllowed("alpha", remove)).toBe("ImplicitlyDenied");
});

it("lets an app use the key of its dead-letter queue", async () => {
  const scope = cdkApp();
  const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`;
  const encryptionKey = Key.fromKeyArn(new Stack(scope, "Keys"), "Key", arn);
  const template = toJson(appStack({ app: appOf("alpha"), encryptionKey }, scope));
  const [{ PolicyName: name, PolicyDocument: policy }] = propertiesOf(template, "AWS::IAM::Policy");

  // A key's default policy: it leaves the choice to the policies of its account.
  const root = { AWS: `arn:aws:iam::${ACCOUNT}:root` };
  const statement = { Effect: "Allow", Principal: root, Action: "kms:*", Resource: "*" };
  const resourcePolicy = { Version: "2012-10-17", Statement: [statement] };

  expect(deadLetterQueue(template)["KmsMasterKeyId"]).toBe(arn);
  // What SQS asks of whoever sends to an encrypted queue.
  for (const action of ["kms:GenerateDataKey", "kms:Decrypt"]) {
    const attempt = { action, resource: arn, resourcePolicy };
    expect(await decide([{ name, policy }], attempt)).toBe("Allowed");
    expect(await decide([], attempt)).toBe("ImplicitlyDenied");
  }
});

it("keeps reply queues of another app apart", async () => {
  const [use] = policiesOf("alpha")
    .flatMap(({ policy }) => (policy as { Statement: { Resource: unknown }[] }).Statement)
    .map(({ Resource }) => String(Resource))
    .filter((resource) => resource.includes(":windlass-default-"));
  const own = String(use).replace("*", "4f2a");

  expect(await isAllowed("alpha", { action: "sqs:ReceiveMessage", resource: own })).toBe("Allowed");
  expect(await isAllowed("beta", { action: "sqs:ReceiveMessage", resource: own })).toBe(
    "ImplicitlyDenied",
  );
});
