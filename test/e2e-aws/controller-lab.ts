import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { build } from "esbuild";
import { onTestFinished } from "vitest";
import type { ControlRequest, Outcome } from "../../cdk/controller/control.ts";
import { CONTROLLER, type HostRow } from "../../cdk/controller/rows.ts";
import { App } from "../../lib/app.ts";
import type { ContainerRow } from "../../lib/aws/container-row.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { appKey, callKey, containerKey, deploymentKey } from "../../lib/aws/keys.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import { type PoolRow, poolKey } from "../../lib/aws/pool-row.ts";
import { sealInputs } from "../../lib/aws/range-message.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { SqsQueues } from "../../lib/aws/sqs-queues.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { createCallId } from "../../lib/ids.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import { environmentStack, propertiesOf, toJson } from "../cdk/synth.ts";
import { aws, unique, until } from "./aws.ts";
import { definition, ec2, ecs, newCluster } from "./cluster.ts";
import { createTable } from "./table.ts";

const dynamo = new DynamoDBClient(aws);
const s3 = new S3Client({ ...aws, forcePathStyle: true });
const sqs = new SQSClient(aws);
const lambda = new LambdaClient(aws);
const bus = new EventBridgeClient(aws);
const queues = new SqsQueues(sqs);

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

/** An environment of one test with the controller's function in it, and one app. */
export class Lab {
  readonly app: string = unique("app");
  readonly environment: string = unique("env");
  readonly rows: DynamoRows;
  readonly cluster: string;
  taskDefinition = "";
  readonly #bucket: string;
  #queueUrls: Record<string, string> = {};
  #functionArn = "";

  private constructor(names: {
    readonly table: string;
    readonly bucket: string;
    readonly cluster: string;
  }) {
    this.rows = new DynamoRows(dynamo, names.table);
    this.cluster = names.cluster;
    this.#bucket = names.bucket;
  }

  /** With `isTold` events of the cluster reach the controller by the rules of the template. */
  static async create(
    functions: Readonly<Record<string, Partial<FunctionSpec>>>,
    { isTold = true }: { isTold?: boolean } = {},
  ): Promise<Lab> {
    const { name: cluster } = await newCluster();
    const table = unique("table");
    const bucket = unique("bucket");
    await createTable(dynamo, table);
    onTestFinished(async () => {
      await dynamo.send(new DeleteTableCommand({ TableName: table }));
    });
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    const lab = new Lab({ table, bucket, cluster });
    await lab.#deploy(functions, table);
    await lab.#createFunction(table);
    if (isTold) await lab.#createRules();
    return lab;
  }

  /** A call of these inputs; answers its id. */
  async send(name: string, inputs = 1): Promise<string> {
    const callId = createCallId();
    const target = { app: this.app, name };
    const body = await sealInputs(
      {
        request: { callId, kind: "map", target },
        ...{ start: 0, end: inputs, unary: true, attempt: 0, isChild: false, deployment: 1 },
        args: encodePage(
          Array.from({ length: inputs }, (_, i) => i),
          String,
        ),
        replyTo: undefined,
      },
      new S3Objects(s3, this.#bucket),
    );
    await queues.send(this.#queueUrls[name] ?? "", { body, group: callId });
    return callId;
  }

  async cancel(callId: string): Promise<void> {
    await this.rows.put(callKey(this.app, callId), { state: "cancelled", cancelled: [] }, 0);
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

  async #deploy(
    functions: Readonly<Record<string, Partial<FunctionSpec>>>,
    table: string,
  ): Promise<void> {
    this.taskDefinition = await definition({
      name: "windlass",
      cpu: 0,
      memory: undefined,
      memoryReservation: 128,
    });
    const app = new App(this.app);
    for (const name of Object.keys(functions)) {
      app.function(name, () => 1);
      const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: unique(name) }));
      this.#queueUrls[name] = QueueUrl;
      onTestFinished(async () => {
        await sqs.send(new DeleteQueueCommand({ QueueUrl }));
      });
    }
    const manifest: Manifest = {
      version: 1,
      app: this.app,
      module: "app.ts",
      environment: this.environment,
      bucket: this.#bucket,
      table,
      cluster: this.cluster,
      deadLetterQueueUrl: "",
      logGroup: "",
      functions: Object.fromEntries(
        resolveSpec(app).functions.map((spec) => [
          spec.name,
          {
            queueUrl: this.#queueUrls[spec.name] ?? "",
            taskDefinition: this.taskDefinition,
            containerName: "windlass",
            spec: { ...spec, ...functions[spec.name] },
          },
        ]),
      ),
    };
    const manifestKey = `manifests/${this.app}/1.json`;
    const object = { Bucket: this.#bucket, Key: manifestKey, Body: JSON.stringify(manifest) };
    await s3.send(new PutObjectCommand(object));
    await this.rows.put(deploymentKey(this.app), { number: 1, manifestKey }, 0);
    await this.rows.put(appKey(this.app), { app: this.app }, 0);
  }

  async #createFunction(table: string): Promise<void> {
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
            TABLE_NAME: table,
            BUCKET_NAME: this.#bucket,
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
