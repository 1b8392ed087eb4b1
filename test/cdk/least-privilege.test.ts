import { describe, expect, it } from "vitest";
import { App, CloudBucketMount, Cron, Dict, Queue, Secret, Volume } from "windlass";
import { accessPoint, BUCKET, lambdaArn, TABLE, UNIVERSE } from "./access-universe.ts";
import { ACCOUNT, decide, type IdentityPolicy, policiesOfRole, REGION } from "./iam.ts";
import { appStack, type TemplateJson, toJson } from "./synth.ts";

/** What the facts of an environment are, by the ends of their paths. */
const FACTS: Readonly<Record<string, string>> = {
  "table-name": TABLE,
  "bucket-name": BUCKET,
  "controller-function-arn": lambdaArn("controller"),
  "schedule-function-arn": lambdaArn("schedules"),
  "file-system-id": "fs-1",
};

/** Policies of a role as they are once the app is deployed. */
function policiesIn(template: TemplateJson, description: string): IdentityPolicy[] {
  const values: Record<string, string> = {};
  for (const [id, { Default }] of Object.entries(template.Parameters ?? {})) {
    const fact = FACTS[String(Default).split("/").at(-1) ?? ""];
    if (fact !== undefined) values[id] = fact;
  }
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    if (Type === "AWS::EFS::AccessPoint") values[id] = accessPoint(Properties.RootDirectory.Path);
    if (Type === "AWS::Logs::LogGroup") {
      values[id] = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:alpha:*`;
    }
    if (Type === "AWS::SQS::Queue") values[id] = `arn:aws:sqs:${REGION}:${ACCOUNT}:${id}`;
  }
  return policiesOfRole(template, description, values);
}

/** What of the universe is allowed, in words; what is decided one way and the other says so. */
async function allowed(policies: IdentityPolicy[]): Promise<string[]> {
  const found: string[] = [];
  for (const [what, attempts] of Object.entries(UNIVERSE)) {
    const answers = new Map<string, string[]>();
    for (const attempt of attempts) {
      const answer = await decide(policies, attempt);
      answers.set(answer, [...(answers.get(answer) ?? []), attempt.action]);
    }
    if (answers.size > 1) found.push(`PARTLY ${what}: ${JSON.stringify([...answers])}`);
    else if (answers.has("Allowed")) found.push(what);
  }
  return found.sort();
}

/** An app with functions without `uses`, of which some name what containers then share; and classes, schedules, mounts. */
function alpha(): App {
  const cache = Dict.fromName("cache");
  const models = Volume.fromName("models");
  const jobs = Queue.fromName("jobs");
  const openai = Secret.fromName("openai");
  const app = new App("alpha");
  app.function("resize", { secrets: [openai] }, () => 1);
  app.function("render", { uses: [] }, () => 1);
  app.function("calls", { uses: ["resize"] }, () => 1);
  app.function("calls-other", { uses: ["beta/price"] }, () => 1);
  app.function("calls-app", { uses: ["beta"] }, () => 1);
  app.function("stores", { uses: [cache, models, jobs], secrets: [openai] }, () => 1);
  const mounts = {
    "/in": new CloudBucketMount({ bucketName: "photos", keyPrefix: "in/", readOnly: true }),
    "/out": new CloudBucketMount({ bucketName: "photos", keyPrefix: "out/" }),
    "/shared": Volume.fromName("shared", { backing: "efs" }),
  };
  app.function("mounts", { uses: [], volumes: mounts }, () => 1);
  const onFailure = { snsTopicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:failures` };
  app.function("nightly", { schedule: new Cron("0 3 * * *", { onFailure }) }, () => 1);
  class Model {
    run(): number {
      return 1;
    }
  }
  app.cls("Model", { uses: ["render"] }, Model);
  return app;
}

const template = toJson(appStack({ app: alpha() }));

/** What each container may do with its own app, whatever it uses. */
const OWN = [
  "read calls of alpha",
  "write calls of alpha",
  "check calls of alpha",
  "note messages of alpha",
  "read the deployment of alpha",
  "set the autoscaler of alpha",
  "read parameter sets of alpha",
  "note parameter sets of alpha",
  "list containers of alpha",
  "write containers of alpha",
  "wait for replies of alpha",
  "list who waits for replies of alpha",
  "read notices of pools of alpha",
  "read and write pages of alpha",
  "read the bundle of alpha",
  "read the manifest of alpha",
  "tell events of alpha",
  "wake the controller",
  "use objects without a name",
  "list what it makes",
];
/** What whoever calls functions of another app may do there. */
const CALLER = [
  "read calls of beta",
  "write calls of beta",
  "read the deployment of beta",
  "read parameter sets of beta",
  "note parameter sets of beta",
  "list containers of beta",
  "wait for replies of beta",
  "read and write pages of beta",
  "read the manifest of beta",
];
const stored = ["use dict cache", "use queue jobs", "use volume models", "list volume models"];

const roles: readonly (readonly [description: string, expected: readonly string[]])[] = [
  [
    "Containers of the Windlass app",
    [
      ...OWN,
      ...["resize", "render", "Model"].flatMap((name) => [
        `call alpha/${name}`,
        `take calls of alpha/${name}`,
      ]),
      ...["tell failures of alpha", "read failures of alpha"],
      ...stored,
      "read secret openai",
    ],
  ],
  ["Containers of render of", [...OWN, "call alpha/render", "take calls of alpha/render"]],
  ["Containers of calls of", [...OWN, "call alpha/resize"]],
  ["Containers of calls-other of", [...OWN, ...CALLER, "call beta/price"]],
  ["Containers of calls-app of", [...OWN, ...CALLER, "call beta/price", "call beta/resize"]],
  ["Containers of stores of", [...OWN, ...stored, "read secret openai"]],
  [
    "Containers of mounts of",
    [
      ...OWN,
      ...["read photos/in", "list photos/in"],
      ...["read photos/out", "list photos/out", "write photos/out"],
      ...["mount /volumes/shared", "write to /volumes/shared"],
    ],
  ],
  [
    "Containers of Model of",
    [...OWN, "call alpha/Model", "take calls of alpha/Model", "call alpha/render"],
  ],
  ["Schedules of", ["begin scheduled runs", "publish failures"]],
  ["Starts containers of", ["write logs", "pull images"]],
];

/** Else what is denied might be a request that nobody can make. */
it("tries requests that IAM knows: whoever may do everything may do each of them", async () => {
  const policy = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
  };
  const wrong: string[] = [];
  for (const attempt of Object.values(UNIVERSE).flat()) {
    const answer = await decide([{ name: "all", policy }], attempt).catch(String);
    if (answer !== "Allowed") wrong.push(`${attempt.action} ${attempt.resource}: ${answer}`);
  }
  expect(wrong).toEqual([]);
});

describe("roles of an app may do what their functions do, and nothing else that there is", () => {
  it("holds for all of its roles", () => {
    const descriptions = Object.values(template.Resources)
      .filter(({ Type }) => Type === "AWS::IAM::Role")
      .map(({ Properties }) => String(Properties.Description));
    const tried = roles.map(([start]) => descriptions.find((one) => one.startsWith(start)));

    expect(tried.sort()).toEqual(descriptions.sort());
  });

  it.each(roles)("%s", async (description, expected) => {
    expect(await allowed(policiesIn(template, description))).toEqual([...expected].sort());
  });
});
