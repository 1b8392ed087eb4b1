import type { ConnectOptions } from "../client/connect-options.ts";
import type { StartedBackend } from "../client/started-backend.ts";
import { NO_RECORD, type ScheduleRecord } from "../schedules/record.ts";
import type { FunctionSpec } from "../spec.ts";
import type { Stores } from "../storage/stores.ts";
import type { Tokens } from "../tokens.ts";
import { type CallEndOptions, endOfCall } from "./call-end.ts";
import { type AwsClients, createClients } from "./clients.ts";
import { createBackend } from "./create-backend.ts";
import { Deployments } from "./deployments.ts";
import { DynamoRows } from "./dynamo-rows.ts";
import { environmentOf, type Facts, readFacts } from "./environment.ts";
import { S3Objects } from "./s3-objects.ts";
import { changeSchedule, readSchedules } from "./schedules.ts";
import { createCount } from "./sqs-demand.ts";
import { SqsQueues } from "./sqs-queues.ts";
import { createStores } from "./storage/aws-stores.ts";
import { AwsTokens } from "./tokens.ts";
import { createWake } from "./wake.ts";

/**
 * Connects to an app that is deployed.
 * @throws NotFoundError when there is no such environment or app; WindlassError when AWS refuses
 */
export async function startAws(app: string, options: ConnectOptions = {}): Promise<StartedBackend> {
  const environment = environmentOf(options);
  const clients = createClients(options);
  const facts = await readFacts(clients.ssm, environment);
  const backend = createBackend({
    app,
    environment,
    rows: new DynamoRows(clients.dynamo, facts["table-name"]),
    objects: new S3Objects(clients.s3, facts["bucket-name"]),
    queues: new SqsQueues(clients.sqs),
    stores: storesOf(clients, environment, facts),
    countMessages: createCount(clients.sqs),
    wake: createWake(clients.lambda, { app, controller: facts["controller-function-arn"] }),
    onError: warnOnce(),
  });
  await backend.functions();
  return backend;
}

/**
 * The dicts, queues, secrets and volumes of an environment.
 * @throws NotFoundError when there is no such environment; WindlassError when AWS refuses
 */
export async function openStores(options: ConnectOptions = {}): Promise<Stores> {
  const clients = createClients(options);
  const environment = environmentOf(options);
  return storesOf(clients, environment, await readFacts(clients.ssm, environment));
}

/**
 * The tokens that requests to apps of an environment carry.
 * @throws NotFoundError when there is no such environment; WindlassError when AWS refuses
 */
export async function openTokens(options: ConnectOptions = {}): Promise<Tokens> {
  const clients = createClients(options);
  const facts = await readFacts(clients.ssm, environmentOf(options));
  return new AwsTokens(new DynamoRows(clients.dynamo, facts["table-name"]));
}

/** What is deployed of an app's schedules. */
export interface DeployedSchedules {
  /** @throws NotFoundError when the app is not deployed */
  read(): Promise<{
    readonly functions: readonly FunctionSpec[];
    recordOf(name: string): ScheduleRecord;
  }>;
  /** Whether the times at which a function is to run pass without a run. */
  setPaused(name: string, isPaused: boolean): Promise<void>;
}

/**
 * The schedules of a deployed app.
 * @throws NotFoundError when there is no such environment; WindlassError when AWS refuses
 */
export async function openSchedules(
  app: string,
  options: ConnectOptions = {},
): Promise<DeployedSchedules> {
  const environment = environmentOf(options);
  const clients = createClients(options);
  const facts = await readFacts(clients.ssm, environment);
  const rows = new DynamoRows(clients.dynamo, facts["table-name"]);
  const objects = new S3Objects(clients.s3, facts["bucket-name"]);
  const deployments = new Deployments({ app, environment, rows, objects, now: Date.now });
  return {
    async read() {
      const { manifest } = await deployments.current();
      const found = await readSchedules(rows, app);
      const now = { app, environment, rows, objects, now: Date.now };
      const records = new Map<string, ScheduleRecord>();
      await Promise.all(
        [...found].map(async ([name, record]) => {
          records.set(name, await withLastEnd(record, now));
        }),
      );
      const functions = Object.values(manifest.functions).map(({ spec }) => spec);
      return { functions, recordOf: (name) => records.get(name) ?? NO_RECORD };
    },
    async setPaused(name, isPaused) {
      await changeSchedule(rows, { app, name }, (record) => ({ ...record, isPaused }));
    },
  };
}

/** What became of the last run, where nobody has noted it yet. */
async function withLastEnd(
  record: ScheduleRecord,
  options: CallEndOptions,
): Promise<ScheduleRecord> {
  const { last, running = [] } = record;
  const run = running.find(({ at }) => at === last?.at);
  if (run === undefined) return record;
  const { state } = await endOfCall(run.callId, options);
  if (state !== "done" && state !== "failed") return record;
  return { ...record, last: { at: run.at, outcome: state } };
}

function storesOf(clients: AwsClients, environment: string, facts: Facts): Stores {
  const { "table-name": table, "bucket-name": bucket } = facts;
  return createStores({ clients, environment, table, bucket, now: Date.now });
}

/** Tells each kind of failure once: it is tried again, and no call fails of it. */
function warnOnce(): (error: unknown) => void {
  const told = new Set<string>();
  return (error) => {
    const { message } = error instanceof Error ? error : new Error(String(error));
    if (told.has(message)) return;
    told.add(message);
    process.emitWarning(message, "WindlassWarning");
  };
}
