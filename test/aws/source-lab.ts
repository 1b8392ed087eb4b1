import { type FailedInputs, openFailedInputs } from "../../lib/aws/failed-inputs.ts";
import { blockKey } from "../../lib/aws/keys.ts";
import { openReply } from "../../lib/aws/page-text.ts";
import type { Outgoing, Queues } from "../../lib/aws/queues.ts";
import { type RangeInputs, sealInputs } from "../../lib/aws/range-message.ts";
import type { RangeRow } from "../../lib/aws/range-row.ts";
import type { FailureKind, ResultPage } from "../../lib/backend.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { failedPage } from "../../lib/failed-page.ts";
import { createCallId } from "../../lib/ids.ts";
import type { Lease, LeaseWorker } from "../../runtime-shim/agent/lease-source.ts";
import { QueueLeaseSource } from "../../runtime-shim/agent/queue-lease-source.ts";
import { MemoryQueues } from "./memory-queues.ts";
import { type Gate, MemoryObjects, MemoryTable } from "./memory-table.ts";

export const QUEUE = "queue";
export const REPLIES = "replies";
export const DEAD = "dead";

/** Runs nothing by itself: the test answers for it. */
export class Worker implements LeaseWorker {
  readonly id = "worker";
  readonly leases: Lease[] = [];
  readonly cancelled: number[] = [];
  slots = 1;
  room: number = Number.POSITIVE_INFINITY;

  get idle(): boolean {
    return this.slots > 0;
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

  credit(): void {
    throw new RangeError("no generators here");
  }
}

/** A container of one slot: its source of leases, and what they run in. */
export interface Opened {
  readonly source: QueueLeaseSource;
  readonly worker: Worker;
  /** Nothing that it does from now on has an effect or an end. */
  readonly kill: () => void;
}

/** Containers that lease from one queue, on a clock of the test's. */
export class SourceLab {
  now = 1_700_000_000_000;
  readonly table: MemoryTable = new MemoryTable();
  readonly objects: MemoryObjects = new MemoryObjects();
  readonly queues: MemoryQueues = new MemoryQueues(() => this.now);
  readonly callId: string = createCallId(this.now);
  readonly errors: unknown[] = [];
  /** Requests of containers, in their order: `put`, `send dead`, … */
  readonly requests: string[] = [];

  open(containerId: string, gate: (request: string) => void = () => {}): Opened {
    let isKilled = false;
    const pass: Gate = async (request, moment) => {
      gate(`${moment} ${request}`);
      if (isKilled) await new Promise(() => {});
      if (moment === "before") this.requests.push(request);
    };
    const source = new QueueLeaseSource({
      store: { rows: this.table.port(pass), objects: this.objects, now: () => this.now },
      queues: this.#through(pass),
      ...{ queueUrl: QUEUE, deadLetterQueueUrl: DEAD, containerId, deployment: 4 },
      leases: "whole",
      onNewer: () => {},
      onShared: () => {},
      mayScaleOut: () => false,
      onError: (error) => this.errors.push(error),
    });
    const worker = new Worker();
    source.available(worker);
    const kill = (): void => {
      isKilled = true;
    };
    return { source, worker, kill };
  }

  async submit(values: readonly unknown[], fields: Partial<RangeInputs> = {}): Promise<void> {
    const inputs: RangeInputs = {
      request: { callId: this.callId, kind: "map", target: { app: "app", name: "double" } },
      ...{ start: 0, end: values.length, unary: true, attempt: 0, isChild: false, deployment: 1 },
      replyTo: REPLIES,
      args: encodePage(values, () => "inputs"),
      ...fields,
    };
    await this.queues.send(QUEUE, { body: await sealInputs(inputs, this.objects) });
  }

  /** Values that the caller was told, in the order of the inputs. */
  told(): unknown[] {
    const pages = this.queues.bodies(REPLIES).flatMap((body) => openReply(body).page ?? []);
    return pages.sort((a, b) => a.start - b.start).flatMap(({ values }) => decodePage(values));
  }

  rows(): RangeRow[] {
    return this.table.list<RangeRow>(blockKey("app", this.callId, 0)).map(({ body }) => body);
  }

  entries(): FailedInputs[] {
    const entries = this.queues.bodies(DEAD).map(openFailedInputs);
    return entries.sort((a, b) => a.start - b.start);
  }

  #through(pass: Gate): Queues {
    const through = async <T>(request: string, act: () => Promise<T>): Promise<T> => {
      await pass(request, "before");
      const result = await act();
      await pass(request, "after");
      return result;
    };
    const { queues } = this;
    return {
      send: (url, message: Outgoing) => through(`send ${url}`, () => queues.send(url, message)),
      receive: (url, wanted) => queues.receive(url, wanted),
      hide: (url, handle, seconds) => through("hide", () => queues.hide(url, handle, seconds)),
      delete: (url, handle) => through("delete", () => queues.delete(url, handle)),
      create: (name) => queues.create(name),
      remove: (url) => queues.remove(url),
    };
  }
}

export function outputs(start: number, values: readonly unknown[]): ResultPage {
  return { start, count: values.length, values: encodePage(values, () => "outputs") };
}

export function failed(start: number, kind: FailureKind, error: unknown): ResultPage {
  return failedPage(
    { start, count: 1 },
    kind,
    encodePage([error], () => "error"),
  );
}

/** Lets all that was asked for be answered. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await new Promise((done) => setImmediate(done));
}
