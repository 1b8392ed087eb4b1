import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { resolveSpec } from "windlass";
import { AwsBackend } from "../../lib/aws/aws-backend.ts";
import type { ContainerRow } from "../../lib/aws/container-row.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { type FailedInputs, openFailedInputs } from "../../lib/aws/failed-inputs.ts";
import { bundleObject, containerKey, deploymentKey } from "../../lib/aws/keys.ts";
import type { LogLine } from "../../lib/aws/log-line.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import { openReply } from "../../lib/aws/page-text.ts";
import type { Outgoing, Queues, Received } from "../../lib/aws/queues.ts";
import { type RangeInputs, sealInputs } from "../../lib/aws/range-message.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import type { CallRequest, ResultPage } from "../../lib/backend.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import type { WindlassEvent } from "../../lib/events.ts";
import { createCallId, createContainerId } from "../../lib/ids.ts";
import { bundleApp } from "../../lib/local/bundle.ts";
import { sha256 } from "../../lib/sha256.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import { RunnerProcess } from "../../runtime-shim/agent/runner-process.ts";
import { fetchCode } from "../../runtime-shim/agent-aws/code.ts";
import { AwsContainer } from "../../runtime-shim/agent-aws/container.ts";
import { until } from "../engine/until.ts";
import { app } from "./agent-app.ts";
import { MemoryQueues } from "./memory-queues.ts";
import { MemoryObjects, MemoryTable } from "./memory-table.ts";
import { NO_STORES } from "./no-stores.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** A name that is not the module's: one module can be deployed under several. */
export const DEPLOYED = "deployed";
const REPLIES = "replies";
const DEAD_LETTERS = "dead";

/** The queues as one container sees them: its receives can be let be over, while others wait. */
class Polled implements Queues {
  readonly #queues: MemoryQueues;
  readonly #signal: AbortSignal;

  constructor(queues: MemoryQueues, signal: AbortSignal) {
    this.#queues = queues;
    this.#signal = signal;
  }

  async receive(
    url: string,
    wanted: Parameters<Queues["receive"]>[1],
  ): Promise<readonly Received[]> {
    const signals = [this.#signal, ...(wanted.signal === undefined ? [] : [wanted.signal])];
    const received = await this.#queues.receive(url, {
      ...wanted,
      signal: AbortSignal.any(signals),
    });
    // Whoever asks again and again lets others have their turn.
    await new Promise((resolve) => setImmediate(resolve));
    return received;
  }

  send = (url: string, message: Outgoing): Promise<void> => this.#queues.send(url, message);
  hide = (url: string, handle: string, seconds: number): Promise<void> =>
    this.#queues.hide(url, handle, seconds);
  delete = (url: string, handle: string): Promise<void> => this.#queues.delete(url, handle);
  create = (name: string): Promise<string> => this.#queues.create(name);
  remove = (url: string): Promise<void> => this.#queues.remove(url);
}

class Bucket extends MemoryObjects {
  async bytes(key: string): Promise<Uint8Array> {
    return Buffer.from(await this.get(key));
  }
}

export interface Started {
  readonly container: AwsContainer;
  readonly id: string;
  readonly lines: LogLine[];
  readonly ended: () => number | undefined;
  readonly endPolls: () => void;
}

interface StartOptions {
  readonly pool?: string;
  readonly hasRow?: boolean;
  readonly mustDrain?: boolean;
  /** What the controller believed when it placed the container. */
  readonly language?: "node" | "python";
}

/** An app that is deployed in memory, and its containers: real runner processes on a clock of the test's. */
export class Lab {
  now = 1_000_000_000;
  readonly table: MemoryTable = new MemoryTable();
  readonly bucket: Bucket = new Bucket();
  readonly queues: MemoryQueues = new MemoryQueues(() => this.now);
  readonly rows: Rows = this.table.port(async () => {});
  /** What went wrong that no caller was told of. */
  readonly errors: unknown[] = [];
  /** Pools that the controller was asked to look at. */
  readonly woken: string[] = [];
  /** Events of its containers. */
  readonly events: WindlassEvent[] = [];
  /** Languages of the runners that were started. */
  readonly runners: string[] = [];
  readonly started: Started[] = [];
  readonly #folder: string;
  #client: AwsBackend | undefined;
  #told = 0;

  constructor() {
    const scratch = join(ROOT, ".windlass");
    mkdirSync(scratch, { recursive: true });
    // Below this package, so that the code finds `windlass`, as it does in an image.
    this.#folder = mkdtempSync(join(scratch, "agent-test-"));
  }

  async deploy(
    code?: string,
    change: (spec: FunctionSpec) => FunctionSpec = (s) => s,
    removes: readonly string[] = [],
  ): Promise<void> {
    const text = code ?? (await bundleText());
    const codeHash = sha256(text);
    await this.bucket.put(bundleObject(DEPLOYED, codeHash), text);
    const found = await this.rows.get<DeploymentRow>(deploymentKey(DEPLOYED));
    const number = (found?.body.number ?? 0) + 1;
    const manifestKey = `manifests/${number}.json`;
    await this.bucket.put(manifestKey, JSON.stringify(manifest(change)));
    const row: DeploymentRow = {
      ...{ number, codeHash, manifestKey, specHash: "", at: 0, owner: "", shards: "" },
      ...{ templateHash: "", isAhead: false },
      removed: Object.fromEntries(removes.map((name) => [name, { number, at: this.now }])),
    };
    await this.rows.put(deploymentKey(DEPLOYED), row, number - 1);
  }

  /** Another app, of one function; containers of this one's take its inputs. */
  async deployOther(name: string): Promise<void> {
    const own = manifest((spec) => spec);
    const key = "manifests/other.json";
    const functions = { [name]: own.functions[name] };
    await this.bucket.put(
      key,
      JSON.stringify({ ...own, app: "other", module: "other", functions }),
    );
    await this.rows.put(deploymentKey("other"), { number: 1, manifestKey: key, removed: {} }, 0);
  }

  /** A container of this function's pool, or of a parameter set's. */
  start(name: string, options: StartOptions = {}): Started {
    const { pool = name, hasRow = true, mustDrain = false, language = "node" } = options;
    const id = createContainerId(this.now + this.started.length);
    const lines: LogLine[] = [];
    const onError = (error: unknown): unknown => this.errors.push(error);
    const { rows, bucket: objects } = this;
    const polls = new AbortController();
    const queues = new Polled(this.queues, polls.signal);
    const clocks = { wallClock: () => this.now, now: () => this.now };
    const environment = {
      ...{ app: DEPLOYED, function: name, pool, containerId: id, environment: "test" },
      ...{ table: "table", bucket: "bucket", controller: undefined, language },
    };
    const backendOf = (app: string) => this.#backend(app, { queues, sessionId: id });
    const row = { ...wanted(name, pool, this.now), mustDrain };
    if (hasRow) void this.rows.put(containerKey(DEPLOYED, id), row, 0);
    const container = new AwsContainer({
      ...{ environment, rows, objects, queues, onError, ...clocks },
      fetchCode: (codeHash) =>
        fetchCode(objects, { app: DEPLOYED, codeHash, folder: this.#folder, isPython: false }),
      startRunner: (wanted) => {
        this.runners.push(wanted);
        return startRunner();
      },
      metadataUrl: undefined,
      bucketProgram: "none: no function here has a bucket",
      backend: backendOf(DEPLOYED),
      otherApp: backendOf,
      wake: async (pools) => {
        this.woken.push(...pools);
      },
      onLine: (line) => lines.push(line),
      events: { emit: (event) => this.events.push(event) },
    });
    let code: number | undefined;
    void container.ended.then((ended) => {
      code = ended;
    });
    void container.start();
    const started = { container, id, lines, ended: () => code, endPolls: () => polls.abort() };
    this.started.push(started);
    return started;
  }

  /** A program that calls the app. */
  client(): AwsBackend {
    this.#client ??= this.#backend(DEPLOYED, { queues: this.queues, sessionId: "client" });
    return this.#client;
  }

  #backend(app: string, { queues, sessionId }: { queues: Queues; sessionId: string }): AwsBackend {
    const { rows, bucket: objects } = this;
    return new AwsBackend({
      ...{ app, environment: "test", rows, objects, queues, sessionId },
      wallClock: () => this.now,
      now: () => this.now,
      stores: NO_STORES,
      countMessages: async () => 0,
      wake: async () => {},
      sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
      onError: (error) => this.errors.push(error),
    });
  }

  async startReady(name: string): Promise<Started> {
    const started = this.start(name);
    await this.reaches(started, "ready");
    return started;
  }

  async reaches({ id }: Started, status: ContainerRow["status"]): Promise<ContainerRow> {
    await until(() => this.row(id)?.status === status || (this.row(id)?.error ?? null) !== null);
    expect(this.row(id)).toMatchObject({ status, error: null });
    return this.row(id) as ContainerRow;
  }

  /** Lets receives that wait for messages be over, and answers the exit code. */
  async end(started: Started): Promise<number> {
    started.endPolls();
    await until(() => started.ended() !== undefined);
    return started.ended() as number;
  }

  row(id: string): ContainerRow | undefined {
    const { pk, sk } = containerKey(DEPLOYED, id);
    return this.table.list<ContainerRow>(pk).find((row) => row.sk === sk)?.body;
  }

  /** Time passes, and the containers look at it. */
  pass(ms: number): void {
    this.now += ms;
    this.queues.wake();
    for (const { container } of this.started) container.tick();
  }

  /** Sends one range of inputs, each the only argument. */
  async send(name: string, values: readonly unknown[], fields: SendFields = {}): Promise<string> {
    const { method, queue = queueOf(name), ...range } = fields;
    const callId = createCallId(this.now);
    const target = { app: DEPLOYED, name, ...(method !== undefined && { method }) };
    const request: CallRequest = { callId, kind: "map", target };
    const inputs: RangeInputs = {
      ...{ request, start: 0, end: values.length, unary: true, attempt: 0, isChild: false },
      ...{ deployment: 1, replyTo: REPLIES, args: encodePage(values, () => "inputs") },
      ...range,
    };
    await this.queues.send(queue, { body: await sealInputs(inputs, this.bucket) });
    return callId;
  }

  replies(): ResultPage[] {
    return this.queues.bodies(REPLIES).flatMap((body) => openReply(body).page ?? []);
  }

  /** Entries of the dead-letter queue, in the order of their inputs. */
  failed(): FailedInputs[] {
    const entries = this.queues.bodies(DEAD_LETTERS).map(openFailedInputs);
    return entries.sort((a, b) => a.start - b.start);
  }

  /** The next results, once there are so many, in the order of their inputs; errors in their places. */
  async results(count: number): Promise<unknown[]> {
    const seen = (): ResultPage[] => this.replies().slice(this.#told);
    await until(() => seen().reduce((sum, page) => sum + page.count, 0) >= count);
    const pages = seen();
    this.#told += pages.length;
    const values = pages.flatMap((page) => {
      const outputs = decodePage(page.values) as unknown[];
      for (const { index, error } of page.failures ?? []) {
        outputs[index - page.start] = (decodePage(error) as unknown[])[0];
      }
      return outputs.map((output, offset) => ({ index: page.start + offset, output }));
    });
    return values.sort((a, b) => a.index - b.index).map(({ output }) => output);
  }

  /** Ends what still runs. */
  async close(): Promise<void> {
    await this.#client?.close();
    for (const started of this.started) {
      if (started.ended() !== undefined) continue;
      started.container.stop();
      const ticking = setInterval(() => this.pass(1000), 5);
      await this.end(started);
      clearInterval(ticking);
    }
    rmSync(this.#folder, { recursive: true });
    expect(this.errors).toEqual([]);
  }
}

type SendFields = Partial<RangeInputs> & {
  readonly method?: string;
  readonly queue?: string;
};

/** Lets what was asked for be answered. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => setImmediate(done));
}

export function queueOf(name: string): string {
  return `queue-${name}`;
}

function startRunner(): RunnerProcess {
  const runner = join(ROOT, "dist/runtime-shim/runner-node.mjs");
  return new RunnerProcess({ command: process.execPath, args: [runner], cwd: ROOT });
}

async function bundleText(): Promise<string> {
  const { file } = await bundleApp([join(import.meta.dirname, "agent-app.ts")], ROOT);
  return readFileSync(file, "utf8");
}

function wanted(name: string, pool: string, now: number): ContainerRow {
  return {
    ...{ pool, function: name, status: "placed", mustDrain: false, deployment: 0 },
    ...{
      taskArn: "arn:task",
      hostArn: "arn:host",
      taken: 0,
      messageInputs: null,
      idleSince: null,
      busySince: null,
      inputMs: null,
    },
    ...{ createdAt: now - 500, at: now - 400, error: null, expiresAt: 0 },
  };
}

function manifest(change: (spec: FunctionSpec) => FunctionSpec): Manifest {
  const { name, functions } = resolveSpec(app);
  return {
    ...{ version: 1, app: DEPLOYED, module: name, environment: "test", bucket: "bucket" },
    ...{ table: "table", cluster: "cluster", deadLetterQueueUrl: DEAD_LETTERS, logGroup: "logs" },
    functions: Object.fromEntries(
      functions.map((spec) => {
        const place = { queueUrl: queueOf(spec.name), taskDefinition: "", containerName: "" };
        return [spec.name, { ...place, spec: change(spec) }];
      }),
    ),
  };
}
