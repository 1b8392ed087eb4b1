import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, onTestFinished } from "vitest";
import type { Queues } from "../../lib/aws/queues.ts";
import { sealInputs } from "../../lib/aws/range-message.ts";
import { SqsQueues } from "../../lib/aws/sqs-queues.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { createCallId } from "../../lib/ids.ts";
import { QueueLeaseSource } from "../../runtime-shim/agent/queue-lease-source.ts";
import { MemoryObjects, MemoryTable } from "../aws/memory-table.ts";
import { outputs, Worker } from "../aws/source-lab.ts";
import { aws, awsTest, control, unique, until } from "./aws.ts";

const MINUTES = 60_000;
const BEAT_MS = 20_000;
const BEATS_OF_12_HOURS = (12 * 60 * MINUTES) / BEAT_MS;

const sqs = new SQSClient(aws);
const plain = new SqsQueues(sqs);

/** A queue on a clock of its own, and what is asked of it now. */
class AgedQueue {
  readonly name: string = unique("inputs");
  readonly requests: string[] = [];
  readonly queues: Queues;
  url = "";
  #offset = 0;
  #asked = 0;

  constructor() {
    const count = async <T>(request: string, act: () => Promise<T>): Promise<T> => {
      this.requests.push(request);
      this.#asked += 1;
      return await act().finally(() => {
        this.#asked -= 1;
      });
    };
    this.queues = {
      send: (url, message) => count("send", () => plain.send(url, message)),
      receive: (url, wanted) => plain.receive(url, wanted),
      hide: (url, handle, seconds) => count("hide", () => plain.hide(url, handle, seconds)),
      delete: (url, handle) => count("delete", () => plain.delete(url, handle)),
      create: (name, seconds) => plain.create(name, seconds),
      remove: (url) => plain.remove(url),
    };
  }

  readonly now = (): number => Date.now() + this.#offset;

  async create(): Promise<void> {
    this.url = await plain.create(this.name, 7 * 24 * 3600);
    onTestFinished(() => plain.remove(this.url));
  }

  async age(ms: number): Promise<void> {
    this.#offset += ms;
    await control("POST", "age-queue", { queue: this.name, seconds: ms / 1000 });
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 10 || this.#asked > 0; turn += 1) {
      await new Promise((done) => setImmediate(done));
    }
  }

  /** Messages that can be received now, and those that are hidden. */
  async counts(): Promise<[number, number]> {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: this.url, AttributeNames: ["All"] }),
    );
    const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = Attributes ?? {};
    return [Number(ApproximateNumberOfMessages), Number(ApproximateNumberOfMessagesNotVisible)];
  }
}

awsTest(
  "an input of more than twelve hours runs once, though SQS hides its message for no longer",
  async () => {
    const queue = new AgedQueue();
    await queue.create();
    const errors: unknown[] = [];
    const table = new MemoryTable();
    const store = {
      rows: table.port(async () => {}),
      objects: new MemoryObjects(),
      now: queue.now,
    };
    const open = (containerId: string): { source: QueueLeaseSource; worker: Worker } => {
      const source = new QueueLeaseSource({
        ...{ store, queues: queue.queues, queueUrl: queue.url, containerId, deployment: 1 },
        ...{ deadLetterQueueUrl: "", leases: "whole", onNewer: () => {}, onShared: () => {} },
        mayScaleOut: () => false,
        onError: (error) => errors.push(error),
      });
      const worker = new Worker();
      source.available(worker);
      return { source, worker };
    };
    const callId = createCallId();
    const inputs = {
      request: { callId, kind: "map", target: { app: "app", name: "long" } },
      ...{ start: 0, end: 1, unary: true, attempt: 0, isChild: false, deployment: 1 },
      ...{ replyTo: undefined, args: encodePage(["long"], () => "inputs") },
    } as const;
    await plain.send(queue.url, { body: await sealInputs(inputs, store.objects) });
    const first = open("ct-1");
    const lease = await until("the lease", async () => first.worker.leases[0]);
    const second = open("ct-2");

    for (let beat = 0; beat <= BEATS_OF_12_HOURS; beat += 1) {
      await queue.age(BEAT_MS);
      first.source.tick();
      second.source.tick();
      await queue.settle();
    }
    expect(queue.requests.filter((request) => request !== "hide")).toEqual(["send", "delete"]);
    expect(await queue.counts()).toEqual([0, 1]);

    // By the handle that the other container has left: nobody hides it now.
    first.source.complete(lease, outputs(0, ["done"]));
    await until("the deletion", async () => first.source.isIdle);
    await queue.settle();
    expect(await queue.counts()).toEqual([0, 0]);
    expect(second.worker.leases).toEqual([]);
    expect(errors).toEqual([]);
    await Promise.all([first.source.stop(), second.source.stop()]);
  },
  4 * MINUTES,
);
