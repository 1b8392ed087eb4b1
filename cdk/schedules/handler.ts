import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { STSClient } from "@aws-sdk/client-sts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { SqsQueues } from "../../lib/aws/sqs-queues.ts";
import { createWake } from "../../lib/aws/wake.ts";
import { createCallId } from "../../lib/ids.ts";
import { log, variable } from "../function-process.ts";
import type { ScheduleEvent } from "./event.ts";
import { fire } from "./fire.ts";
import type { SchedulePorts } from "./ports.ts";
import { createPublish, postJson } from "./publish.ts";
import { watch } from "./watch.ts";

const lambda = new LambdaClient();
const controller = variable("CONTROLLER_NAME");
const ports: SchedulePorts = {
  environment: variable("ENVIRONMENT"),
  rows: new DynamoRows(new DynamoDBClient(), variable("TABLE_NAME")),
  objects: new S3Objects(new S3Client(), variable("BUCKET_NAME")),
  queues: new SqsQueues(new SQSClient({ useQueueUrlAsEndpoint: false })),
  wake: (app, pools) => createWake(lambda, { app, controller })(pools),
  publish: createPublish(new STSClient()),
  post: postJson,
  now: Date.now,
  createCallId: () => createCallId(),
  log,
};

/** The Lambda function that begins scheduled runs and looks after them. */
export async function handler(event: ScheduleEvent): Promise<void> {
  if (event.kind === "watch") {
    await watch(event.app, ports);
    return;
  }
  const { app, function: name, scheduledAt } = event;
  const outcome = await fire(event, ports);
  log({ event: "schedule-fired", app, function: name, scheduledAt, outcome });
}
