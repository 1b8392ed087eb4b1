import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3 } from "@aws-sdk/client-s3";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { ExecutionError } from "../../lib/errors.ts";
import { toAnswer } from "./answer.ts";
import { runDeployment } from "./deployment.ts";
import type { DeploymentRequest } from "./request.ts";
import { S3Objects } from "./s3-objects.ts";

const rows: DynamoRows = new DynamoRows(new DynamoDBClient(), variable("TABLE_NAME"));
const objects: S3Objects = new S3Objects(new S3(), variable("BUCKET_NAME"));

/** The Lambda function that answers the custom resources of apps. CloudFormation waits until it is told. */
export async function handler(request: DeploymentRequest): Promise<void> {
  const failure = await runDeployment(request, { rows, objects, now: Date.now }).then(
    () => undefined,
    (error: unknown) => error ?? "unknown failure",
  );
  if (failure !== undefined) process.stderr.write(`${String(failure)}\n`);
  await answer(request, failure);
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

function variable(name: string): string {
  const value = process.env[name];
  if (value !== undefined) return value;
  const message = `the environment variable ${name} is not set`;
  const hint = "deploy the environment again";
  throw new ExecutionError("WINDLASS_MISCONFIGURED_FUNCTION", message, { hint });
}
