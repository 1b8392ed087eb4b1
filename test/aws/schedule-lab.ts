import { type FireOutcome, fire } from "../../cdk/schedules/fire.ts";
import type { SchedulePorts, Topic } from "../../cdk/schedules/ports.ts";
import type { RecordRow } from "../../cdk/schedules/record-row.ts";
import { watch } from "../../cdk/schedules/watch.ts";
import { App } from "../../lib/app.ts";
import { callKey, deploymentKey, rangeKey } from "../../lib/aws/keys.ts";
import { sealResults } from "../../lib/aws/page-text.ts";
import { openInputs, type RangeInputs } from "../../lib/aws/range-message.ts";
import { freshRow } from "../../lib/aws/range-row.ts";
import { changeSchedule, scheduleKey } from "../../lib/aws/schedules.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { createCallId } from "../../lib/ids.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import type { Schedule } from "../../lib/schedule.ts";
import { MemoryQueues } from "./memory-queues.ts";
import { type Gate, MemoryObjects, MemoryTable } from "./memory-table.ts";

const APP = "media";
const NAME = "job";

/** The function behind schedules, on a table, objects and queues in memory and a clock that the test sets. */
export class ScheduleLab {
  now: number;
  readonly table: MemoryTable = new MemoryTable();
  readonly objects: MemoryObjects = new MemoryObjects();
  readonly queues: MemoryQueues = new MemoryQueues(() => this.now);
  readonly wakes: string[] = [];
  readonly published: { readonly topic: Topic; readonly subject: string; readonly text: string }[] =
    [];
  readonly posted: { readonly url: string; readonly body: object }[] = [];
  readonly logs: Readonly<Record<string, unknown>>[] = [];
  /** Whether webhooks answer with success. */
  answers = true;
  gate: Gate = async () => {};

  constructor(now: string) {
    this.now = Date.parse(now);
    this.queues.isPatient = false;
  }

  get ports(): SchedulePorts {
    return {
      environment: "test",
      rows: this.table.port((operation, moment) => this.gate(operation, moment)),
      objects: this.objects,
      queues: {
        send: async (url, message) => {
          await this.gate("send", "before");
          await this.queues.send(url, message);
          await this.gate("send", "after");
        },
      },
      wake: async (app, pools) => {
        this.wakes.push(`${app}/${pools.join()}`);
      },
      publish: async (topic, notice) => {
        this.published.push({ topic, ...notice });
      },
      post: async (url, body) => {
        if (!this.answers) throw new RangeError("the webhook is down");
        this.posted.push({ url, body });
      },
      now: () => this.now,
      createCallId: () => createCallId(this.now),
      log: (fields) => this.logs.push(fields),
    };
  }

  /** Deploys the app "media", whose function "job" has this schedule. */
  async deploy(schedule?: Schedule): Promise<void> {
    const app = new App(APP);
    app.function(NAME, { schedule }, () => 1);
    const manifest = {
      app: APP,
      scheduleRole: "arn:aws:iam::111122223333:role/schedules",
      functions: Object.fromEntries(
        resolveSpec(app).functions.map((spec) => [spec.name, { queueUrl: "jobs", spec }]),
      ),
    };
    const manifestKey = `manifests/${APP}/${this.now}.json`;
    await this.objects.put(manifestKey, JSON.stringify(manifest));
    const rows = this.table.port(async () => {});
    const before = await rows.get(deploymentKey(APP));
    await rows.put(deploymentKey(APP), { number: 1, manifestKey }, before?.version ?? 0);
  }

  /** What EventBridge Scheduler does at a time; it arrives at once unless it is late. */
  async fire(time: string, lateMs = 0): Promise<FireOutcome> {
    const at = Date.parse(time);
    this.now = Math.max(this.now, at + lateMs);
    const scheduledAt = new Date(at).toISOString();
    return await fire({ kind: "fire", app: APP, function: NAME, scheduledAt }, this.ports);
  }

  async watch(time?: string): Promise<number> {
    if (time !== undefined) this.now = Date.parse(time);
    return await watch(APP, this.ports);
  }

  /** Inputs that were sent, in order. */
  async sent(): Promise<RangeInputs[]> {
    return await Promise.all(
      this.queues.bodies("jobs").map((body) => openInputs(body, this.objects)),
    );
  }

  /** Ids of the calls that were sent, each once. */
  async calls(): Promise<string[]> {
    return [...new Set((await this.sent()).map(({ request }) => request.callId))];
  }

  /** What a container writes when a call is done. */
  async end(callId: string, error?: Error): Promise<void> {
    const failures =
      error === undefined
        ? undefined
        : [{ index: 0, kind: "error", error: encodePage([error], () => "error") }];
    const values = encodePage([null], () => "result");
    const text = sealResults({ start: 0, count: 1, values, failures } as never);
    const row = { ...freshRow(1, this.now), results: [{ start: 0, count: 1, text }], isDone: true };
    await this.table.port(async () => {}).put(rangeKey(APP, callId, 0), row, 0);
  }

  async cancel(callId: string): Promise<void> {
    const rows = this.table.port(async () => {});
    const found = await rows.get<object>(callKey(APP, callId));
    await rows.put(
      callKey(APP, callId),
      { ...found?.body, state: "cancelled" },
      found?.version ?? 0,
    );
  }

  async setPaused(isPaused: boolean): Promise<void> {
    await changeSchedule(this.ports.rows, { app: APP, name: NAME }, (record) => ({
      ...record,
      isPaused,
    }));
  }

  get record(): RecordRow | undefined {
    const [row] = this.table.list<RecordRow>(scheduleKey(APP, NAME).pk);
    return row?.body;
  }
}
