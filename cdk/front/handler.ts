import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { createCount } from "../../lib/aws/sqs-demand.ts";
import { SqsQueues } from "../../lib/aws/sqs-queues.ts";
import { createWake } from "../../lib/aws/wake.ts";
import { log, variable } from "../function-process.ts";
import { type AlbAnswer, type AlbEvent, toRequest } from "./alb-event.ts";
import { failed } from "./answers.ts";
import { answer } from "./front.ts";
import { openPorts } from "./open-ports.ts";

const [lambda, s3] = [new LambdaClient(), new S3Client()];
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
const ports = openPorts({
  environment: variable("ENVIRONMENT"),
  bucket: variable("BUCKET_NAME"),
  rows: new DynamoRows(new DynamoDBClient(), variable("TABLE_NAME")),
  objects: new S3Objects(s3, variable("BUCKET_NAME")),
  queues: new SqsQueues(sqs),
  countMessages: createCount(sqs),
  s3,
  wakeOf: (app) => createWake(lambda, { app, controller: variable("CONTROLLER_NAME") }),
});

/** The Lambda function that holds requests of functions without containers. */
export async function handler(event: AlbEvent): Promise<AlbAnswer> {
  const { targetGroupArn } = event.requestContext.elb;
  try {
    return await answer(toRequest(event), targetGroupArn, ports);
  } catch (error) {
    log({ event: "failed", at: "front", targetGroupArn, error: String(error) });
    return failed(error);
  }
}
