import { Stack } from "aws-cdk-lib";
import { Key } from "aws-cdk-lib/aws-kms";
import { describe, expect, it } from "vitest";
import { type App, Dict, Queue, resolveSpec, Secret, specText, Volume } from "windlass";
import { STORES_SECRETS } from "../../cdk/names.ts";
import { ownQueuePrefix, REPLY_QUEUES, setQueues } from "../../lib/aws/parameter-sets.ts";
import { partitionQueuePrefix } from "../../lib/aws/storage/object-keys.ts";
import { mistake } from "../dsl/mistake.ts";
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

/** The policies of an app's containers, or of one function with `uses`, as they are once deployed. */
function policiesOf(app: string, uses?: readonly string[]): IdentityPolicy[] {
  const definition = appOf(app);
  if (uses !== undefined) definition.function("render", { uses }, () => 1);
  const whose = uses === undefined ? "Containers of the" : "Containers of render of the";
  return rolePolicies(definition, whose);
}

/** The policies of the role whose description starts so, as they are once deployed. */
function rolePolicies(app: App, description: string): IdentityPolicy[] {
  const template = toJson(appStack({ app }));
  const values: Record<string, string> = {};
  for (const [id, { Default }] of Object.entries(template.Parameters ?? {})) {
    if (Default?.endsWith("/table-name")) values[id] = TABLE;
    if (Default?.endsWith("/bucket-name")) values[id] = BUCKET;
    if (Default?.endsWith("/controller-function-arn")) values[id] = CONTROLLER;
  }
  return policiesOfRole(template, description, values);
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
const inEnvironment = { "aws:ResourceTag/windlass:environment": "default" };
const message = (action: string, app: string): Attempt => ({
  action,
  resource: queue,
  context: { ...inEnvironment, "aws:ResourceTag/windlass:app": app },
});
/** A message to the queue of a function. */
const messageOf = (action: string, app: string, name: string): Attempt => ({
  action,
  resource: queue,
  context: {
    ...inEnvironment,
    "aws:ResourceTag/windlass:app": app,
    "aws:ResourceTag/windlass:function": name,
  },
});
/** A queue that no template has: of a parameter set of a class, or for replies. */
const madeQueue = (action: string, app: string, rest: string): Attempt => ({
  action,
  resource: `arn:aws:sqs:${REGION}:${ACCOUNT}:${ownQueuePrefix("default", app)}${rest}`,
});
/** An event of an app, on the bus of the environment. */
const eventOf = (app: string): Attempt => ({
  action: "events:PutEvents",
  resource: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/windlass-default`,
  context: { "events:source": [`windlass.${app}`] },
});
const OWN: readonly Attempt[] = [
  eventOf("alpha"),
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
  eventOf(other),
]);
const ALWAYS_DENIED: readonly Attempt[] = [
  row("dynamodb:GetItem", "#controller"),
  { ...eventOf("alpha"), context: {} },
  { ...eventOf("alpha"), resource: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/default` },
  { action: "dynamodb:Scan", resource: table },
  { action: "dynamodb:GetItem", resource: table },
  { action: "sqs:ReceiveMessage", resource: queue },
  { action: "s3:ListBucket", resource: `arn:aws:s3:::${BUCKET}` },
  object("s3:PutObject", "bundles/alpha/1.mjs"),
  object("s3:PutObject", "manifests/alpha/1.json"),
  message("sqs:TagQueue", "alpha"),
  // An app of the same name in another environment.
  {
    ...message("sqs:SendMessage", "alpha"),
    context: {
      "aws:ResourceTag/windlass:app": "alpha",
      "aws:ResourceTag/windlass:environment": "staging",
    },
  },
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

describe("a function with `uses`", () => {
  const REPLIES = `${REPLY_QUEUES}0123456789abcdef`;
  const setOf = (name: string): string => `${setQueues(name)}0123456789ab`;
  /** What each of them may do in its own app. */
  const always: readonly Attempt[] = [
    ...OWN.filter(({ action }) => !action.startsWith("sqs:")),
    messageOf("sqs:ReceiveMessage", "alpha", "render"),
    messageOf("sqs:DeleteMessage", "alpha", "render"),
    messageOf("sqs:SendMessage", "alpha", "render"),
    madeQueue("sqs:ReceiveMessage", "alpha", setOf("render")),
    madeQueue("sqs:CreateQueue", "alpha", REPLIES),
    madeQueue("sqs:SendMessage", "alpha", REPLIES),
  ];
  const resizes: readonly Attempt[] = [
    messageOf("sqs:SendMessage", "alpha", "resize"),
    madeQueue("sqs:SendMessage", "alpha", setOf("resize")),
    madeQueue("sqs:CreateQueue", "alpha", setOf("resize")),
  ];
  const callsOf = (app: string, name: string): readonly Attempt[] => [
    messageOf("sqs:SendMessage", app, name),
    messageOf("sqs:GetQueueAttributes", app, name),
    madeQueue("sqs:SendMessage", app, setOf(name)),
    madeQueue("sqs:GetQueueAttributes", app, setOf(name)),
    madeQueue("sqs:CreateQueue", app, setOf(name)),
  ];
  /** What whoever calls an app needs there, whichever function it calls. */
  const data = (app: string): readonly Attempt[] => [
    row("dynamodb:GetItem", `${app}#deployment`),
    row("dynamodb:PutItem", `${app}#call#1`),
    row("dynamodb:Query", `${app}#call#1#0`),
    row("dynamodb:Query", `${app}#containers`),
    row("dynamodb:PutItem", `${app}#sessions`),
    row("dynamodb:DeleteItem", `${app}#sessions`),
    row("dynamodb:PutItem", `${app}#parameters`),
    object("s3:GetObject", `manifests/${app}/1.json`),
    object("s3:PutObject", `calls/${app}/1/page`),
    madeQueue("sqs:CreateQueue", app, REPLIES),
    madeQueue("sqs:ReceiveMessage", app, REPLIES),
  ];
  /** What no caller of an app may do. */
  const never = (app: string): readonly Attempt[] => [
    messageOf("sqs:ReceiveMessage", app, "resize"),
    message("sqs:SendMessage", app),
    madeQueue("sqs:ReceiveMessage", app, setOf("resize")),
    madeQueue("sqs:DeleteQueue", app, setOf("resize")),
    row("dynamodb:PutItem", `${app}#deployment`),
    row("dynamodb:Query", `${app}#sessions`),
    row("dynamodb:DeleteItem", `${app}#call#1`),
    row("dynamodb:GetItem", `${app}#containers`),
    row("dynamodb:PutItem", `${app}#containers`),
    row("dynamodb:GetItem", `${app}#pools`),
    row("dynamodb:GetItem", `${app}#secrets`),
    row("dynamodb:PutItem", `${app}#history`),
    object("s3:GetObject", `bundles/${app}/1.mjs`),
    object("s3:GetObject", `volumes/${app}/1`),
    object("s3:DeleteObject", `calls/${app}/1/page`),
    object("s3:PutObject", `manifests/${app}/1.json`),
  ];
  const betaResize = callsOf("beta", "resize");
  const betaOther = callsOf("beta", "other");
  /** What each list of `uses` allows and forbids. */
  const cases: readonly (readonly [readonly string[], readonly Attempt[], readonly Attempt[]])[] = [
    [[], always, [...resizes, ...betaResize, ...data("beta"), ...OTHERS]],
    [["resize"], [...always, ...resizes], [...callsOf("alpha", "other"), ...OTHERS]],
    [["alpha"], [...always, ...resizes, ...callsOf("alpha", "other")], OTHERS],
    [["beta"], [...always, ...data("beta"), ...betaResize, ...betaOther], [...resizes]],
    [["beta/resize"], [...always, ...data("beta"), ...betaResize], [...resizes, ...betaOther]],
  ];

  it.each(cases)("is let do what %j says", async (uses, allowed) => {
    const policies = policiesOf("alpha", uses);
    for (const attempt of allowed) {
      expect([attempt, await decide(policies, attempt)]).toEqual([attempt, "Allowed"]);
    }
  });

  it.each(cases)("is kept from the rest by %j", async (uses, _, forbidden) => {
    const policies = policiesOf("alpha", uses);
    const others = ["beta-2", "gamma"].flatMap((app) => [...data(app), ...callsOf(app, "resize")]);
    const ofOwn = [
      messageOf("sqs:ReceiveMessage", "alpha", "resize"),
      messageOf("sqs:DeleteMessage", "alpha", "resize"),
      madeQueue("sqs:ReceiveMessage", "alpha", setOf("resize")),
    ];
    const all = [...forbidden, ...others, ...ofOwn, ...never("beta"), ...ALWAYS_DENIED];
    for (const attempt of all) {
      expect([attempt, await decide(policies, attempt)]).toEqual([attempt, "ImplicitlyDenied"]);
    }
  });

  it("is refused before the deployment where its policy is too long for IAM", () => {
    const names = (count: number) => Array.from({ length: count }, (_, n) => `beta/function-${n}`);
    expect(policiesOf("alpha", names(15))).toHaveLength(1);
    expect(mistake(() => policiesOf("alpha", names(100)))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_USES_TOO_MUCH
      \`uses\` of "render" makes a policy of 17346 characters, at most 9500 are allowed
      hint: name whole apps instead of their functions, or spread the calls over several functions"
    `);
  });
});

describe("dicts, queues, secrets and volumes", () => {
  const parameter = (path: string): Attempt => ({
    action: "ssm:GetParametersByPath",
    resource: `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${path}`,
  });
  const dictOf = (name: string): readonly Attempt[] => [
    row("dynamodb:GetItem", `#dict#${name}`),
    row("dynamodb:UpdateItem", `#dict#${name}`),
    row("dynamodb:Query", `#dict#${name}#generation#3`),
    row("dynamodb:PutItem", `#dict#${name}#generation#3`),
    row("dynamodb:BatchWriteItem", `#dict#${name}#generation#3`),
    row("dynamodb:DeleteItem", `#dict#${name}#generation#3`),
    object("s3:GetObject", `stored/dict/${name}/generation/1`),
    object("s3:PutObject", `stored/dict/${name}/generation/1`),
    object("s3:DeleteObject", `stored/dict/${name}/generation/1`),
  ];
  const queueOf = (name: string): readonly Attempt[] => [
    row("dynamodb:BatchGetItem", `#queue#${name}`),
    row("dynamodb:PutItem", `#queue#${name}`),
    ...["CreateQueue", "GetQueueUrl", "SendMessage", "ReceiveMessage", "DeleteMessage"].map(
      (action) => ({
        action: `sqs:${action}`,
        resource: `arn:aws:sqs:${REGION}:${ACCOUNT}:${partitionQueuePrefix("default", name)}x.fifo`,
      }),
    ),
  ];
  const managed = (id: string): Attempt => ({
    action: "secretsmanager:GetSecretValue",
    resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${id}`,
  });
  const secretOf = (name: string): readonly Attempt[] => [
    managed(`windlass/default/${name}-a1B2c3`),
    row("dynamodb:GetItem", `#secret#${name}`),
    parameter(`/windlass-secrets/default/${name}`),
    parameter(`/windlass-secrets/default/${name}/KEY`),
  ];
  const listed = (prefix: string): Attempt => ({
    action: "s3:ListBucket",
    resource: `arn:aws:s3:::${BUCKET}`,
    context: { "s3:prefix": prefix },
  });
  const volumeOf = (name: string): readonly Attempt[] => [
    row("dynamodb:GetItem", `#volume#${name}`),
    row("dynamodb:PutItem", `#volume#${name}`),
    object("s3:GetObject", `volumes/${name}/id/root`),
    object("s3:PutObject", `volumes/${name}/id/root`),
    object("s3:PutObject", `volumes/${name}/id/objects/20000/hash`),
    object("s3:DeleteObject", `volumes/${name}/id/objects/20000/hash`),
  ];
  const EPHEMERAL = "~0123456789abcdefghjkmnpqr";
  const modelsVolume = [...volumeOf("models"), listed("volumes/models/id/objects/")];
  const ALWAYS = [
    ...dictOf(EPHEMERAL),
    ...queueOf(EPHEMERAL),
    ...volumeOf(EPHEMERAL),
    row("dynamodb:PutItem", "#dicts"),
    row("dynamodb:PutItem", "#made-queues"),
    row("dynamodb:PutItem", "#volumes"),
  ];
  const NEVER: readonly Attempt[] = [
    ...dictOf("cache-2"),
    ...dictOf("other"),
    ...volumeOf("models-2"),
    listed("volumes/models-2/id/objects/"),
    listed("volumes/~0123456789abcdefghjkmnpqr/"),
    ...volumeOf("other"),
    listed(""),
    listed("volumes/"),
    listed("bundles/"),
    { ...listed(""), context: {} },
    row("dynamodb:Query", "#volumes"),
    row("dynamodb:Query", "#dicts"),
    row("dynamodb:DeleteItem", "#dicts"),
    row("dynamodb:Query", "#made-queues"),
    row("dynamodb:PutItem", "#secret#openai"),
    ...queueOf("jobs-2"),
    { ...(queueOf("jobs")[2] ?? managed("")), action: "sqs:DeleteQueue" },
    managed("prod/db-a1B2c4"),
    ...secretOf("openai-2"),
    ...secretOf("other"),
    parameter("/windlass-secrets/default"),
    parameter("/windlass-secrets/staging/openai"),
    parameter("/windlass/default/table-name"),
    { ...parameter("/windlass-secrets/default/openai/KEY"), action: "ssm:PutParameter" },
    { ...parameter("/windlass-secrets/default/openai/KEY"), action: "ssm:GetParameterHistory" },
  ];

  /** An app that names a dict, whose function `render` has a secret; one more with `uses`. */
  function policies(description: string): IdentityPolicy[] {
    const cache = Dict.fromName("cache");
    Queue.fromName("jobs");
    const app = appOf("alpha");
    const ofOthers = Secret.fromArn(managed("prod/db-a1B2c3").resource);
    const models = Volume.fromName("models");
    app.function("plain", { secrets: [Secret.fromName("openai"), ofOthers] }, () => 1);
    app.function("narrow", { uses: [cache, models], secrets: [Secret.fromName("mine")] }, () => 1);
    app.function("nothing", { uses: [] }, () => 1);
    return rolePolicies(app, description);
  }

  const ofApp = "Containers of the";
  const ofNarrow = "Containers of narrow of";
  const ofNothing = "Containers of nothing of";
  const cases: readonly (readonly [string, readonly Attempt[], readonly Attempt[]])[] = [
    [
      ofApp,
      [
        ...dictOf("cache"),
        ...queueOf("jobs"),
        ...modelsVolume,
        ...secretOf("openai"),
        managed("prod/db-a1B2c3"),
      ],
      secretOf("mine"),
    ],
    [ofNarrow, [...dictOf("cache"), ...modelsVolume, ...secretOf("mine")], secretOf("openai")],
    [
      ofNothing,
      [],
      [...dictOf("cache"), ...modelsVolume, ...secretOf("openai"), ...secretOf("mine")],
    ],
  ];

  it.each(cases)("are for those who name them: %s", async (description, allowed, forbidden) => {
    const own = policies(description);
    for (const attempt of [...allowed, ...ALWAYS]) {
      expect([attempt, await decide(own, attempt)]).toEqual([attempt, "Allowed"]);
    }
    for (const attempt of [...forbidden, ...NEVER]) {
      expect([attempt, await decide(own, attempt)]).toEqual([attempt, "ImplicitlyDenied"]);
    }
  });

  it("leave no value of a secret in the template or the manifest", () => {
    const app = appOf("alpha");
    const secret = Secret.fromDict({ TOKEN: "planted-value" });
    app.function("plain", { secrets: [secret] }, () => 1);
    const place = cdkApp();
    place.node.setContext(STORES_SECRETS, true);
    expect(JSON.stringify(toJson(appStack({ app }, place)))).not.toContain("planted");
    expect(specText(resolveSpec(app))).not.toContain("planted");
  });

  it("are refused where their values are in code and nobody stores them", () => {
    const app = appOf("alpha");
    app.function("plain", { secrets: [Secret.fromDict({ TOKEN: "planted-value" })] }, () => 1);
    expect(mistake(() => appStack({ app }))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_SECRETS_IN_CODE
      "plain" of app "alpha" has a secret whose values are in its code, which a template cannot carry
      hint: deploy with \`windlass deploy\`, which stores them; or make it with \`windlass secret create\` and name it with Secret.fromName()"
    `);
  });
});
