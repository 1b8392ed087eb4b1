import { Stack } from "aws-cdk-lib";
import { Key } from "aws-cdk-lib/aws-kms";
import { describe, expect, it } from "vitest";
import { App, Cron, Period, type Schedule } from "windlass";
import { WindlassEnvironment } from "windlass/cdk";
import { mistake } from "../dsl/mistake.ts";
import { ACCOUNT, type Attempt, decide, policiesOfRole, REGION } from "./iam.ts";
import { appStack, cdkApp, environmentStack, propertiesOf, toJson } from "./synth.ts";

const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:alarms`;

function lambda(name: string): string {
  return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
}

function scheduled(schedules: Readonly<Record<string, Schedule>>): App {
  const app = new App("media");
  for (const [name, schedule] of Object.entries(schedules)) {
    app.function(name, { schedule }, () => 1);
  }
  return app;
}

function templateOf(schedules: Readonly<Record<string, Schedule>>) {
  return toJson(appStack({ app: scheduled(schedules) }));
}

describe("a scheduled function", () => {
  const template = templateOf({
    nightly: new Cron("30 3 * * 1-5", { timezone: "Europe/Rome" }),
  });

  it("has a schedule that invokes the environment's function with the time, exactly then", () => {
    const [schedule, ...others] = propertiesOf(template, "AWS::Scheduler::Schedule");

    expect(others).toEqual([]);
    expect(schedule).toMatchObject({
      Description: "Windlass: nightly of media runs 30 3 * * 1-5 Europe/Rome",
      ScheduleExpression: "cron(30 3 ? * 2-6 *)",
      ScheduleExpressionTimezone: "Europe/Rome",
      FlexibleTimeWindow: { Mode: "OFF" },
    });
    expect(schedule.State).toBeUndefined();
    expect(JSON.parse(schedule.Target.Input)).toEqual({
      kind: "fire",
      app: "media",
      function: "nightly",
      scheduledAt: "<aws.scheduler.scheduled-time>",
    });
    const { Ref = "" } = schedule.Target.Arn;
    expect(template.Parameters?.[Ref]?.Default).toBe("/windlass/default/schedule-function-arn");
  });

  it("begins with its deployment, whose first tick a period is counted from", () => {
    const [schedule] = Object.values(template.Resources).filter(
      ({ Type }) => Type === "AWS::Scheduler::Schedule",
    );
    const [deployment = ""] = Object.entries(template.Resources)
      .filter(([, { Type }]) => Type === "Custom::WindlassDeployment")
      .map(([id]) => id);

    expect(schedule?.DependsOn).toContain(deployment);
  });

  it("gives up after 15 minutes, and keeps what was given up", () => {
    const [{ Target }] = propertiesOf(template, "AWS::Scheduler::Schedule");

    expect(Target.RetryPolicy).toEqual({
      MaximumEventAgeInSeconds: 900,
      MaximumRetryAttempts: 185,
    });
    const [queue] = Target.DeadLetterConfig.Arn["Fn::GetAtt"];
    expect(template.Resources[queue]?.Type).toBe("AWS::SQS::Queue");
    expect(queue).toContain("DeadLetters");
  });

  it("is the same on every deployment: what is paused is no part of a template", () => {
    expect(templateOf({ nightly: new Cron("30 3 * * 1-5", { timezone: "Europe/Rome" }) })).toEqual(
      template,
    );
  });
});

it("has a schedule for each day field, where both say something", () => {
  const template = templateOf({ both: new Cron("0 0 13 * 5") });

  expect(
    propertiesOf(template, "AWS::Scheduler::Schedule").map(({ ScheduleExpression, Target }) => [
      ScheduleExpression,
      JSON.parse(Target.Input).function,
    ]),
  ).toEqual([
    ["cron(0 0 13 * ? *)", "both"],
    ["cron(0 0 ? * 6 *)", "both"],
  ]);
});

it("has room for functions of any name", () => {
  const both = new Cron("0 0 13 * 5");
  const names = { Role: both, Watch: both, Weekdays: both, a: both, "a-weekdays": both };

  expect(propertiesOf(templateOf(names), "AWS::Scheduler::Schedule")).toHaveLength(10);
});

it("looks after runs every minute only where somebody is told of them, or they wait for each other", () => {
  const inputsOf = (schedule: Schedule): unknown[] =>
    propertiesOf(templateOf({ job: schedule }), "AWS::Scheduler::Schedule").map(
      ({ ScheduleExpression, Target }) => [ScheduleExpression, JSON.parse(Target.Input).kind],
    );
  const hourly = ["rate(1 hour)", "fire"];
  const watch = ["rate(1 minute)", "watch"];
  const onFailure = { webhookUrl: "https://example.com/hook" };

  expect(inputsOf(new Period({ hours: 1 }))).toEqual([hourly]);
  expect(inputsOf(new Period({ hours: 1 }, { overlap: "allow" }))).toEqual([hourly]);
  expect(inputsOf(new Period({ hours: 1 }, { overlap: "queue" }))).toEqual([hourly, watch]);
  expect(inputsOf(new Period({ hours: 1 }, { onFailure }))).toEqual([hourly, watch]);
});

it("adds nothing to an app without schedules", () => {
  const template = toJson(appStack());

  expect(propertiesOf(template, "AWS::Scheduler::Schedule")).toEqual([]);
  expect(JSON.stringify(template)).not.toContain("schedule");
});

describe("the role of an app's schedules", () => {
  const app = scheduled({
    nightly: new Cron("0 3 * * *", { onFailure: { snsTopicArn: TOPIC } }),
    hourly: new Cron("0 * * * *", { onFailure: { webhookUrl: "https://example.com/hook" } }),
  });
  const template = toJson(appStack({ app }));
  const values = Object.fromEntries([
    ...Object.entries(template.Parameters ?? {}).map(([id, { Default = "" }]) => [
      id,
      lambda(Default.split("/").at(-1) ?? ""),
    ]),
    ...Object.entries(template.Resources).map(([id]) => [
      id,
      `arn:aws:sqs:${REGION}:${ACCOUNT}:${id}`,
    ]),
  ]);
  const policies = policiesOfRole(template, "Schedules of", values);
  const invoke = (name: string): Attempt => ({
    action: "lambda:InvokeFunction",
    resource: lambda(name),
  });
  const publish = (topic: string): Attempt => ({ action: "sns:Publish", resource: topic });

  it("may be used by EventBridge Scheduler for this account, and by the function that tells of failures", () => {
    const role = propertiesOf(template, "AWS::IAM::Role").find(({ Description }) =>
      Description?.startsWith("Schedules of"),
    );
    const [byScheduler, byFunction] = role.AssumeRolePolicyDocument.Statement;

    expect(byScheduler.Principal).toEqual({ Service: "scheduler.amazonaws.com" });
    expect(byScheduler.Condition).toMatchObject({
      StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } },
      ArnEquals: { "aws:SourceArn": expect.anything() },
    });
    const { Ref } = byFunction.Condition.ArnEquals["aws:PrincipalArn"];
    expect(template.Parameters?.[Ref]?.Default).toBe("/windlass/default/schedule-role-arn");
    expect(role.Path).toBe("/windlass/default/");
  });

  it.each([invoke("schedule-function-arn"), publish(TOPIC)])(
    "may $action $resource",
    async (attempt) => {
      expect(await decide(policies, attempt)).toBe("Allowed");
    },
  );

  it.each([
    invoke("controller-function-arn"),
    publish(`arn:aws:sns:${REGION}:${ACCOUNT}:other`),
    { action: "sqs:SendMessage", resource: `arn:aws:sqs:${REGION}:${ACCOUNT}:any` },
    { action: "dynamodb:GetItem", resource: `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/rows` },
  ])("may not $action $resource", async (attempt) => {
    expect(await decide(policies, attempt)).toBe("ImplicitlyDenied");
  });
});

describe("the function behind schedules", () => {
  const template = toJson(environmentStack());
  const values = Object.fromEntries(
    Object.entries(template.Resources).map(([id, { Type }]) => {
      const named: Readonly<Record<string, string>> = {
        "AWS::DynamoDB::Table": `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/rows`,
        "AWS::S3::Bucket": "arn:aws:s3:::objects",
        "AWS::Lambda::Function": lambda(id),
      };
      return [id, named[Type] ?? id];
    }),
  );
  const policies = policiesOfRole(template, "Schedules of Windlass", values);
  const functionId = (like: string): string =>
    Object.keys(template.Resources).find(
      (id) => template.Resources[id]?.Type === "AWS::Lambda::Function" && id.includes(like),
    ) ?? "";
  const row = (action: string, pk: string): Attempt => ({
    action: `dynamodb:${action}`,
    resource: `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/rows`,
    context: { "dynamodb:LeadingKeys": [pk] },
  });
  const send = (environment: string): Attempt => ({
    action: "sqs:SendMessage",
    resource: `arn:aws:sqs:${REGION}:${ACCOUNT}:any`,
    context: { "aws:ResourceTag/windlass:environment": environment },
  });
  const assume = (role: string): Attempt => ({
    action: "sts:AssumeRole",
    resource: `arn:aws:iam::${ACCOUNT}:role/${role}`,
  });
  const object = (action: string, key: string): Attempt => ({
    action: `s3:${action}`,
    resource: `arn:aws:s3:::objects/${key}`,
  });

  it("keeps what it could not do, encrypted with the key of the environment", () => {
    const stack = new Stack(cdkApp(), "Keyed");
    const encryptionKey = new Key(stack, "Key");
    new WindlassEnvironment(stack, "Environment", { encryptionKey });
    const keyed = toJson(stack);
    const [own] = propertiesOf(keyed, "AWS::Lambda::Function").filter(
      ({ Description }) => Description === "Windlass: begins scheduled runs",
    );

    const queue = keyed.Resources[own.DeadLetterConfig.TargetArn["Fn::GetAtt"][0]];

    expect(queue?.Type).toBe("AWS::SQS::Queue");
    expect(queue?.Properties.KmsMasterKeyId).toEqual({ "Fn::GetAtt": [expect.any(String), "Arn"] });
  });

  it.each([
    row("GetItem", "media#deployment"),
    row("PutItem", "media#schedules"),
    row("PutItem", "media#schedule-times"),
    row("PutItem", "media#call#fc-1"),
    row("Query", "media#call#fc-1#0"),
    object("GetObject", "manifests/media/1.json"),
    object("GetObject", "calls/media/fc-1/out/0"),
    send("default"),
    assume("windlass/default/Media-Schedules"),
    { action: "lambda:InvokeFunction", resource: lambda(functionId("Controller")) },
  ])("may $action $resource $context", async (attempt) => {
    expect(await decide(policies, attempt)).toBe("Allowed");
  });

  it.each([
    row("PutItem", "media#deployment"),
    row("DeleteItem", "media#schedules"),
    row("PutItem", "#controller"),
    row("GetItem", "media#containers"),
    object("PutObject", "calls/media/fc-1/out/0"),
    object("GetObject", "bundles/media/1.mjs"),
    send("staging"),
    { ...send("default"), action: "sqs:ReceiveMessage" },
    assume("windlass/staging/Media-Schedules"),
    assume("Admin"),
  ])("may not $action $resource $context", async (attempt) => {
    expect(await decide(policies, attempt)).toBe("ImplicitlyDenied");
  });
});

it("counts schedules among the resources of a stack", () => {
  const schedules = Object.fromEntries(
    Array.from({ length: 200 }, (_, at) => [`job${at}`, new Cron("0 0 13 * 5")]),
  );

  expect(mistake(() => appStack({ app: scheduled(schedules) }))).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_TOO_MANY_RESOURCES
    app "media" needs 411 resources beside its queues in one stack, at most 400 are allowed: 0 are roles of functions with \`uses\`, 402 are for schedules
    hint: nested stacks take queues only: make it two apps, or leave out \`uses\` where a function may call its whole app"
  `);
});
