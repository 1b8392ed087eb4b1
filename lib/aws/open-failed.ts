import type { ConnectOptions } from "../client/connect-options.ts";
import type { StartedBackend } from "../client/started-backend.ts";
import type { FailedInputsPlace } from "../failed/failed-entry.ts";
import { createClients } from "./clients.ts";
import { Deployments } from "./deployments.ts";
import { DynamoRows } from "./dynamo-rows.ts";
import { environmentOf, readFacts } from "./environment.ts";
import { FailedQueue } from "./failed-queue.ts";
import { S3Objects } from "./s3-objects.ts";
import { SqsQueues } from "./sqs-queues.ts";
import { startAws } from "./start.ts";

/** The failed inputs of a deployed app, and what runs them again. */
export interface DeployedFailures {
  readonly place: FailedInputsPlace;
  /** Connects to the app. @throws NotFoundError */
  startBackend(): Promise<StartedBackend>;
}

/**
 * The failed inputs of a deployed app.
 * @throws NotFoundError when there is no such environment or app; WindlassError when AWS refuses
 */
export async function openFailedInputs(
  app: string,
  options: ConnectOptions = {},
): Promise<DeployedFailures> {
  const clients = createClients(options);
  const environment = environmentOf(options);
  const facts = await readFacts(clients.ssm, environment);
  const rows = new DynamoRows(clients.dynamo, facts["table-name"]);
  const objects = new S3Objects(clients.s3, facts["bucket-name"]);
  const deployments = new Deployments({ app, environment, rows, objects, now: Date.now });
  const { manifest } = await deployments.current();
  const queues = new SqsQueues(clients.sqs);
  const { deadLetterQueueUrl: queueUrl } = manifest;
  return {
    place: new FailedQueue({ app, queues, queueUrl, objects }),
    startBackend: () => startAws(app, options),
  };
}
