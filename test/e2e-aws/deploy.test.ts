import { GetTemplateCommand, UpdateStackCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ListTaskDefinitionsCommand } from "@aws-sdk/client-ecs";
import { HeadBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { appKey, callKey, deploymentKey } from "../../lib/aws/keys.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import { ownQueuePrefix } from "../../lib/aws/parameter-sets.ts";
import { sha256 } from "../../lib/sha256.ts";
import { writeFiles } from "../bundle/temp-project.ts";
import { appProject, type Outcome } from "../cli/cli.ts";
import { aws, awsTest, unique, until } from "./aws.ts";
import { ecs } from "./cluster.ts";
import {
  cdk,
  cloudFormation,
  deploymentOf,
  environmentOf,
  eventsOf,
  keysOf,
  onAws,
  s3,
  serviceQuotas,
  statusOf,
  textOf,
} from "./deployed.ts";

const IMAGE = "debian:bookworm-slim";
const STAGING = "cdk-hnb659fds-assets-000000000000-us-east-1";
const MINUTES = 60_000;

const sqs = new SQSClient(aws);
const environment = unique("env");
const apps: string[] = [];
let root = "";
let bootstrapped: Outcome;

beforeAll(async () => {
  if (inject("aws") === null) return;
  root = appProject({}, afterAll);
  const quotas = await serviceQuotas({
    ...{ "L-1216C47A": 32, "L-34B43A08": 32, "L-DB2E81BA": 0, "L-3819A6DF": 0 },
    ...{ "L-417A185B": 8, "L-7212CCBC": 0 },
  });
  const env = { AWS_ENDPOINT_URL_SERVICE_QUOTAS: quotas.url };
  bootstrapped = await onAws(root, ["bootstrap", "--environment", environment], env);
  quotas.close();
}, 2 * MINUTES);

afterAll(async () => {
  if (inject("aws") === null) return;
  await Promise.all(apps.map((app) => run(["destroy", app, "--delete-data"])));
  await run(["destroy", "--delete-data"]);
}, 3 * MINUTES);

function run(args: readonly string[]): Promise<Outcome> {
  return onAws(root, [...args, "--environment", environment]);
}

/** Runs a command that prints JSON. */
async function runJson<Answer>(args: readonly string[]): Promise<Answer> {
  const { code, stdout, stderr } = await run([...args, "--json"]);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Answer;
}

interface Deployed {
  readonly deployment: number;
  readonly codeHash: string;
}

/** An app of one function, and how it is deployed. */
async function newApp(): Promise<{
  readonly name: string;
  readonly stack: string;
  /** Writes this version of the code. */
  edit(version: number): void;
  deploy(version: number): Promise<Deployed>;
  readonly image: string;
}> {
  const name = unique("app");
  const edit = (version: number): void =>
    writeFiles(root, {
      [`${name}.ts`]: `import { App } from "windlass";
        export const app = new App("${name}");
        export const version = app.function("version", () => ${version});`,
    });
  edit(1);
  const { stdout } = await onAws(root, ["spec", `${name}.ts`]);
  const { images } = JSON.parse(stdout) as { images: { hash: string }[] };
  const image = images[0]?.hash ?? "";
  apps.push(name);
  return {
    ...{ name, stack: `Windlass-${environment}-${name}`, edit, image },
    deploy(version) {
      edit(version);
      return runJson(["deploy", `${name}.ts`, "--image", `${image}=${IMAGE}`]);
    },
  };
}

const row = async (app: string) => deploymentOf((await environmentOf(environment)).rows, app);

describe("windlass bootstrap", () => {
  awsTest("prepares account and environment, and says what cannot be bought", async () => {
    expect(bootstrapped.code).toBe(0);
    expect(bootstrapped.stdout).toMatch(`Environment ${environment} is ready`);
    expect(bootstrapped.stderr).toContain(
      "quotas of vCPUs: standard 32 (spot 32), G and VT 0 (spot 0), P 8 (spot 0)",
    );
    expect(bootstrapped.stderr).toMatch(/notice\[WINDLASS_QUOTA_ZERO\].*G and VT/);
    expect(bootstrapped.stderr).toContain("--quota-code L-DB2E81BA");
    expect(await statusOf(`Windlass-${environment}`)).toMatch(/_COMPLETE$/);
    const { facts } = await environmentOf(environment);
    await s3.send(new HeadBucketCommand({ Bucket: facts["bucket-name"] }));
  });

  awsTest("changes nothing the second time", async () => {
    const before = await eventsOf(`Windlass-${environment}`);

    const { resources } = await runJson<{ resources: number }>(["bootstrap"]);

    expect(resources).toBe(0);
    expect(await eventsOf(`Windlass-${environment}`)).toBe(before);
  });
});

describe("windlass deploy", () => {
  /** One app for all, as they leave it: each deploys what it needs, which takes no time where it is there. */
  let app: Awaited<ReturnType<typeof newApp>>;
  let first: Deployed;

  beforeAll(async () => {
    if (inject("aws") === null) return;
    app = await newApp();
    first = await app.deploy(1);
  }, 2 * MINUTES);

  /** Number of the current deployment. */
  const number = async (): Promise<number> => (await row(app.name))?.number ?? 0;

  awsTest("puts queues, manifest, code and a row in place, and lists the app", async () => {
    const { facts, rows } = await environmentOf(environment);
    const found = await row(app.name);
    expect(found).toMatchObject({ number: 1, codeHash: first.codeHash, isAhead: false });
    expect((await rows.get(appKey(app.name)))?.body).toEqual({ app: app.name });
    const text = (key: string) => textOf(facts["bucket-name"], key);
    expect(sha256(await text(`bundles/${app.name}/${first.codeHash}.mjs`))).toBe(first.codeHash);
    const manifest = JSON.parse(await text(found?.manifestKey ?? "")) as Manifest;
    expect(manifest).toMatchObject({ app: app.name, environment, table: facts["table-name"] });
    const QueueUrl = manifest.functions["version"]?.queueUrl;
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["MessageRetentionPeriod"] }),
    );
    expect(Attributes?.["MessageRetentionPeriod"]).toBe("604800");
  });

  awsTest("leaves what is deployed already as it is", async () => {
    const before = await number();

    expect(await app.deploy(1)).toMatchObject({ deployment: before });
  });

  awsTest("deploys a change of code without CloudFormation", async () => {
    const before = await number();
    const events = await eventsOf(app.stack);

    const { codeHash } = await app.deploy(2);

    expect(await row(app.name)).toMatchObject({ number: before + 1, codeHash, isAhead: true });
    expect(await eventsOf(app.stack)).toBe(events);
  });

  awsTest(
    "goes back to the code that was live when its stack is rolled back",
    async () => {
      const ahead = await app.deploy(2);
      const code = "export const broken = true;";
      const codeKey = `${unique("code")}.mjs`;
      await s3.send(new PutObjectCommand({ Bucket: STAGING, Key: codeKey, Body: code }));

      await failAfter(app.stack, { codeKey, codeHash: sha256(code), templateHash: "another" });

      // There and back.
      const expected = { number: ahead.deployment + 2, codeHash: ahead.codeHash };
      expect(await row(app.name)).toMatchObject(expected);
    },
    3 * MINUTES,
  );

  awsTest(
    "lets `cdk deploy` put its code in place of code that was ahead",
    async () => {
      await app.deploy(2);
      const before = await number();
      app.edit(1);
      const parameter = `ImageUri${sha256(app.image).slice(0, 12)}=${IMAGE}`;

      await cdk([
        ...["deploy", app.stack, "--exclusively", "--require-approval", "never"],
        ...["--output", `${root}/cdk.out`, "--parameters", `${app.stack}:${parameter}`],
        ...["-c", `app=${root}/${app.name}.ts`, "-c", `environment=${environment}`],
        ...["-c", "images=parameters"],
      ]);

      expect(await row(app.name)).toMatchObject({
        ...{ number: before + 1, codeHash: first.codeHash, isAhead: false },
      });
    },
    3 * MINUTES,
  );

  awsTest(
    "deploys under another name, beside the first one",
    async () => {
      const before = await number();
      const other = unique("app");
      apps.push(other);
      const image = `${app.image}=${IMAGE}`;

      await runJson(["deploy", `${app.name}.ts`, "--name", other, "--image", image]);

      expect(await row(other)).toMatchObject({ number: 1 });
      expect(await number()).toBe(before);
    },
    3 * MINUTES,
  );

  awsTest(
    "refuses an app that another stack has deployed, before it changes anything",
    async () => {
      const taken = await newApp();
      const { rows } = await environmentOf(environment);
      const owner = "arn:aws:cloudformation:us-east-1:000000000000:stack/Media/1/Deployment";
      await rows.put(deploymentKey(taken.name), { number: 1, owner, shards: "0" }, 0);

      const { code, stderr } = await run(["deploy", `${taken.name}.ts`]);

      await rows.delete(deploymentKey(taken.name));
      expect(code).toBe(1);
      expect(stderr).toContain("error[WINDLASS_APP_EXISTS]");
      expect(stderr).toContain("by the stack Media");
    },
  );

  awsTest(
    "tells why a resource failed, and the fix, when a stack is rolled back",
    async () => {
      const before = await number();
      const image = `${app.image}=${IMAGE}`;

      const { code, stderr } = await run([
        ...["deploy", `${app.name}.ts`, "--image", image, "--shards", "2"],
      ]);

      expect(code).toBe(1);
      expect(stderr).toContain("error[WINDLASS_SHARDS_CHANGED]");
      expect(stderr).toContain("hint: deploy under a new name");
      expect(await number()).toBe(before);
      expect(await statusOf(app.stack)).toBe("UPDATE_ROLLBACK_COMPLETE");
    },
    3 * MINUTES,
  );

  awsTest("keeps an environment that it uses", async () => {
    const { code, stderr } = await run(["destroy", "--delete-data"]);

    expect(code).toBe(1);
    expect(stderr).toContain("error[WINDLASS_ENVIRONMENT_IN_USE]");
    expect(stderr).toContain(app.name);
  });
});

/** Updates the deployment of a stack, then fails at another resource; resolves once the stack is rolled back. */
async function failAfter(stack: string, changes: Readonly<Record<string, string>>): Promise<void> {
  const { TemplateBody = "" } = await cloudFormation.send(
    new GetTemplateCommand({ StackName: stack }),
  );
  const template = JSON.parse(TemplateBody);
  const isDeployment = ([, { Type }]: [string, { Type: string }]) =>
    Type === "Custom::WindlassDeployment";
  const entries: [string, { Type: string; Properties: object }][] = Object.entries(
    template.Resources,
  );
  const [id = "", deployment] = entries.find(isDeployment) ?? [];
  Object.assign(deployment?.Properties ?? {}, { codeBucket: STAGING, ...changes });
  template.Resources.Failing = {
    Type: "Custom::Failing",
    DependsOn: [id],
    Properties: { ServiceToken: "arn:aws:lambda:us-east-1:000000000000:function:missing" },
  };
  await cloudFormation.send(
    new UpdateStackCommand({
      StackName: stack,
      TemplateBody: JSON.stringify(template),
      Parameters: Object.keys(template.Parameters).map((ParameterKey) => ({
        ParameterKey,
        UsePreviousValue: true,
      })),
      Capabilities: ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    }),
  );
  await until(`${stack} rolled back`, async () =>
    /^UPDATE_ROLLBACK_COMPLETE$/.test((await statusOf(stack)) ?? ""),
  );
}

describe("windlass destroy", () => {
  /** An app with a call, a container's log group and queues that its callers made. */
  async function usedApp() {
    const app = await newApp();
    await app.deploy(1);
    const { facts, rows } = await environmentOf(environment);
    await rows.put(callKey(app.name, "call-1"), { state: "open" }, 0);
    const QueueName = `${ownQueuePrefix(environment, app.name)}${unique("q")}`.slice(0, 80);
    await sqs.send(new CreateQueueCommand({ QueueName }));
    const page = `calls/${app.name}/call-1/page`;
    await s3.send(new PutObjectCommand({ Bucket: facts["bucket-name"], Key: page, Body: "{}" }));
    return { app, facts, rows, page };
  }

  const queuesOf = async (app: string) => {
    const QueueNamePrefix = ownQueuePrefix(environment, app);
    return (await sqs.send(new ListQueuesCommand({ QueueNamePrefix }))).QueueUrls ?? [];
  };
  const definitionsOf = async (stack: string) => {
    const { taskDefinitionArns = [] } = await ecs.send(
      new ListTaskDefinitionsCommand({ status: "ACTIVE", maxResults: 100 }),
    );
    return taskDefinitionArns.filter((arn) => arn.includes(`/${stack}`));
  };

  awsTest(
    "removes the stack, and lists what stays with size and price",
    async () => {
      const { app, facts, rows, page } = await usedApp();

      const { code, stdout } = await run(["destroy", app.name]);

      expect(code).toBe(0);
      expect(stdout).toContain(`s3://${facts["bucket-name"]}/bundles/${app.name}/`);
      expect(stdout).toMatch(/calls\/app-.*\/ {2}2 B {2}below \$0\.01/);
      expect(stdout).toContain(
        `windlass destroy ${app.name} --environment ${environment} --delete`,
      );
      expect(await statusOf(app.stack)).toBeUndefined();
      expect(await row(app.name)).toBeUndefined();
      expect(await rows.get(appKey(app.name))).toBeUndefined();
      expect(await queuesOf(app.name)).toEqual([]);
      expect(await keysOf(facts["bucket-name"], `calls/${app.name}/`)).toEqual([page]);
      expect(await rows.get(callKey(app.name, "call-1"))).toBeDefined();
      expect((await definitionsOf(app.stack)).length).toBe(1);
      expect(await statusOf(`Windlass-${environment}`)).toMatch(/_COMPLETE$/);
    },
    3 * MINUTES,
  );

  awsTest(
    "leaves nothing of an app with --delete-data, and all of others",
    async () => {
      const other = await usedApp();
      const { app, facts, rows } = await usedApp();

      const { code, stdout } = await run(["destroy", app.name, "--delete-data"]);

      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringContaining("Nothing of it is left"),
      });
      for (const folder of ["bundles", "calls", "manifests", "templates"]) {
        expect(await keysOf(facts["bucket-name"], `${folder}/${app.name}/`)).toEqual([]);
      }
      expect(await rows.get(callKey(app.name, "call-1"))).toBeUndefined();
      expect(await queuesOf(app.name)).toEqual([]);
      expect(await definitionsOf(app.stack)).toEqual([]);
      const groups = await new CloudWatchLogsClient(aws).send(
        new DescribeLogGroupsCommand({
          logGroupNamePrefix: `/windlass/${environment}/${app.name}`,
        }),
      );
      expect(groups.logGroups).toEqual([]);
      expect(await row(other.app.name)).toMatchObject({ number: 1 });
      expect(await rows.get(callKey(other.app.name, "call-1"))).toBeDefined();
      expect((await queuesOf(other.app.name)).length).toBe(1);
      expect((await definitionsOf(other.app.stack)).length).toBe(1);
    },
    3 * MINUTES,
  );

  awsTest("says so when there is no such app", async () => {
    const { code, stderr } = await run(["destroy", unique("none")]);

    expect(code).toBe(1);
    expect(stderr).toContain("error[WINDLASS_APP_NOT_DEPLOYED]");
  });

  awsTest(
    "leaves nothing of an environment without apps with --delete-data",
    async () => {
      const name = unique("env");
      const options = ["--environment", name];
      expect((await onAws(root, ["bootstrap", ...options])).code).toBe(0);
      const { facts } = await environmentOf(name);

      const { code } = await onAws(root, ["destroy", ...options, "--delete-data"]);

      expect(code).toBe(0);
      expect(await statusOf(`Windlass-${environment}-${name}`)).toBeUndefined();
      await expect(
        s3.send(new HeadBucketCommand({ Bucket: facts["bucket-name"] })),
      ).rejects.toMatchObject({ name: "NotFound" });
      await expect(
        new DynamoDBClient(aws).send(new DescribeTableCommand({ TableName: facts["table-name"] })),
      ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
      await expect(environmentOf(name)).rejects.toMatchObject({
        code: "WINDLASS_NOT_BOOTSTRAPPED",
      });
    },
    3 * MINUTES,
  );
});
