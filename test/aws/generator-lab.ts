import { AwsBackend } from "../../lib/aws/aws-backend.ts";
import { blockKey, deploymentKey } from "../../lib/aws/keys.ts";
import { openReply } from "../../lib/aws/page-text.ts";
import type { Queues, Received } from "../../lib/aws/queues.ts";
import type { RangeRow } from "../../lib/aws/range-row.ts";
import type { Backend } from "../../lib/backend.ts";
import { callRemoteGen } from "../../lib/client/generator.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import type { Lease, LeaseWorker } from "../../runtime-shim/agent/lease-source.ts";
import { QueueLeaseSource } from "../../runtime-shim/agent/queue-lease-source.ts";
import { MemoryQueues } from "./memory-queues.ts";
import { MemoryObjects, MemoryTable } from "./memory-table.ts";
import { NO_STORES } from "./no-stores.ts";
import type { Random } from "./random.ts";
import { failed, outputs } from "./source-lab.ts";

const APP = "media";
const INPUTS = "inputs-of-count";
const MANIFEST = "manifests/media/1.json";

/** A generator that yields what the test says. */
class Yielding implements LeaseWorker {
  readonly id = "yielding";
  readonly leases: Lease[] = [];
  readonly cancelled: number[] = [];
  readonly source: QueueLeaseSource;
  readonly room: number = Number.POSITIVE_INFINITY;
  /** Items that it may yield by now. */
  allowed = 1000;
  slots = 1;
  yielded = 0;
  isDone = false;

  constructor(source: QueueLeaseSource) {
    this.source = source;
  }

  get idle(): boolean {
    return this.slots > 0;
  }

  get lease(): Lease {
    const lease = this.leases.at(-1);
    if (lease === undefined) throw new RangeError("nothing was leased");
    return lease;
  }

  run(lease: Lease): void {
    this.slots -= 1;
    this.leases.push(lease);
  }

  cancel(leaseId: number): void {
    this.cancelled.push(leaseId);
  }

  terminate(): void {
    throw new RangeError("nobody terminates containers here");
  }

  credit(_: number, items: number): void {
    this.allowed += items;
  }

  yields(...items: readonly unknown[]): void {
    const values = encodePage(items, () => "items");
    this.yielded += items.length;
    this.source.items(this.lease, { count: items.length, values });
  }

  returns(): void {
    this.isDone = true;
    this.source.complete(this.lease, outputs(0, [null]));
  }

  throws(error: Error): void {
    this.source.complete(this.lease, failed(0, "error", error));
  }

  /** Its runner ends. */
  crashes(): void {
    const rest = { start: 0, end: 1 };
    this.source.giveBack(this.lease, rest, { kind: "crashed", detail: "it exited", isAlone: true });
    this.slots = 1;
    this.source.available(this);
  }
}

/** A container, which can be ended from outside. */
export interface Opened {
  readonly name: string;
  readonly worker: Yielding;
  readonly source: QueueLeaseSource;
  /** Nothing that it does from now on has an effect or an end. */
  readonly kill: () => void;
}

/** A deployed generator: its caller, its containers and what is between them, in memory. */
export class GeneratorLab {
  now = 1_700_000_000_000;
  readonly table: MemoryTable = new MemoryTable();
  readonly objects: MemoryObjects = new MemoryObjects();
  readonly queues: MemoryQueues = new MemoryQueues(() => this.now);
  readonly errors: unknown[] = [];
  /** What the table was asked for by containers. */
  readonly reads: string[] = [];
  readonly #backends: AwsBackend[] = [];
  readonly #sources: QueueLeaseSource[] = [];

  async deploy(): Promise<void> {
    const functions = { count: { queueUrl: INPUTS, taskDefinition: "", containerName: "" } };
    this.objects.texts.set(MANIFEST, JSON.stringify({ version: 1, app: APP, functions }));
    const row = { number: 1, manifestKey: MANIFEST, removed: {} };
    await this.table.port(async () => {}).put(deploymentKey(APP), row, 0);
  }

  /** Iterates the generator. @param queues - As its caller sees them */
  call(queues: Queues = this.queues): AsyncGenerator<unknown, undefined, void> {
    const backend = new AwsBackend({
      ...{ app: APP, environment: "test", objects: this.objects, queues },
      rows: this.table.port(async () => {}),
      stores: NO_STORES,
      countMessages: async () => 0,
      wake: async () => {},
      sessionId: `session${String(this.#backends.length).padStart(9, "0")}`,
      wallClock: () => this.now,
      now: () => this.now,
      sleep: async (ms) => {
        this.now += ms;
      },
      onError: (error) => this.errors.push(error),
    });
    this.#backends.push(backend);
    return callRemoteGen({ app: APP, name: "count", backend: backend as Backend }, [3]);
  }

  /** @param onRequest - Told of each request that the container makes, before and after */
  open(
    containerId: string,
    onRequest: (request: string, kill: () => void) => void = () => {},
  ): Opened {
    let isKilled = false;
    const kill = (): void => {
      isKilled = true;
    };
    const gate = async (request: string): Promise<void> => {
      if (!isKilled) onRequest(request, kill);
      if (isKilled) await new Promise(() => {});
    };
    const through = async <T>(request: string, act: () => Promise<T>): Promise<T> => {
      await gate(`before ${request}`);
      const result = await act();
      await gate(`after ${request}`);
      return result;
    };
    const { queues } = this;
    const source: QueueLeaseSource = new QueueLeaseSource({
      store: {
        rows: this.table.port(async (operation, moment) => {
          if (moment === "before") this.reads.push(operation);
          await gate(`${moment} ${operation}`);
        }),
        objects: this.objects,
        now: () => this.now,
      },
      queues: {
        send: (url, message) => through("send", () => queues.send(url, message)),
        receive: (url, wanted) => through("receive", () => queues.receive(url, wanted)),
        hide: (url, handle, seconds) => through("hide", () => queues.hide(url, handle, seconds)),
        delete: (url, handle) => through("delete", () => queues.delete(url, handle)),
        create: (name) => queues.create(name),
        remove: (url) => queues.remove(url),
      },
      ...{ queueUrl: INPUTS, deadLetterQueueUrl: "dead", containerId, deployment: 1 },
      leases: "whole",
      onNewer: () => {},
      onShared: () => {},
      mayScaleOut: () => false,
      onError: (error) => this.errors.push(error),
    });
    this.#sources.push(source);
    const worker = new Yielding(source);
    source.available(worker);
    return { name: containerId, worker, source, kill };
  }

  /** The row of its only range. */
  row(callId: string): RangeRow | undefined {
    return this.table.list<RangeRow>(blockKey(APP, callId, 0))[0]?.body;
  }

  /** The queue on which the last caller hears of items. */
  replies(): string {
    return this.queues.urls().findLast((name) => name.includes("-r-")) ?? "none";
  }

  /** Messages with items that the caller has not taken. */
  itemMessages(): number[] {
    const replies = this.queues.bodies(this.replies()).map(openReply);
    return replies.flatMap(({ items }) => items?.count ?? []);
  }

  /** Time passes for callers and containers. */
  pass(ms: number): void {
    this.now += ms;
    this.queues.wake();
    for (const backend of this.#backends) backend.tick();
    for (const source of this.#sources) source.tick();
  }

  async close(): Promise<void> {
    for (const source of this.#sources) void source.stop();
    await Promise.all(this.#backends.map((backend) => backend.close()));
  }
}

/** Replies as SQS may deliver them: in any order, and some of them twice. */
export function unruly(lab: GeneratorLab, random: Random): Queues {
  const { queues } = lab;
  const seen: Received[] = [];
  let held: Received[] = [];
  return {
    send: (url, message) => queues.send(url, message),
    receive: async (url, wanted) => {
      const isReply = url.includes("-r-");
      if (!isReply) return queues.receive(url, wanted);
      // What was held back comes though nothing else does.
      const isThere = queues.visibleAt(url).some((at) => at <= lab.now);
      const received = held.length > 0 && !isThere ? [] : await queues.receive(url, wanted);
      await new Promise((turn) => setImmediate(turn));
      const all = [...held, ...received, ...(random.chance(0.5) ? seen.slice(-3) : [])];
      seen.push(...received);
      held = all.filter(() => random.chance(0.3));
      return all
        .filter((message) => !held.includes(message))
        .map((message) => ({ message, place: random.next() }))
        .sort((a, b) => a.place - b.place)
        .map(({ message }) => message);
    },
    hide: (url, handle, seconds) => queues.hide(url, handle, seconds),
    delete: (url, handle) => queues.delete(url, handle),
    create: (name) => queues.create(name),
    remove: (url) => queues.remove(url),
  };
}
