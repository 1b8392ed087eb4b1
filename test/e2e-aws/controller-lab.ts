import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  CreateLaunchTemplateCommand,
  DescribeInstancesCommand,
  DescribeSubnetsCommand,
  type Instance,
} from "@aws-sdk/client-ec2";
import {
  DescribeTasksCommand,
  ListTasksCommand,
  StopTaskCommand,
  type Task,
} from "@aws-sdk/client-ecs";
import {
  DeleteRuleCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  InvokeCommand,
  LambdaClient,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { build } from "esbuild";
import { onTestFinished } from "vitest";
import { App, resolveSpec } from "windlass";
import type { ControlRequest, Outcome } from "../../cdk/controller/control.ts";
import { CONTROLLER, type HostRow } from "../../cdk/controller/rows.ts";
import type { ContainerRow } from "../../lib/aws/container-row.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { appKey, bundleObject, callKey, containerKey, deploymentKey } from "../../lib/aws/keys.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import { openReply } from "../../lib/aws/page-text.ts";
import { type PoolRow, poolKey } from "../../lib/aws/pool-row.ts";
import { sealInputs } from "../../lib/aws/range-message.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { SqsQueues } from "../../lib/aws/sqs-queues.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { createCallId } from "../../lib/ids.ts";
import { bundleApp } from "../../lib/local/bundle.ts";
import { sha256 } from "../../lib/sha256.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import { environmentStack, propertiesOf, toJson } from "../cdk/synth.ts";
import { aws, unique, until } from "./aws.ts";
import { definition, ec2, ecs, instancesOf, newCluster } from "./cluster.ts";
import { buildImage } from "./images.ts";
import { createTable } from "./table.ts";

const dynamo = new DynamoDBClient(aws);
const s3 = new S3Client({ ...aws, forcePathStyle: true });
const sqs = new SQSClient(aws);
const lambda = new LambdaClient(aws);
const bus = new EventBridgeClient(aws);
const queues = new SqsQueues(sqs);
const ROOT = resolve(import.meta.dirname, "../..");
const CONTAINER = { name: "windlass", cpu: 0, memory: undefined, memoryReservation: 128 };

/** The controller's function as it is deployed, and the SDK, which Lambda has and the emulator lacks. */
const code: Promise<Uint8Array> = bundled();

async function bundled(): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), "windlass-controller-"));
  await build({
    entryPoints: ["cdk/controller/handler.ts"],
    outfile: join(folder, "index.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  const zip = "import zipfile; zipfile.ZipFile('code.zip', 'w').write('index.mjs')";
  spawnSync("python3", ["-c", zip], { cwd: folder });
  const bytes = readFileSync(join(folder, "code.zip"));
  rmSync(folder, { recursive: true });
  return bytes;
}

/** What containers run; without one they only wait until they are told to end. */
interface Program {
  readonly app: App;
  readonly file: string;
}

interface LabOptions {
  /** Whether events of the cluster reach the controller, by the rules of the template. */
  readonly isTold?: boolean;
  readonly program?: Program | undefined;
}

/** What an app of a lab is deployed from. */
interface Source {
  readonly module: string;
  readonly functions: readonly FunctionSpec[];
  readonly taskDefinition: string;
  readonly code: string;
}

/** An environment of one test with the controller's function in it, and one app. */
export class Lab {
  readonly app: string = unique("app");
  readonly environment: string = unique("env");
  readonly table: string;
  readonly rows: DynamoRows;
  readonly objects: S3Objects;
  readonly cluster: string;
  taskDefinition = "";
  readonly bucket: string;
  /** Where callers of `send` hear of results. */
  replyTo: string | undefined;
  readonly #cluster: Awaited<ReturnType<typeof newCluster>>;
  #queueUrls: Record<string, string> = {};
  #functionArn = "";

  private constructor(names: {
    readonly table: string;
    readonly bucket: string;
    readonly cluster: Awaited<ReturnType<typeof newCluster>>;
  }) {
    this.table = names.table;
    this.rows = new DynamoRows(dynamo, names.table);
    this.objects = new S3Objects(s3, names.bucket);
    this.cluster = names.cluster.name;
    this.#cluster = names.cluster;
    this.bucket = names.bucket;
  }

  static async create(
    functions: Readonly<Record<string, Partial<FunctionSpec>>>,
    { isTold = true, program }: LabOptions = {},
  ): Promise<Lab> {
    const cluster = await newCluster();
    const table = unique("table");
    const bucket = unique("bucket");
    await createTable(dynamo, table);
    onTestFinished(async () => {
      await dynamo.send(new DeleteTableCommand({ TableName: table }));
    });
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    const lab = new Lab({ table, bucket, cluster });
    await lab.#createQueues(Object.keys(functions));
    await lab.#deploy(functions, await lab.#source(Object.keys(functions), program));
    await lab.#createFunction();
    if (isTold) await lab.#createRules();
    return lab;
  }

  /** A call of one input, or of these; answers its id. */
  async send(name: string, inputs: readonly unknown[] = [0]): Promise<string> {
    const callId = createCallId();
    const target = { app: this.app, name };
    const body = await sealInputs(
      {
        request: { callId, kind: "map", target },
        ...{ start: 0, end: inputs.length, unary: true, attempt: 0, isChild: false, deployment: 1 },
        args: encodePage(inputs, () => "inputs"),
        replyTo: this.replyTo,
      },
      this.objects,
    );
    await queues.send(this.#queueUrls[name] ?? "", { body, group: callId });
    return callId;
  }

  async cancel(callId: string): Promise<void> {
    await this.rows.put(callKey(this.app, callId), { state: "cancelled", cancelled: [] }, 0);
  }

  /** Answers until so many inputs have one, and those that come within a second more. */
  async answers(count: number): Promise<unknown[]> {
    const answers: unknown[] = [];
    for (let deadline = Date.now() + 60_000; Date.now() < deadline; ) {
      const wanted = { limit: 10, waitSeconds: 1, hiddenSeconds: 60 };
      const received = await queues.receive(this.replyTo ?? "", wanted);
      if (received.length === 0 && answers.length >= count) return answers;
      for (const { body } of received) {
        const { page } = openReply(body);
        if (page !== undefined) answers.push(...decodePage(page.values));
      }
      await Promise.all(received.map(({ handle }) => queues.delete(this.replyTo ?? "", handle)));
    }
    return answers;
  }

  /** What agents do: take what waits. */
  async takeAll(name: string): Promise<number> {
    const url = this.#queueUrls[name] ?? "";
    const wanted = { limit: 10, waitSeconds: 1, hiddenSeconds: 60 };
    const messages = await queues.receive(url, wanted);
    await Promise.all(messages.map(({ handle }) => queues.delete(url, handle)));
    return messages.length;
  }

  async wake(...pools: readonly string[]): Promise<Outcome> {
    return await this.invoke({ kind: "wake", app: this.app, pools });
  }

  async invoke(request: ControlRequest): Promise<Outcome> {
    const { Payload, FunctionError } = await lambda.send(
      new InvokeCommand({ FunctionName: this.#functionArn, Payload: JSON.stringify(request) }),
    );
    const text = Buffer.from(Payload ?? []).toString();
    if (FunctionError !== undefined) throw new Error(text);
    return JSON.parse(text) as Outcome;
  }

  /** Instances that are on or starting. */
  async instances(): Promise<Instance[]> {
    const { Reservations = [] } = await ec2.send(
      new DescribeInstancesCommand({
        Filters: [{ Name: "tag:windlass:environment", Values: [this.environment] }],
      }),
    );
    return Reservations.flatMap(({ Instances = [] }) => Instances).filter(({ State }) =>
      ["pending", "running"].includes(State?.Name ?? ""),
    );
  }

  async tasks(): Promise<Task[]> {
    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: this.cluster }));
    if (taskArns.length === 0) return [];
    const described = await ecs.send(
      new DescribeTasksCommand({ cluster: this.cluster, tasks: taskArns }),
    );
    return described.tasks ?? [];
  }

  async containers(): Promise<{ id: string; row: ContainerRow; version: number }[]> {
    const rows = await this.rows.list<ContainerRow>(`${this.app}#containers`);
    return rows.map(({ sk, body, version }) => ({ id: sk, row: body, version }));
  }

  async hosts(): Promise<{ sk: string; body: HostRow; version: number }[]> {
    const rows = await this.rows.list<HostRow>(CONTROLLER);
    return rows.filter(({ sk }) => sk.startsWith("host#"));
  }

  async notice(pool: string): Promise<string | undefined> {
    return (await this.rows.get<PoolRow>(poolKey(this.app, pool)))?.body.notice;
  }

  /** What the agent of a container writes. */
  async agentWrites(id: string, fields: Partial<ContainerRow>): Promise<void> {
    await until(`${id} to be written`, async () => {
      const key = containerKey(this.app, id);
      const found = await this.rows.get<ContainerRow>(key);
      if (found === undefined) throw new Error(`no container ${id}`);
      return await this.rows.put(key, { ...found.body, at: Date.now(), ...fields }, found.version);
    });
  }

  /** The agent has drained: it says so, and its task ends. */
  async agentEnds(id: string): Promise<void> {
    await this.agentWrites(id, { status: "ended" });
    const task = (await this.tasks()).find(({ startedBy }) => startedBy === id);
    const stop = { cluster: this.cluster, task: task?.taskArn ?? "" };
    await ecs.send(new StopTaskCommand(stop));
  }

  /** Lets a minute pass for the hosts that are idle. */
  async ageHosts(): Promise<void> {
    for (const { sk, body, version } of await this.hosts()) {
      if (body.idleSince === null) continue;
      const aged = { ...body, idleSince: body.idleSince - 60_000 };
      await this.rows.put({ pk: CONTROLLER, sk }, aged, version);
    }
  }

  /** An instance of this environment that no row tells of, with these tags beside that of the environment. */
  async leak(tags: Readonly<Record<string, string>>): Promise<string> {
    const all = { "windlass:environment": this.environment, ...tags };
    const Tags = Object.entries(all).map(([Key, Value]) => ({ Key, Value }));
    const TagSpecifications = [{ ResourceType: "instance" as const, Tags }];
    const [instance = ""] = instancesOf(
      await this.#cluster.buy({ types: ["c6a.large"], TagSpecifications }),
    );
    return instance;
  }

  async #createQueues(names: readonly string[]): Promise<void> {
    const create = async (name: string): Promise<string> => {
      const url = await queues.create(unique(name), 3600);
      onTestFinished(() => queues.remove(url));
      return url;
    };
    for (const name of names) this.#queueUrls[name] = await create(name);
    this.replyTo = await create("replies");
  }

  async #source(names: readonly string[], program: Program | undefined): Promise<Source> {
    const app = program?.app ?? waitingApp(this.app, names);
    const { name: module, functions, images } = resolveSpec(app);
    const [image] = images;
    if (program === undefined || image === undefined) {
      return { module, functions, taskDefinition: await definition(CONTAINER), code: "export {};" };
    }
    const main = { ...CONTAINER, image: buildImage(image), command: [] };
    const bundle = await bundleApp([program.file], ROOT, { isForDeployment: true });
    const code = readFileSync(bundle.file, "utf8");
    return { module, functions, taskDefinition: await definition(main), code };
  }

  async #deploy(
    changes: Readonly<Record<string, Partial<FunctionSpec>>>,
    { module, functions, taskDefinition, code }: Source,
  ): Promise<void> {
    this.taskDefinition = taskDefinition;
    const manifest: Manifest = {
      ...{ version: 1, app: this.app, module, environment: this.environment },
      ...{ bucket: this.bucket, table: this.table, cluster: this.cluster },
      ...{ deadLetterQueueUrl: "", logGroup: "" },
      functions: Object.fromEntries(
        functions.map((spec) => [
          spec.name,
          {
            queueUrl: this.#queueUrls[spec.name] ?? "",
            taskDefinition,
            containerName: CONTAINER.name,
            spec: { ...spec, ...changes[spec.name] },
          },
        ]),
      ),
    };
    const manifestKey = `manifests/${this.app}/1.json`;
    const codeHash = sha256(code);
    const row: DeploymentRow = {
      ...{ number: 1, codeHash, manifestKey, specHash: "", at: Date.now(), owner: "test" },
      ...{ shards: "0", templateHash: "", isAhead: false, removed: {} },
    };
    await this.objects.put(manifestKey, JSON.stringify(manifest));
    await this.objects.put(bundleObject(this.app, codeHash), code);
    await this.rows.put(deploymentKey(this.app), row, 0);
    await this.rows.put(appKey(this.app), { app: this.app }, 0);
  }

  async #createFunction(): Promise<void> {
    const userData = `#!/bin/bash\necho ECS_CLUSTER=${this.cluster} >> /etc/ecs/ecs.config\n`;
    const { LaunchTemplate } = await ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: unique("template"),
        LaunchTemplateData: {
          ImageId:
            "resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id",
          UserData: Buffer.from(userData).toString("base64"),
          TagSpecifications: [
            {
              ResourceType: "instance",
              Tags: [{ Key: "windlass:environment", Value: this.environment }],
            },
          ],
        },
      }),
    );
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
    const FunctionName = unique("controller");
    const created = await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Role: "arn:aws:iam::000000000000:role/controller",
        Timeout: 120,
        MemorySize: 512,
        Code: { ZipFile: await code },
        Environment: {
          Variables: {
            ENVIRONMENT: this.environment,
            TABLE_NAME: this.table,
            BUCKET_NAME: this.bucket,
            CLUSTER_NAME: this.cluster,
            LAUNCH_TEMPLATE_ID: LaunchTemplate?.LaunchTemplateId ?? "",
            SUBNET_IDS: Subnets.slice(0, 2)
              .map(({ SubnetId }) => SubnetId)
              .join(","),
            MAX_HOURLY_USD: "10",
          },
        },
      }),
    );
    this.#functionArn = created.FunctionArn ?? "";
    onTestFinished(async () => {
      await lambda.send(new DeleteFunctionCommand({ FunctionName }));
    });
  }

  /** The rules of the template, for this cluster. */
  async #createRules(): Promise<void> {
    const rules = propertiesOf(toJson(environmentStack()), "AWS::Events::Rule");
    const clusterArn = `arn:aws:ecs:${aws.region}:000000000000:cluster/${this.cluster}`;
    for (const { EventPattern } of rules) {
      if (EventPattern === undefined) continue;
      const { detail } = EventPattern;
      const pattern =
        detail?.clusterArn === undefined
          ? EventPattern
          : { ...EventPattern, detail: { ...detail, clusterArn: [clusterArn] } };
      const Name = unique("rule");
      await bus.send(new PutRuleCommand({ Name, EventPattern: JSON.stringify(pattern) }));
      const Targets = [{ Id: "controller", Arn: this.#functionArn }];
      await bus.send(new PutTargetsCommand({ Rule: Name, Targets }));
      onTestFinished(async () => {
        await bus.send(new RemoveTargetsCommand({ Rule: Name, Ids: ["controller"] }));
        await bus.send(new DeleteRuleCommand({ Name }));
      });
    }
  }
}

function waitingApp(name: string, functions: readonly string[]): App {
  const app = new App(name);
  for (const one of functions) app.function(one, () => 1);
  return app;
}
