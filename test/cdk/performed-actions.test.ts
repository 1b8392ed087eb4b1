import { join } from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { App, CloudBucketMount, Cron, Dict, Queue, Secret, Volume } from "windlass";
import { appStack, environmentStack, type TemplateJson, toJson } from "./synth.ts";

const REPOSITORY = join(import.meta.dirname, "../..");

/** What a program of this entry is, as esbuild leaves it: what nothing uses is not in it. */
async function programOf(entry: string): Promise<string> {
  const { outputFiles } = await build({
    ...{ entryPoints: [entry], absWorkingDir: REPOSITORY, bundle: true, write: false },
    ...{ packages: "external", platform: "node", format: "esm", logLevel: "silent" },
  });
  return outputFiles.map(({ text }) => text).join("\n");
}

/** Actions that IAM asks about for a command of the SDK, where its name does not say them. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  TransactWriteItems: ["PutItem", "ConditionCheckItem"],
  HeadObject: ["GetObject"],
  CopyObject: ["GetObject", "PutObject"],
  DeleteObjects: ["DeleteObject"],
  ListObjectsV2: ["ListBucket"],
  CreateMultipartUpload: ["PutObject"],
  UploadPart: ["PutObject"],
  CompleteMultipartUpload: ["PutObject"],
  SendMessageBatch: ["SendMessage"],
  DeleteMessageBatch: ["DeleteMessage"],
  ChangeMessageVisibilityBatch: ["ChangeMessageVisibility"],
  Invoke: ["InvokeFunction"],
  // A fleet runs instances, which have tags and a role.
  CreateFleet: ["CreateFleet", "RunInstances", "CreateTags", "PassRole", "GetParameters"],
  RunTask: ["RunTask", "PassRole"],
};

/** Actions, without their services, that a program performs. */
function actionsIn(program: string): string[] {
  const found = program.matchAll(/new (\w+)Command\(|paginate(\w+)\(|#client\d*\.(\w+)\(\{/g);
  const commands = [...found].map(([, command, paginated, method = ""]) => {
    return command ?? paginated ?? `${method.charAt(0).toUpperCase()}${method.slice(1)}`;
  });
  return [...new Set(commands.flatMap((command) => ACTIONS[command] ?? [command]))].sort();
}

/** Actions that the roles with such descriptions are allowed. */
function allowedIn(template: TemplateJson, description: RegExp): string[] {
  const policies = Object.values(template.Resources)
    .filter(({ Type, Properties }) => {
      return Type === "AWS::IAM::Role" && description.test(String(Properties.Description));
    })
    .flatMap(({ Properties }) => Properties.Policies);
  const actions = policies.flatMap(({ PolicyDocument }) =>
    PolicyDocument.Statement.flatMap(({ Action }: { Action: string | string[] }) => Action),
  );
  return [
    ...new Set(actions.map((action: string) => action.slice(action.indexOf(":") + 1))),
  ].sort();
}

/** All that containers can have. */
function containerTemplate(): TemplateJson {
  const app = new App("alpha");
  Dict.fromName("cache");
  Queue.fromName("jobs");
  const volumes = {
    "/models": Volume.fromName("models"),
    "/shared": Volume.fromName("shared", { backing: "efs" }),
    "/photos": new CloudBucketMount({ bucketName: "photos" }),
  };
  app.function("all", { volumes, secrets: [Secret.fromName("openai")] }, () => 1);
  app.function("nightly", { schedule: new Cron("0 3 * * *") }, () => 1);
  return toJson(appStack({ app }));
}

const environment = toJson(environmentStack());

/** What the stores of containers can do as well, and their agent refuses: only programs outside may. */
const REFUSED = [
  "CreateSecret",
  "DeleteParameters",
  "DeleteSecret",
  "PutParameter",
  "PutSecretValue",
];
/** What the kernel and ECS ask for when they mount a file system. */
const MOUNTED = ["ClientMount", "ClientRootAccess", "ClientWrite"];
/** Lambda writes the logs of its functions. */
const LOGGED = ["CreateLogStream", "PutLogEvents"];

it.each([
  {
    who: "containers",
    entries: ["runtime-shim/agent-aws/main.ts", "runtime-shim/bucket-mount/main.ts"],
    allowed: allowedIn(containerTemplate(), /^Containers of the/),
    ...{ refused: REFUSED, beside: MOUNTED },
  },
  {
    who: "the controller",
    entries: ["cdk/controller/handler.ts"],
    allowed: allowedIn(environment, /^The controller/),
    // It shares the code of queues and objects with containers, and calls none of these.
    ...{ refused: ["CreateQueue", "PutObject"], beside: LOGGED },
  },
  {
    who: "the deployment function",
    entries: ["cdk/deployment/handler.ts"],
    allowed: allowedIn(environment, /^Deployments/),
    ...{ refused: ["DeleteQueue", "GetQueueUrl"], beside: LOGGED },
  },
  {
    who: "the function behind schedules",
    entries: ["cdk/schedules/handler.ts"],
    allowed: allowedIn(environment, /^Schedules of Windlass/),
    // It sends calls and reads results by the same code, and publishes by the role of an app.
    refused: [
      ...["ChangeMessageVisibility", "ConditionCheckItem", "CreateQueue", "DeleteItem"],
      ...["DeleteMessage", "DeleteQueue", "Publish", "PutObject", "ReceiveMessage"],
    ],
    beside: LOGGED,
  },
  {
    who: "the function that holds requests",
    entries: ["cdk/front/handler.ts"],
    allowed: allowedIn(environment, /^The front of Windlass/),
    // It spawns calls and reads results, by the code of whoever calls.
    refused: [
      ...["ChangeMessageVisibility", "ConditionCheckItem", "CreateQueue", "DeleteItem"],
      ...["DeleteMessage", "DeleteQueue", "GetQueueUrl", "ReceiveMessage"],
    ],
    beside: LOGGED,
  },
])("$who are allowed each action that their code performs, and no other", async (given) => {
  const { entries, allowed, refused, beside } = given;
  const programs = await Promise.all(entries.map(programOf));
  const performed = [...new Set(programs.flatMap(actionsIn))].sort();

  expect(performed.filter((action) => !allowed.includes(action))).toEqual(refused);
  expect(allowed.filter((action) => !performed.includes(action))).toEqual(beside);
});

it("containers are allowed each kind of row of their app that their code names, and no other", async () => {
  const program = await programOf("runtime-shim/agent-aws/main.ts");
  const named = [...program.matchAll(/`\$\{app\d*\}#([a-z-]+)/g)].map(([, kind]) => kind);
  const policies = JSON.stringify(containerTemplate().Resources);
  const allowed = [...policies.matchAll(/"alpha#([a-z-]+)(#\*)?"/g)].map(([, kind]) => kind);

  expect([...new Set(allowed)].sort()).toEqual([...new Set(named)].sort());
});
