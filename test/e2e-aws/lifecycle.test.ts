import {
  DeleteRuleCommand,
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished } from "vitest";
import type { Manifest } from "../../lib/aws/manifest.ts";
import { openInputs } from "../../lib/aws/range-message.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { MemoryObjects } from "../aws/memory-table.ts";
import { writeFiles } from "../bundle/temp-project.ts";
import { appProject } from "../cli/cli.ts";
import { aws, awsTest, unique, until } from "./aws.ts";
import { deploymentOf, environmentOf, eventsOf, onAws, statusOf, textOf } from "./deployed.ts";

const IMAGE = "debian:bookworm-slim";
const MINUTES = 60_000;
const sqs = new SQSClient(aws);
const bus = new EventBridgeClient(aws);
const environment = unique("env");
const app = unique("app");
const stack = `Windlass-${environment}-${app}`;
let root = "";
let image = "";

beforeAll(async () => {
  if (inject("aws") === null) return;
  root = appProject({}, afterAll);
  expect((await onAws(root, ["bootstrap", "--environment", environment])).code).toBe(0);
  write("1", "");
  const { stdout } = await onAws(root, ["spec", `${app}.ts`]);
  image = (JSON.parse(stdout) as { images: { hash: string }[] }).images[0]?.hash ?? "";
}, 2 * MINUTES);

afterAll(async () => {
  if (inject("aws") === null) return;
  const where = ["--environment", environment, "--delete-data"];
  await onAws(root, ["destroy", app, ...where]);
  await onAws(root, ["destroy", ...where]);
}, 3 * MINUTES);

/** Writes the app with this code and these options. */
function write(code: string, options: string): void {
  writeFiles(root, {
    [`${app}.ts`]: `import { App } from "windlass";
      export const app = new App("${app}");
      export const version = app.function("version", {${options}}, () => ${code});`,
  });
}

/** Runs a command that prints JSON. */
async function run<Answer>(...args: readonly string[]): Promise<Answer> {
  const all = [...args, "--environment", environment, "--json"];
  const { code, stdout, stderr } = await onAws(root, all);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Answer;
}

interface Deployed {
  readonly deployment: number;
  readonly codeHash: string;
  readonly isUnchanged: boolean;
  readonly changes: readonly object[];
}

function deploy(code: string, options = "", ...more: readonly string[]): Promise<Deployed> {
  write(code, options);
  return run("deploy", `${app}.ts`, "--image", `${image}=${IMAGE}`, ...more);
}

const row = async () => deploymentOf((await environmentOf(environment)).rows, app);

/** The memory that containers of the current deployment get. */
async function memory(): Promise<number | undefined> {
  const { facts } = await environmentOf(environment);
  const manifest = JSON.parse(
    await textOf(facts["bucket-name"], (await row())?.manifestKey ?? ""),
  ) as Manifest;
  return manifest.functions["version"]?.spec.memoryMiB.request;
}

describe("the life of a deployed app", () => {
  awsTest(
    "has a history, with tags",
    async () => {
      await deploy("1", "", "--tag", "1.0");
      const again = await deploy("1", "", "--tag", "1.0.1");
      await deploy("2");

      expect(again).toMatchObject({ deployment: 1, isUnchanged: true, changes: [] });
      const history = await run<object[]>("app", "history", app);
      expect(history).toMatchObject([
        { deployment: 2, change: "code", tag: null, isCurrent: true },
        { deployment: 1, change: "stack", tag: "1.0.1", isCurrent: false },
      ]);
      expect(history[0]).toMatchObject({ by: expect.any(String), client: expect.any(String) });
      expect(await run("app", "list")).toMatchObject([
        { name: app, state: "deployed", deployment: 2, containers: 0 },
      ]);
    },
    3 * MINUTES,
  );

  awsTest(
    "changes nothing in a dry run",
    async () => {
      const before = await deploy("2");

      const { changes } = await deploy("3", "memoryMiB: 2048", "--dry-run");

      expect(changes).toMatchObject([
        { subject: "function version", field: "memoryMiB", after: "2048" },
        { subject: "code" },
      ]);
      expect(await row()).toMatchObject({ number: before.deployment, codeHash: before.codeHash });
    },
    3 * MINUTES,
  );

  awsTest(
    "goes back to earlier code, and over to the same, without CloudFormation",
    async () => {
      const one = await deploy("1");
      const two = await deploy("2");
      const events = await eventsOf(stack);

      const back = await run("app", "rollback", app);
      const over = await run("app", "rollover", app);

      const { codeHash } = one;
      expect(back).toMatchObject({ change: `rollback to v${one.deployment}`, codeHash });
      expect(over).toMatchObject({ deployment: two.deployment + 2, change: "rollover", codeHash });
      expect(await row()).toMatchObject({ number: two.deployment + 2, codeHash });
      expect(await eventsOf(stack)).toBe(events);
    },
    3 * MINUTES,
  );

  awsTest(
    "goes back to earlier options and the code that had come ahead of them, by the template of then",
    async () => {
      await deploy("1", "memoryMiB: 512");
      const ahead = await deploy("2", "memoryMiB: 512");
      const larger = await deploy("3", "memoryMiB: 1024");
      expect(await memory()).toBe(1024);

      const back = await run("app", "rollback", app, `v${ahead.deployment}`);

      expect(back).toMatchObject({ change: `rollback to v${ahead.deployment}` });
      expect(await row()).toMatchObject({ codeHash: ahead.codeHash });
      expect(await memory()).toBe(512);
      expect(await statusOf(stack)).toBe("UPDATE_COMPLETE");
      const forward = await run("app", "rollback", app, `v${larger.deployment}`);
      expect(forward).toMatchObject({ codeHash: larger.codeHash });
      expect(await memory()).toBe(1024);
    },
    6 * MINUTES,
  );
});

describe("the event bus of an environment", () => {
  awsTest(
    "tells rules of deployments, and calls functions that hear of an event",
    async () => {
      const heard = unique("app");
      writeFiles(root, {
        [`${heard}.ts`]: `import { App } from "windlass";
          export const app = new App("${heard}");
          app.on("call.failed", (event) => event.error.message);`,
      });
      const told = await eventsOnBus(`windlass-${environment}`, `windlass.${heard}`);
      const { stdout } = await onAws(root, ["spec", `${heard}.ts`]);
      const { images } = JSON.parse(stdout) as { images: { hash: string }[] };
      const deployed = () =>
        run("deploy", `${heard}.ts`, "--image", `${images[0]?.hash}=${IMAGE}`, "--tag", "7");
      await deployed();
      onTestFinished(async () => {
        await onAws(root, ["destroy", heard, "--environment", environment, "--delete-data"]);
      });
      await run("app", "rollover", heard);

      const finished = await until("two deployments", async () => {
        const all = await told();
        return all.length >= 2 && all;
      });
      expect(finished).toMatchObject([
        { name: "deployment.finished", deployment: 1, change: "stack", environment },
        { name: "deployment.finished", deployment: 2, change: "rollover", tag: "7" },
      ]);

      const event = { version: 1, name: "call.failed", app: heard, error: { message: "no" } };
      await bus.send(
        new PutEventsCommand({
          Entries: [
            {
              EventBusName: `windlass-${environment}`,
              Source: `windlass.${heard}`,
              DetailType: "call.failed",
              Detail: JSON.stringify(event),
            },
          ],
        }),
      );
      const { facts, rows } = await environmentOf(environment);
      const key = (await deploymentOf(rows, heard))?.manifestKey ?? "";
      const manifest = JSON.parse(await textOf(facts["bucket-name"], key)) as Manifest;
      const QueueUrl = manifest.functions["on-call-failed"]?.queueUrl;
      const body = await until("a call with the event", async () => {
        const asked = { QueueUrl, VisibilityTimeout: 0 };
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(asked));
        return Messages[0]?.Body ?? false;
      });
      const inputs = await openInputs(body, new MemoryObjects());
      expect(inputs.request.target).toMatchObject({ app: heard, name: "on-call-failed" });
      expect(decodePage(inputs.args)).toEqual([event]);
    },
    3 * MINUTES,
  );
});

/** Details of the events of a source that a rule on a bus delivers, in the order of their arrival. */
async function eventsOnBus(name: string, source: string): Promise<() => Promise<object[]>> {
  const Name = unique("rule");
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: Name }));
  const EventPattern = JSON.stringify({ source: [source] });
  await bus.send(new PutRuleCommand({ Name, EventBusName: name, EventPattern }));
  const Arn = `arn:aws:sqs:us-east-1:000000000000:${Name}`;
  const Targets = [{ Id: "queue", Arn }];
  await bus.send(new PutTargetsCommand({ Rule: Name, EventBusName: name, Targets }));
  onTestFinished(async () => {
    await bus.send(new RemoveTargetsCommand({ Rule: Name, EventBusName: name, Ids: ["queue"] }));
    await bus.send(new DeleteRuleCommand({ Name, EventBusName: name }));
  });
  const seen: object[] = [];
  return async () => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    for (const { Body = "{}", ReceiptHandle } of Messages) {
      seen.push((JSON.parse(Body) as { readonly detail: object }).detail);
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
    return seen;
  };
}
