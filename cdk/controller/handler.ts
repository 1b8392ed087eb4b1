import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ECSClient } from "@aws-sdk/client-ecs";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { limitOf } from "../../lib/aws/facts.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { SqsDemand } from "../../lib/aws/sqs-demand.ts";
import { ExecutionError } from "../../lib/errors.ts";
import { Apps } from "./apps.ts";
import { control, type Outcome } from "./control.ts";
import type { Controller } from "./controller.ts";
import { Ec2Fleet } from "./ec2-fleet.ts";
import { EcsCluster } from "./ecs-cluster.ts";
import { type ControllerEvent, toRequest } from "./event.ts";
import { S3StoredObjects } from "./s3-stored-objects.ts";

const controller: Controller = createController();

/** The Lambda function that starts and ends containers and hosts. */
export async function handler(event: ControllerEvent): Promise<Outcome> {
  const startedAt = Date.now();
  const outcome = await control(toRequest(event), controller);
  log({ event: "controlled", ...outcome, ms: Date.now() - startedAt });
  return outcome;
}

function createController(): Controller {
  const environment = variable("ENVIRONMENT");
  const table = variable("TABLE_NAME");
  const bucket = variable("BUCKET_NAME");
  // AWS slows down whoever asks too much; all requests of a client then slow down together.
  const config = { retryMode: "adaptive", maxAttempts: 5 };
  const s3 = new S3Client(config);
  return {
    ports: {
      rows: new DynamoRows(new DynamoDBClient(config), table),
      objects: new S3Objects(s3, bucket),
      stored: new S3StoredObjects(s3, bucket),
      queues: new SqsDemand(new SQSClient(config)),
      cluster: new EcsCluster(new ECSClient(config), variable("CLUSTER_NAME")),
      fleet: new Ec2Fleet({
        client: new EC2Client(config),
        environment,
        launchTemplateId: variable("LAUNCH_TEMPLATE_ID"),
        subnetIds: variable("SUBNET_IDS").split(","),
      }),
      now: Date.now,
      sleep: (ms) => pause(ms),
      createId: () => randomUUID(),
      log,
    },
    settings: {
      environment,
      table,
      bucket,
      controller: variable("AWS_LAMBDA_FUNCTION_NAME"),
      maxUsdPerHour: Number(variable("MAX_HOURLY_USD")),
      maxHosts: limitOf(process.env["MAX_HOSTS"]),
      maxTotalUsdPerHour: limitOf(process.env["MAX_TOTAL_HOURLY_USD"]),
    },
    apps: new Apps(),
    notices: new Map(),
  };
}

function log(fields: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(fields)}\n`);
}

function variable(name: string): string {
  const value = process.env[name];
  if (value !== undefined) return value;
  throw new ExecutionError(
    "WINDLASS_MISCONFIGURED_FUNCTION",
    `the environment variable ${name} is not set`,
    { hint: "deploy the environment again" },
  );
}
