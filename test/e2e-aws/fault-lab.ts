import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  CreateClusterCommand,
  DeregisterContainerInstanceCommand,
  DescribeTasksCommand,
  RegisterContainerInstanceCommand,
  RunTaskCommand,
  StopTaskCommand,
} from "@aws-sdk/client-ecs";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, type QueueAttributeName, SQSClient } from "@aws-sdk/client-sqs";
import { resolveSpec } from "windlass";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { openFailedInputs } from "../../lib/aws/failed-inputs.ts";
import { blockKey, bundleObject, deploymentKey } from "../../lib/aws/keys.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import { openReply } from "../../lib/aws/page-text.ts";
import { sealInputs } from "../../lib/aws/range-message.ts";
import type { RangeRow } from "../../lib/aws/range-row.ts";
import type { Row } from "../../lib/aws/rows.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { SqsQueues } from "../../lib/aws/sqs-queues.ts";
import { readResults } from "../../lib/aws/stored-results.ts";
import type { ResultPage } from "../../lib/backend.ts";
import { toError } from "../../lib/client/failure.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import type { Page } from "../../lib/codec/page.ts";
import { createCallId } from "../../lib/ids.ts";
import { bundleApp } from "../../lib/local/bundle.ts";
import { sha256 } from "../../lib/sha256.ts";
import { aws, control, unique, until } from "./aws.ts";
import { definition, ecs } from "./cluster.ts";
import { type FaultInput, app as module } from "./fault-app.ts";
import { buildImage } from "./images.ts";
import { createTable } from "./table.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** A little more than a message is hidden, and a range leased. */
const MINUTE_MS = 61_000;
/** Trials look at one emulator, which their containers need. */
const LOOK_EVERY_MS = 100;
const COUNTS: QueueAttributeName[] = [
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesNotVisible",
  "ApproximateNumberOfMessagesDelayed",
];
const spec = resolveSpec(module);
const dynamo = new DynamoDBClient(aws);
const sqs = new SQSClient(aws);
const s3 = new S3Client({ ...aws, forcePathStyle: true });
const queues = new SqsQueues(sqs);

/** At which request a container dies: the first of this operation whose text holds all of these. */
export interface Death {
  readonly operation: string;
  readonly match: readonly string[];
  readonly moment: "before" | "after";
}

/** An output of an input, and its place in the call. */
export interface Output {
  readonly index: number;
  readonly output: string;
}

/** What the containers of all trials share: a table, a bucket, a host, the code. */
export class FaultLab {
  readonly rows: DynamoRows;
  readonly objects: S3Objects;
  readonly table: string = unique("table");
  readonly bucket: string = unique("bucket");
  readonly cluster: string = unique("cluster");
  taskDefinition = "";
  code = "";
  #host = "";

  private constructor() {
    this.rows = new DynamoRows(dynamo, this.table);
    this.objects = new S3Objects(s3, this.bucket);
  }

  static async create(): Promise<FaultLab> {
    const lab = new FaultLab();
    const [image] = spec.images;
    if (image === undefined) throw new Error("an app has an image");
    const bundle = bundleApp([join(import.meta.dirname, "fault-app.ts")], ROOT, {
      isForDeployment: true,
    });
    lab.code = readFileSync((await bundle).file, "utf8");
    const main = { name: "windlass", image: buildImage(image), command: [] };
    lab.taskDefinition = await definition(main);
    await createTable(dynamo, lab.table);
    await s3.send(new CreateBucketCommand({ Bucket: lab.bucket }));
    await lab.#createHost();
    return lab;
  }

  async close(): Promise<void> {
    const host = { cluster: this.cluster, containerInstance: this.#host, force: true };
    await ecs.send(new DeregisterContainerInstanceCommand(host));
    await dynamo.send(new DeleteTableCommand({ TableName: this.table }));
  }

  /** One host with room for the containers of all trials. */
  async #createHost(): Promise<void> {
    await ecs.send(new CreateClusterCommand({ clusterName: this.cluster }));
    const amount = { type: "INTEGER", integerValue: 1024 * 1024 };
    const { containerInstance } = await ecs.send(
      new RegisterContainerInstanceCommand({
        cluster: this.cluster,
        totalResources: [
          { name: "CPU", ...amount },
          { name: "MEMORY", ...amount },
        ],
      }),
    );
    this.#host = containerInstance?.containerInstanceArn ?? "";
  }
}

/** One call of an app of its own, and the containers that run it until they are killed. */
export class Trial {
  readonly callId: string = createCallId();
  readonly queue: string = unique("inputs");
  readonly replies: string = unique("replies");
  readonly deadLetters: string = unique("dead");
  readonly #lab: FaultLab;
  readonly #app: string = unique("app");
  readonly #function: string;
  readonly #containers: Container[] = [];
  readonly #dead: Set<string> = new Set();
  readonly #faults: string[] = [];
  #queueUrl = "";
  #replyTo = "";
  #deadLetterQueueUrl = "";

  private constructor(lab: FaultLab, name: string) {
    this.#lab = lab;
    this.#function = name;
  }

  /** Deploys the app for one of its functions. */
  static async create(lab: FaultLab, name: string): Promise<Trial> {
    const trial = new Trial(lab, name);
    [trial.#queueUrl, trial.#replyTo, trial.#deadLetterQueueUrl] = await Promise.all([
      queues.create(trial.queue, 3600),
      queues.create(trial.replies, 3600),
      queues.create(trial.deadLetters, 3600),
    ]);
    await trial.#deploy();
    return trial;
  }

  async send(inputs: readonly FaultInput[]): Promise<void> {
    const target = { app: this.#app, name: this.#function };
    const body = await sealInputs(
      {
        request: { callId: this.callId, kind: "map", target },
        ...{ start: 0, end: inputs.length, unary: true, attempt: 0, isChild: false, deployment: 1 },
        replyTo: this.#replyTo,
        args: encodePage(inputs, () => "inputs"),
      },
      this.#lab.objects,
    );
    await queues.send(this.#queueUrl, { body, group: this.callId });
  }

  /** The next container that comes to this request dies; answers what waits for that, and tells which it was. */
  async kill(death: Death): Promise<() => Promise<string>> {
    const added = { kind: "kill-caller", times: 1, ...death };
    const { id } = await control<{ id: string }>("POST", "faults", added);
    this.#faults.push(id);
    return () =>
      this.#until(`the death ${death.moment} ${death.operation} of ${death.match}`, async () => {
        const { faults } = await control<{ faults: Struck[] }>("GET", "faults");
        return faults.find((fault) => fault.id === id)?.killed;
      });
  }

  /** Starts a container as the controller does. */
  async start(id: string): Promise<Container> {
    const { cluster, table, bucket, taskDefinition } = this.#lab;
    const values = {
      ...{ WINDLASS_APP: this.#app, WINDLASS_FUNCTION: this.#function },
      ...{ WINDLASS_POOL: this.#function, WINDLASS_CONTAINER_ID: id },
      ...{ WINDLASS_ENVIRONMENT: "test", WINDLASS_TABLE: table, WINDLASS_BUCKET: bucket },
    };
    const environment = Object.entries(values).map(([name, value]) => ({ name, value }));
    const { tasks } = await ecs.send(
      new RunTaskCommand({
        ...{ cluster, taskDefinition, startedBy: id },
        overrides: { containerOverrides: [{ name: "windlass", environment }] },
      }),
    );
    const container = new Container(id, cluster, tasks?.[0]?.taskArn);
    this.#containers.push(container);
    return container;
  }

  /** Says that a container was killed: nobody is to wait for it longer than for its lease. */
  died({ id }: Container): void {
    this.#dead.add(id);
  }

  /** Resolves once results of the call are stored. */
  async flushed(): Promise<void> {
    await this.#until("results in the table", async () => (await this.ranges()).length > 0);
  }

  /** Resolves once all ranges are done and no message is left. */
  async settled(): Promise<void> {
    await this.#until(`the end of ${this.callId}`, async () => {
      const ranges = await this.ranges();
      if (ranges.length === 0 || ranges.some(({ body }) => !body.isDone)) return false;
      return (await this.#messages()).every((count) => count === 0);
    });
  }

  ranges(): Promise<readonly Row<RangeRow>[]> {
    return this.#lab.rows.list<RangeRow>(blockKey(this.#app, this.callId, 0));
  }

  /** What the table says to whoever asks for the results of so many inputs, in order. */
  async stored(count: number): Promise<Output[]> {
    const call = { app: this.#app, callId: this.callId };
    const pages = await readResults(this.#lab, call, { start: 0, end: count, from: 0 });
    return pages.flatMap(toOutputs);
  }

  /** All that the caller was told, in order. */
  async told(): Promise<Output[]> {
    const replies = (await bodiesOf(this.#replyTo)).map(openReply);
    const told = replies.flatMap(({ page }) => (page === undefined ? [] : toOutputs(page)));
    return told.sort((a, b) => a.index - b.index);
  }

  /** All that the dead-letter queue was told, without repetitions, in order. */
  async failed(): Promise<Output[]> {
    const entries = (await bodiesOf(this.#deadLetterQueueUrl)).map(openFailedInputs);
    const failed = new Map<number, Output>();
    for (const { start: index, end, error, payload } of entries) {
      const { args } = payload as { readonly args: Page }; // All are small.
      const [input] = decodePage(args) as FaultInput[];
      if (end !== index + 1 || input?.index !== index) throw new Error(`no input at ${index}`);
      failed.set(index, { index, output: toOutput(index, error.message) });
    }
    return [...failed.values()].sort((a, b) => a.index - b.index);
  }

  async end(): Promise<void> {
    await Promise.all(this.#containers.map((container) => container.remove()));
    await Promise.all([
      ...this.#faults.map((id) => control("DELETE", `faults/${id}`)),
      ...[this.#queueUrl, this.#replyTo, this.#deadLetterQueueUrl].map((url) => queues.remove(url)),
    ]);
  }

  async #deploy(): Promise<void> {
    const { rows, objects, code, table, bucket, cluster } = this.#lab;
    const place = { queueUrl: this.#queueUrl, taskDefinition: "", containerName: "windlass" };
    const manifest: Manifest = {
      ...{ version: 1, app: this.#app, module: spec.name, environment: "test", bucket, table },
      ...{ cluster, deadLetterQueueUrl: this.#deadLetterQueueUrl, logGroup: "" },
      functions: Object.fromEntries(spec.functions.map((f) => [f.name, { ...place, spec: f }])),
    };
    const manifestKey = `manifests/${this.#app}/1.json`;
    const codeHash = sha256(code);
    const row: DeploymentRow = {
      ...{ number: 1, codeHash, manifestKey, specHash: "", at: Date.now(), owner: "test" },
      ...{ shards: "0", templateHash: "", isAhead: false, removed: {} },
    };
    await objects.put(manifestKey, JSON.stringify(manifest));
    await objects.put(bundleObject(this.#app, codeHash), code);
    await rows.put(deploymentKey(this.#app), row, 0);
  }

  async #until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    const looked = async (): Promise<T | undefined | false> => {
      await pause(LOOK_EVERY_MS);
      const seen = await look();
      if (seen === undefined || seen === false) await this.#passMinute();
      return seen;
    };
    return await until(what, looked, { seconds: 60 });
  }

  /**
   * Where nothing else would bring the call on, leases of dead containers run out, and messages are seen again that
   * those had, or that one of their polls has taken since.
   */
  async #passMinute(): Promise<void> {
    if (this.#dead.size === 0) return;
    const [visible = 0] = await this.#messages();
    const ranges = await this.ranges();
    const open = ranges.filter(({ body }) => !body.isDone);
    const isHeld = open.some(({ body }) => body.owner !== "" && !this.#dead.has(body.owner));
    if (visible > 0 || isHeld) return;
    for (const { sk, body, version } of open) {
      if (body.owner === "") continue;
      const key = { pk: blockKey(this.#app, this.callId, 0), sk };
      const leaseUntil = body.leaseUntil - MINUTE_MS;
      await this.#lab.rows.put(key, { ...body, leaseUntil }, version);
    }
    await control("POST", "age-queue", { queue: this.queue, seconds: MINUTE_MS / 1000 });
  }

  /** How many messages are visible, hidden and delayed. */
  async #messages(): Promise<number[]> {
    const asked = { QueueUrl: this.#queueUrl, AttributeNames: COUNTS };
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand(asked));
    return COUNTS.map((name) => Number(Attributes?.[name]));
  }
}

class Container {
  readonly id: string;
  readonly #task: { readonly cluster: string; readonly task: string };

  constructor(id: string, cluster: string, task = "") {
    this.id = id;
    this.#task = { cluster, task };
  }

  /** The beginning of the id by which Docker knows it; undefined before it was started. */
  async runtimeId(): Promise<string | undefined> {
    const { cluster, task } = this.#task;
    const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [task] }));
    return tasks?.[0]?.containers?.[0]?.runtimeId;
  }

  /** Tells it to stop, and resolves once it has, 5 s later at most. */
  async stop(): Promise<void> {
    await ecs.send(new StopTaskCommand(this.#task));
  }

  /** It is no longer needed, though it may be about to start. */
  async remove(): Promise<void> {
    const id = await until("a container of the task", () => this.runtimeId());
    // ECS removes those that were killed, perhaps at this moment.
    await promisify(execFile)("docker", ["rm", "--force", id]).catch(() => {});
  }
}

interface Struck {
  readonly id: string;
  readonly killed?: string;
}

/** Takes all messages of a queue. */
async function bodiesOf(url: string): Promise<string[]> {
  const bodies: string[] = [];
  const wanted = { limit: 10, waitSeconds: 0, hiddenSeconds: 600 };
  for (;;) {
    const received = await queues.receive(url, wanted);
    if (received.length === 0) return bodies;
    bodies.push(...received.map(({ body }) => body));
  }
}

function toOutputs(page: ResultPage): Output[] {
  const failures = new Map(page.failures?.map((failure) => [failure.index, failure]));
  const outputs = decodePage(page.values);
  return outputs.map((output, offset) => {
    const index = page.start + offset;
    const failure = failures.get(index);
    if (failure !== undefined) return { index, output: toOutput(index, toError(failure).message) };
    // Large outputs end in spaces: to compare them takes minutes where they differ.
    return { index, output: String(output).trimEnd() };
  });
}

/** That of an input that has failed. */
function toOutput(index: number, message: string): string {
  return `${index} failed: ${message}`;
}
