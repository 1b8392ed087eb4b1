import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { AwsConnection, ConnectOptions } from "../client/connection.ts";
import { createContainerId } from "../ids.ts";
import { AwsBackend } from "./aws-backend.ts";
import { onAws } from "./aws-error.ts";
import { createClients } from "./clients.ts";
import { DynamoRows } from "./dynamo-rows.ts";
import { readFacts } from "./environment.ts";
import { S3Objects } from "./s3-objects.ts";
import { SqsQueues } from "./sqs-queues.ts";

/** A name of 16 random letters and digits. */
const SESSION_CHARS = 16;

/**
 * Connects to an app that is deployed.
 * @throws NotFoundError when there is no such environment or app; WindlassError when AWS refuses
 */
export async function startAws(app: string, options: ConnectOptions = {}): Promise<AwsConnection> {
  const environment = options.environment ?? process.env["WINDLASS_ENVIRONMENT"] ?? "default";
  const clients = createClients(options);
  const facts = await readFacts(clients.ssm, environment);
  const controller = facts["controller-function-arn"];
  const backend = new AwsBackend({
    app,
    environment,
    rows: new DynamoRows(clients.dynamo, facts["table-name"]),
    objects: new S3Objects(clients.s3, facts["bucket-name"]),
    queues: new SqsQueues(clients.sqs),
    wake: (pools) =>
      onAws(`wake the controller of environment "${environment}"`, async () => {
        const event = { kind: "wake", app, pools };
        const Payload = Buffer.from(JSON.stringify(event));
        await clients.lambda.send(
          new InvokeCommand({ FunctionName: controller, InvocationType: "Event", Payload }),
        );
      }),
    sessionId: createContainerId().slice(-SESSION_CHARS),
    wallClock: Date.now,
    now: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
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
