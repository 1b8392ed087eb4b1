import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { StopTaskCommand } from "@aws-sdk/client-ecs";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished } from "vitest";
import { resolveSpec } from "windlass";
import type { ContainerRow } from "../../lib/aws/container-row.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { bundleObject, containerKey, deploymentKey, type RowKey } from "../../lib/aws/keys.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import { openReply } from "../../lib/aws/page-text.ts";
import { sealInputs } from "../../lib/aws/range-message.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { SqsQueues } from "../../lib/aws/sqs-queues.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { createCallId, createContainerId } from "../../lib/ids.ts";
import { bundleApp } from "../../lib/local/bundle.ts";
import { sha256 } from "../../lib/sha256.ts";
import { app as fixture } from "../aws/agent-app.ts";
import { aws, awsTest, unique, until } from "./aws.ts";
import { definition, ecs, newCluster } from "./cluster.ts";
import { buildImage } from "./images.ts";
import { createTable } from "./table.ts";

const MINUTES = 60_000;
const ROOT = resolve(import.meta.dirname, "../..");
type Cluster = Awaited<ReturnType<typeof newCluster>>;
const table = unique("table");
const bucket = unique("bucket");
const spec = resolveSpec(fixture);

const dynamo = new DynamoDBClient(aws);
const s3 = new S3Client({ ...aws, forcePathStyle: true });
const rows = new DynamoRows(dynamo, table);
const objects = new S3Objects(s3, bucket);
const queues = new SqsQueues(new SQSClient(aws));

let image = "";
let code = "";

beforeAll(async () => {
  if (inject("aws") === null) return;
  await createTable(dynamo, table);
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const [plain] = spec.images;
  if (plain === undefined) throw new Error("an app has an image");
  image = buildImage(plain);
  const file = join(ROOT, "test/aws/agent-app.ts");
  code = readFileSync((await bundleApp([file], ROOT, { isForDeployment: true })).file, "utf8");
}, 4 * MINUTES);

afterAll(async () => {
  if (inject("aws") === null) return;
  await dynamo.send(new DeleteTableCommand({ TableName: table }));
});

/** An app of one test, as a deployment leaves it, and a host for its containers. */
class Deployed {
  readonly app: string = unique("app");
  readonly queueUrl: string;
  readonly replyTo: string;
  readonly #cluster: Cluster;
  #number = 0;

  private constructor(cluster: Cluster, inputs: string, replies: string) {
    this.#cluster = cluster;
    this.queueUrl = inputs;
    this.replyTo = replies;
  }

  static async create(text = code): Promise<Deployed> {
    const [inputs, replies, cluster] = await Promise.all([
      queues.create(unique("inputs"), 3600),
      queues.create(unique("replies"), 3600),
      newCluster(),
    ]);
    onTestFinished(async () => {
      await Promise.all([queues.remove(inputs), queues.remove(replies)]);
    });
    await cluster.host();
    const deployed = new Deployed(cluster, inputs, replies);
    await deployed.deploy(text);
    return deployed;
  }

  async deploy(text: string, codeHash = sha256(text)): Promise<void> {
    this.#number += 1;
    const manifestKey = `manifests/${this.app}/${this.#number}.json`;
    const place = { queueUrl: this.queueUrl, taskDefinition: "", containerName: "windlass" };
    const manifest: Manifest = {
      ...{ version: 1, app: this.app, module: spec.name, environment: "test", bucket, table },
      ...{ cluster: this.#cluster.name, deadLetterQueueUrl: "", logGroup: "" },
      functions: Object.fromEntries(spec.functions.map((f) => [f.name, { ...place, spec: f }])),
    };
    await objects.put(manifestKey, JSON.stringify(manifest));
    await objects.put(bundleObject(this.app, codeHash), text);
    const row: DeploymentRow = {
      ...{ number: this.#number, codeHash, manifestKey, specHash: "", at: Date.now() },
      ...{ owner: "test", shards: "0", templateHash: "", isAhead: false, removed: {} },
    };
    await rows.put(deploymentKey(this.app), row, this.#number - 1);
  }

  /** Starts a container as the controller does. */
  async start(name: string, on = image): Promise<Container> {
    const id = createContainerId();
    const environment = {
      ...{ WINDLASS_APP: this.app, WINDLASS_FUNCTION: name, WINDLASS_POOL: name },
      ...{ WINDLASS_CONTAINER_ID: id, WINDLASS_ENVIRONMENT: "test" },
      ...{ WINDLASS_TABLE: table, WINDLASS_BUCKET: bucket },
    };
    const taskDefinition = await definition({ name: "windlass", image: on, command: [] });
    const { tasks = [] } = await this.#cluster.run({
      taskDefinition,
      startedBy: id,
      overrides: {
        containerOverrides: [
          {
            name: "windlass",
            environment: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
          },
        ],
      },
    });
    return new Container(containerKey(this.app, id), this.#cluster, tasks[0]?.taskArn);
  }

  async send(name: string, values: readonly unknown[]): Promise<void> {
    const callId = createCallId();
    const body = await sealInputs(
      {
        request: { callId, kind: "map", target: { app: this.app, name } },
        ...{ start: 0, end: values.length, unary: true, attempt: 0, isChild: false },
        ...{ deployment: this.#number, replyTo: this.replyTo },
        args: encodePage(values, () => "inputs"),
      },
      objects,
    );
    await queues.send(this.queueUrl, { body, group: callId });
  }

  async reply(): Promise<unknown> {
    const wanted = { limit: 1, waitSeconds: 20, hiddenSeconds: 60 };
    const [received] = await queues.receive(this.replyTo, wanted);
    const page = openReply(received?.body ?? "").page;
    return page === undefined ? undefined : decodePage(page.values);
  }

  /** Takes a message that waits, or answers undefined when there is none. */
  async waiting(waitSeconds: number): Promise<number | undefined> {
    const wanted = { limit: 1, waitSeconds, hiddenSeconds: 0 };
    return (await queues.receive(this.queueUrl, wanted))[0]?.receives;
  }
}

class Container {
  readonly #key: RowKey;
  readonly #cluster: Cluster;
  readonly #arn: string | undefined;

  constructor(key: RowKey, cluster: Cluster, arn: string | undefined) {
    this.#key = key;
    this.#cluster = cluster;
    this.#arn = arn;
  }

  async reaches(status: ContainerRow["status"], seconds = 30): Promise<ContainerRow> {
    const look = async (): Promise<ContainerRow | undefined> => {
      const row = await rows.get<ContainerRow>(this.#key);
      return row?.body.status === status ? row.body : undefined;
    };
    return await until(`${this.#key.sk} ${status}`, look, { seconds });
  }

  /** Its exit code, once ECS says that it has stopped. */
  async exitCode(): Promise<number | undefined> {
    return (await this.#cluster.reaches(this.#arn, "STOPPED")).containers?.[0]?.exitCode;
  }

  async stop(): Promise<void> {
    await ecs.send(new StopTaskCommand({ cluster: this.#cluster.name, task: this.#arn }));
  }
}

describe("the program of a container", () => {
  awsTest("is ready, runs what it is sent, and tells the results", async () => {
    const deployed = await Deployed.create();
    await deployed.send("double", [1, 2, 3]);
    const container = await deployed.start("double");
    expect(await deployed.reply()).toEqual([2, 4, 6]);
    const row = await container.reaches("ready");
    expect(row).toMatchObject({ pool: "double", function: "double", deployment: 1, error: null });
    await until("the deletion", async () => (await deployed.waiting(0)) === undefined);
  });

  awsTest("gives back what it runs when its task is stopped", async () => {
    const deployed = await Deployed.create();
    const container = await deployed.start("sleepy");
    await container.reaches("ready");
    await deployed.send("sleepy", [1, 600_000]);
    await until("a lease", async () => (await deployed.waiting(0)) === undefined);
    const stopped = container.stop();
    // Hidden for a minute else.
    expect(await deployed.waiting(10)).toBeGreaterThan(1);
    await stopped;
    expect(await container.reaches("ended")).toMatchObject({ error: null, taken: 0 });
    expect(await container.exitCode()).toBe(0);
  });

  awsTest("refuses code that is not what was deployed", async () => {
    const deployed = await Deployed.create();
    await deployed.deploy(code, "0".repeat(64));
    const container = await deployed.start("double");
    const { error } = await container.reaches("ended");
    expect(error).toContain("WINDLASS_CODE_HASH");
    expect(await container.exitCode()).toBe(1);
  });

  awsTest("says why its module cannot be loaded", async () => {
    const deployed = await Deployed.create('throw new RangeError("no model on the disk")');
    const container = await deployed.start("double");
    const { error } = await container.reaches("ended");
    expect(error).toBe("RangeError: no model on the disk");
    expect(await container.exitCode()).toBe(1);
  });

  awsTest("runs as the user of its base, who may be nobody", async () => {
    const [plain] = spec.images;
    if (plain === undefined) throw new Error("an app has an image");
    const module = "/opt/windlass/node_modules/of-the-image/index.mjs";
    const lines = [
      plain.dockerfile.trimEnd(),
      `RUN mkdir -p $(dirname ${module}) && echo "export const answer = 42" > ${module}`,
      "USER nobody\n",
    ];
    const dockerfile = lines.join("\n");
    const on = buildImage({ ...plain, hash: sha256(dockerfile), dockerfile });
    const deployed = await Deployed.create();
    await deployed.send("whoami", ["of-the-image/index.mjs"]);
    const container = await deployed.start("whoami", on);
    expect(await deployed.reply()).toEqual([["nobody", 42]]);
    await container.reaches("ready");
  });

  awsTest("ends within a beat of a deployment", async () => {
    const deployed = await Deployed.create();
    const container = await deployed.start("double");
    await container.reaches("ready");
    await deployed.deploy(`${code}\n// changed`);
    const { deployment, error } = await container.reaches("ended", 45);
    expect({ deployment, error }).toEqual({ deployment: 1, error: null });
    expect(await container.exitCode()).toBe(0);
  });
});

awsTest("an image whose base has no glibc cannot be built", () => {
  const base = `${unique("musl")}:1`;
  execFileSync("sh", ["-c", `tar -c -T /dev/null | docker import - ${base}`]);
  onTestFinished(() => {
    execFileSync("docker", ["image", "rm", base]);
  });
  const hash = sha256(base);
  const spec = {
    hash,
    base,
    platform: "linux/amd64",
    python: null,
    ...{ layers: [], files: [], secrets: [], entrypoint: [], registry: null },
    ...{ isForced: false, runsCode: false, gpu: false },
    dockerfile: `FROM ${base}\n`,
  } as const;
  expect(() => buildImage(spec)).toThrow(/\/opt\/windlass\/node/);
});
