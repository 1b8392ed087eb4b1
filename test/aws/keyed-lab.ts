import { App, resolveSpec } from "windlass";
import { AwsBackend } from "../../lib/aws/aws-backend.ts";
import { deploymentKey } from "../../lib/aws/keys.ts";
import type { InputPlace, KeyedPage } from "../../lib/backend.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { createCallId } from "../../lib/ids.ts";
import type { Lease, LeaseWorker } from "../../runtime-shim/agent/lease-source.ts";
import { QueueLeaseSource } from "../../runtime-shim/agent/queue-lease-source.ts";
import { MemoryQueues } from "./memory-queues.ts";
import { type Gate, MemoryObjects, MemoryTable } from "./memory-table.ts";
import { NO_STORES } from "./no-stores.ts";

const APP = "media";
export const INPUTS = "inputs-of-double";
const MANIFEST = "manifests/media/1.json";

/** A deployed function that doubles; callers of it that may die at any request; and its container. */
export class KeyedLab {
  now = 1_700_000_000_000;
  readonly table: MemoryTable = new MemoryTable();
  readonly objects: MemoryObjects = new MemoryObjects();
  readonly queues: MemoryQueues = new MemoryQueues(() => this.now);
  readonly errors: unknown[] = [];
  /** Inputs that were run. */
  readonly ran: number[] = [];
  readonly #sources: QueueLeaseSource[] = [];

  async deploy(): Promise<void> {
    const app = new App(APP);
    app.function("double", (x: number) => 2 * x);
    const [spec] = resolveSpec(app).functions;
    const place = { queueUrl: INPUTS, taskDefinition: "", containerName: "" };
    const functions = { double: { ...place, spec } };
    this.objects.texts.set(MANIFEST, JSON.stringify({ version: 1, app: APP, functions }));
    const row = { number: 1, manifestKey: MANIFEST, removed: {} };
    await this.table.port(async () => {}).put(deploymentKey(APP), row, 0);
  }

  /** A caller whose requests pass this gate. */
  caller(gate: Gate = async () => {}): AwsBackend {
    const { queues, objects } = this;
    return new AwsBackend({
      ...{ app: APP, environment: "test", objects, stores: NO_STORES, sessionId: "one" },
      rows: this.table.port(gate),
      queues: {
        send: async (...sent) => {
          await gate("send", "before");
          await queues.send(...sent);
          await gate("send", "after");
        },
        receive: (url, wanted) => queues.receive(url, wanted),
        hide: (url, handle, seconds) => queues.hide(url, handle, seconds),
        delete: (url, handle) => queues.delete(url, handle),
        create: (name) => queues.create(name),
        remove: (url) => queues.remove(url),
      },
      countMessages: async () => 0,
      wake: async () => {},
      wallClock: () => this.now,
      now: () => this.now,
      sleep: async (ms) => {
        this.now += ms;
        await new Promise((resolve) => setImmediate(resolve));
      },
      onError: (error) => this.errors.push(error),
    });
  }

  /** A container that doubles, and notes what it ran; it fails what is negative with this kind. */
  container(fails: "error" | "startup" = "error"): void {
    const source: QueueLeaseSource = new QueueLeaseSource({
      store: { rows: this.table.port(async () => {}), objects: this.objects, now: () => this.now },
      ...{ queues: this.queues, queueUrl: INPUTS, deadLetterQueueUrl: "dead", containerId: "ct-1" },
      ...{ deployment: 1, leases: "whole", onNewer: () => {}, onShared: () => {} },
      mayScaleOut: () => false,
      onError: (error) => this.errors.push(error),
    });
    this.#sources.push(source);
    source.available(new Doubling(source, this.ran, fails));
  }

  close(): void {
    for (const source of this.#sources) void source.stop();
  }

  /** Calls `double` once for each of these inputs, under its key. */
  once(backend: AwsBackend, keys: Readonly<Record<string, number>>): Promise<Places> {
    const inputs = Object.values(keys);
    const page: KeyedPage = {
      ...{ start: 0, count: inputs.length, unary: true },
      args: encodePage(inputs, () => "inputs"),
      keys: Object.entries(keys).map(([key, input]) => ({ key, args: String(input) })),
    };
    const target = { app: APP, name: "double" };
    return backend.spawnOnce({ callId: createCallId(this.now), kind: "map", target }, page);
  }

  /** The outputs at these places, or the kinds of their failures. */
  async outputs(backend: AwsBackend, places: Places): Promise<unknown[]> {
    const outputs: unknown[] = [];
    for (const place of places) outputs.push(place && (await this.#output(backend, place)));
    return outputs;
  }

  async #output(backend: AwsBackend, { callId, index }: InputPlace): Promise<unknown> {
    const { pages } = await backend.read({ callId, start: index, count: 1, waitMs: 60_000 });
    const page = pages.find(({ start, count }) => start <= index && index < start + count);
    if (page === undefined) return "nothing";
    const failure = page.failures?.find((one) => one.index === index);
    return failure?.kind ?? decodePage(page.values)[index - page.start];
  }
}

export type Places = readonly (InputPlace | undefined)[];

class Doubling implements LeaseWorker {
  readonly id = "doubling";
  readonly #source: QueueLeaseSource;
  readonly #ran: number[];
  readonly #fails: "error" | "startup";
  slots = 1;
  room: number = Number.POSITIVE_INFINITY;
  idle = true;

  constructor(source: QueueLeaseSource, ran: number[], fails: "error" | "startup") {
    this.#source = source;
    this.#ran = ran;
    this.#fails = fails;
  }

  run(lease: Lease): void {
    const inputs = decodePage(lease.args) as number[];
    this.#ran.push(...inputs);
    const error = encodePage([new RangeError("negative")], () => "error");
    const failures = inputs.flatMap((input, at) =>
      input < 0 ? [{ index: lease.start + at, kind: this.#fails, error }] : [],
    );
    const values = encodePage(
      inputs.map((input) => (input < 0 ? null : 2 * input)),
      () => "outputs",
    );
    const { start, count } = lease;
    this.#source.complete(lease, { start, count, values, ...(failures.length && { failures }) });
    this.#source.available(this);
  }

  cancel(): void {}

  terminate(): void {
    throw new RangeError("nobody terminates containers here");
  }

  credit(): void {
    throw new RangeError("no generators here");
  }
}
