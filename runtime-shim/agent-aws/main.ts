import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { AwsBackend } from "../../lib/aws/aws-backend.ts";
import { CLIENT_CONFIG } from "../../lib/aws/client-config.ts";
import { createClients } from "../../lib/aws/clients.ts";
import { createBackend } from "../../lib/aws/create-backend.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { BusSink, type BusSinkOptions, EventBridgeBus } from "../../lib/aws/event-bus.ts";
import { formatLogLine } from "../../lib/aws/log-line.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { createCount } from "../../lib/aws/sqs-demand.ts";
import { SqsQueues } from "../../lib/aws/sqs-queues.ts";
import { createStores } from "../../lib/aws/storage/aws-stores.ts";
import { createWake } from "../../lib/aws/wake.ts";
import { RunnerProcess } from "../agent/runner-process.ts";
import { fetchCode } from "./code.ts";
import { createCodeFolder } from "./code-folder.ts";
import { AwsContainer } from "./container.ts";
import { readEnvironment } from "./environment.ts";
import { unprivileged } from "./unprivileged.ts";

/** How often clocks are looked at. */
const TICK_MS = 50;
/** What the end of a container waits for its last events. */
const LAST_EVENTS_MS = 2000;
/** Beside this program in the image. */
const RUNNER_FILE: string = fileURLToPath(new URL("runner-node.mjs", import.meta.url));
const PYTHON_RUNNER_FILE: string = fileURLToPath(new URL("runner-python/main.py", import.meta.url));
const PROGRAMS_FOLDER: string = fileURLToPath(new URL(".", import.meta.url));
const BUCKET_PROGRAM: string = fileURLToPath(new URL("bucket-mount.mjs", import.meta.url));
const FLAGS: readonly string[] = ["--enable-source-maps"];

/** The first program of a container on AWS. It ends when the container is to end. */
async function main(): Promise<number> {
  const environment = readEnvironment(process.env);
  const { app, bucket, table, controller } = environment;
  const folder = createCodeFolder(PROGRAMS_FOLDER);
  const clients = createClients();
  const rows = new DynamoRows(clients.dynamo, table);
  const objects = new S3Objects(clients.s3, bucket);
  const queues = new SqsQueues(clients.sqs);
  const clocks = { wallClock: Date.now, now: () => performance.now() };
  const onError = (error: unknown): void => {
    process.stderr.write(`${String(error instanceof Error ? error.stack : error)}\n`);
  };
  // Without a controller the sweep finds what user code calls.
  const wakeOf = (name: string) =>
    controller === undefined
      ? async () => {}
      : createWake(clients.lambda, { app: name, controller });
  const shared = {
    ...{ environment: environment.environment, rows, objects, queues, onError },
    stores: createStores({
      ...{ clients, environment: environment.environment, table, bucket, now: clocks.wallClock },
    }),
    countMessages: createCount(clients.sqs),
  };
  const backends = new Map<string, AwsBackend>();
  const backendOf = (name: string): AwsBackend => {
    const made = backends.get(name) ?? createBackend({ ...shared, app: name, wake: wakeOf(name) });
    backends.set(name, made);
    return made;
  };
  const [backend, wake] = [backendOf(app), wakeOf(app)];
  const client = new EventBridgeClient({ ...CLIENT_CONFIG, maxAttempts: 3 });
  const sink = new BusSink({
    bus: new EventBridgeBus(client, environment.environment),
    after: (ms, run) => void setTimeout(run, ms).unref(),
    onDropped: tellDropped(onError),
  });
  const container = new AwsContainer({
    ...{ environment, rows, objects, queues, backend, otherApp: backendOf, wake },
    ...{ ...clocks, onError },
    fetchCode: (codeHash, isPython) => fetchCode(objects, { app, codeHash, folder, isPython }),
    bucketProgram: BUCKET_PROGRAM,
    metadataUrl: process.env["ECS_CONTAINER_METADATA_URI_V4"],
    startRunner: (kind) =>
      new RunnerProcess({
        takesConnections: kind === "web",
        ...unprivileged(
          kind === "python"
            ? // The Python of the image, with the packages that it has.
              { command: "python3", args: [PYTHON_RUNNER_FILE] }
            : { command: process.execPath, args: [...FLAGS, RUNNER_FILE] },
        ),
        cwd: process.cwd(),
      }),
    events: sink,
    onLine: (line) => process[line.stream].write(`${formatLogLine(line)}\n`),
  });
  process.on("SIGTERM", () => container.stop());
  setInterval(() => container.tick(), TICK_MS);
  void container.start();
  const code = await container.ended;
  // A bus that does not answer keeps no container.
  const events = Promise.race([sink.flush(), pause(LAST_EVENTS_MS)]);
  await Promise.all([events, ...[...backends.values()].map((one) => one.close())]);
  return code;
}

/** Says that events are lost: of the first, and then each time that they are ten times as many. */
function tellDropped(onError: (error: unknown) => void): BusSinkOptions["onDropped"] {
  let next = 1;
  return (dropped, reason) => {
    if (dropped < next) return;
    next = dropped * 10;
    onError(`${dropped} events are lost: ${String(reason)}`);
  };
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`${String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
}
