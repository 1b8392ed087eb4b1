import { runSimulation } from "@cloud-copilot/iam-simulate";
import { expect, it } from "vitest";
import { appOf, appStack, propertiesOf, toJson } from "./synth.ts";

const ACCOUNT = "111122223333";
const REGION = "us-east-1";
const TABLE = "rows";
const BUCKET = "objects";

/** The policies of an app's containers, as they are once deployed. */
function policiesOf(app: string) {
  const template = toJson(appStack({ app: appOf(app) }));
  const values: Record<string, string> = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
  };
  for (const [id, { Default }] of Object.entries(template.Parameters ?? {})) {
    if (Default?.endsWith("/table-name")) values[id] = TABLE;
    if (Default?.endsWith("/bucket-name")) values[id] = BUCKET;
  }
  const role = propertiesOf(template, "AWS::IAM::Role").find(({ Description }) =>
    Description.startsWith("Containers of"),
  );
  return role.Policies.map((policy: { PolicyName: string; PolicyDocument: unknown }) => ({
    name: policy.PolicyName,
    policy: deployed(policy.PolicyDocument, values),
  }));
}

function deployed(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(value)) return value.map((one) => deployed(one, values));
  if (typeof value !== "object" || value === null) return value;
  const { Ref, "Fn::Join": join } = value as { Ref?: string; "Fn::Join"?: [string, unknown[]] };
  if (Ref !== undefined) return values[Ref] ?? `unknown-${Ref}`;
  if (join !== undefined) return join[1].map((one) => deployed(one, values)).join(join[0]);
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, deployed(one, values)]),
  );
}

interface Attempt {
  readonly action: string;
  readonly resource: string;
  readonly context?: Record<string, string | string[]>;
}

async function isAllowed(app: string, { action, resource, context = {} }: Attempt) {
  const principal = `arn:aws:iam::${ACCOUNT}:role/${app}`;
  const result = await runSimulation(
    {
      request: {
        action,
        resource: { resource, accountId: ACCOUNT },
        principal,
        contextVariables: context,
      },
      identityPolicies: policiesOf(app),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (result.resultType === "error") throw new RangeError(JSON.stringify(result));
  return result.overallResult;
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

it("keeps reply queues of another app apart", async () => {
  const [use] = policiesOf("alpha")
    .flatMap(({ policy }: { policy: { Statement: { Resource: unknown }[] } }) => policy.Statement)
    .map(({ Resource }: { Resource: unknown }) => String(Resource))
    .filter((resource: string) => resource.includes(":windlass-default-"));
  const own = use.replace("*", "4f2a");

  expect(await isAllowed("alpha", { action: "sqs:ReceiveMessage", resource: own })).toBe("Allowed");
  expect(await isAllowed("beta", { action: "sqs:ReceiveMessage", resource: own })).toBe(
    "ImplicitlyDenied",
  );
});
