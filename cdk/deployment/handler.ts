import { setTimeout as pause } from "node:timers/promises";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3 } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { BusSink, EventBridgeBus } from "../../lib/aws/event-bus.ts";
import { SqsDemand } from "../../lib/aws/sqs-demand.ts";
import { createWake } from "../../lib/aws/wake.ts";
import { ExecutionError } from "../../lib/errors.ts";
import { variable } from "../function-process.ts";
import { toAnswer } from "./answer.ts";
import { type DeploymentPorts, runDeployment } from "./deployment.ts";
import type { DeploymentRequest } from "./request.ts";
import { S3Objects } from "./s3-objects.ts";

const lambda = new LambdaClient();
const environment = process.env["ENVIRONMENT"];
/** Environments of before there were events have no bus. */
const events =
  environment === undefined
    ? undefined
    : new BusSink({
        bus: new EventBridgeBus(new EventBridgeClient(), environment),
        after: (ms, run) => void setTimeout(run, ms).unref(),
        onDropped: (dropped, reason) =>
          process.stderr.write(`${dropped} events are lost: ${String(reason)}\n`),
      });
const ports: DeploymentPorts = {
  events,
  rows: new DynamoRows(new DynamoDBClient(), variable("TABLE_NAME")),
  objects: new S3Objects(new S3(), variable("BUCKET_NAME")),
  queues: new SqsDemand(new SQSClient()),
  isRollback,
  wake: (app, pools) => createWake(lambda, { app, controller: variable("CONTROLLER_NAME") })(pools),
  onError: (error) => process.stderr.write(`${String(error)}\n`),
  clock: { now: Date.now, sleep: (ms) => pause(ms) },
};

/** The Lambda function that answers the custom resources of apps. CloudFormation waits until it is told. */
export async function handler(request: DeploymentRequest): Promise<void> {
  const failure = await runDeployment(request, ports).then(
    () => undefined,
    (error: unknown) => error ?? "unknown failure",
  );
  if (failure !== undefined) process.stderr.write(`${String(failure)}\n`);
  await Promise.all([answer(request, failure), events?.flush()]);
}

async function answer(request: DeploymentRequest, failure: unknown): Promise<void> {
  const body = toAnswer(request, failure);
  // Signed for no content type.
  const response = await fetch(request.ResponseURL, {
    method: "PUT",
    body,
    headers: { "content-type": "" },
  });
  if (response.ok) return;
  const message = `CloudFormation refused the answer with status ${response.status}`;
  const hint = "look at the stack's events; Lambda tries again";
  throw new ExecutionError("WINDLASS_ANSWER_REFUSED", message, { hint });
}

async function isRollback(stackId: string): Promise<boolean> {
  const described = await new CloudFormationClient().send(
    new DescribeStacksCommand({ StackName: stackId }),
  );
  return /ROLLBACK/.test(described.Stacks?.[0]?.StackStatus ?? "");
}
