import type { ConnectOptions } from "../client/connection.ts";
import type { StartedBackend } from "../client/start-backend.ts";
import { createClients } from "./clients.ts";
import { createBackend } from "./create-backend.ts";
import { DynamoRows } from "./dynamo-rows.ts";
import { readFacts } from "./environment.ts";
import { S3Objects } from "./s3-objects.ts";
import { createCount } from "./sqs-demand.ts";
import { SqsQueues } from "./sqs-queues.ts";
import { createWake } from "./wake.ts";

/**
 * Connects to an app that is deployed.
 * @throws NotFoundError when there is no such environment or app; WindlassError when AWS refuses
 */
export async function startAws(app: string, options: ConnectOptions = {}): Promise<StartedBackend> {
  const environment = options.environment ?? process.env["WINDLASS_ENVIRONMENT"] ?? "default";
  const clients = createClients(options);
  const facts = await readFacts(clients.ssm, environment);
  const backend = createBackend({
    app,
    environment,
    rows: new DynamoRows(clients.dynamo, facts["table-name"]),
    objects: new S3Objects(clients.s3, facts["bucket-name"]),
    queues: new SqsQueues(clients.sqs),
    countMessages: createCount(clients.sqs),
    wake: createWake(clients.lambda, { app, controller: facts["controller-function-arn"] }),
    onError: warnOnce(),
  });
  await backend.functions();
  return backend;
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
