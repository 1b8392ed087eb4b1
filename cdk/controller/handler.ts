import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ECSClient } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createBackend } from "../../lib/aws/create-backend.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { BusSink, EventBridgeBus } from "../../lib/aws/event-bus.ts";
import { limitOf } from "../../lib/aws/facts.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { createCount, SqsDemand } from "../../lib/aws/sqs-demand.ts";
import { SqsQueues } from "../../lib/aws/sqs-queues.ts";
import type { Stores } from "../../lib/storage/stores.ts";
import { log, variable } from "../function-process.ts";
import { Apps } from "./apps.ts";
import { callWithEvent } from "./call-with-event.ts";
import { type ControlRequest, control, type Outcome } from "./control.ts";
import type { Controller } from "./controller.ts";
import { Ec2Fleet } from "./ec2-fleet.ts";
import { EcsCluster } from "./ecs-cluster.ts";
import { ElbBalancer } from "./elb-balancer.ts";
import { type ControllerEvent, toRequest } from "./event.ts";
import { S3StoredObjects } from "./s3-stored-objects.ts";

// AWS slows down whoever asks too much; all requests of a client then slow down together.
const config = { retryMode: "adaptive", maxAttempts: 5 };
const sqs = new SQSClient(config);
const queues = new SqsQueues(sqs);
const events = new BusSink({
  bus: new EventBridgeBus(new EventBridgeClient(config), variable("ENVIRONMENT")),
  after: (ms, run) => void setTimeout(run, ms).unref(),
  onDropped: (dropped, reason) => log({ event: "events-dropped", dropped, why: String(reason) }),
});
const controller: Controller = createController();

/** The Lambda function that starts and ends containers and hosts. */
export async function handler(event: ControllerEvent): Promise<Outcome> {
  const startedAt = Date.now();
  try {
    const outcome = await control(await requestOf(event), controller);
    log({ event: "controlled", ...outcome, ms: Date.now() - startedAt });
    return outcome;
  } finally {
    // Between invocations nothing runs.
    await events.flush();
  }
}

/** Functions that hear of an event are called, and then planned for. */
async function requestOf(event: ControllerEvent): Promise<ControlRequest> {
  if (!("kind" in event) || event.kind !== "event") return toRequest(event);
  const { app } = event;
  const { rows, objects } = controller.ports;
  const backend = createBackend({
    ...{ app, environment: controller.settings.environment, rows, objects, queues },
    countMessages: createCount(sqs),
    // Nothing here asks for stores; the pass that follows is the wake.
    ...{ stores: {} as Stores, wake: async () => {} },
    onError: (error) => log({ event: "failed", at: "call-with-event", error: String(error) }),
  });
  try {
    return { kind: "wake", app, pools: await callWithEvent(event, backend) };
  } finally {
    await backend.close();
  }
}

function createController(): Controller {
  const environment = variable("ENVIRONMENT");
  const table = variable("TABLE_NAME");
  const bucket = variable("BUCKET_NAME");
  const s3 = new S3Client(config);
  return {
    ports: {
      rows: new DynamoRows(new DynamoDBClient(config), table),
      objects: new S3Objects(s3, bucket),
      stored: new S3StoredObjects(s3, bucket),
      queues: new SqsDemand(sqs),
      cluster: new EcsCluster(new ECSClient(config), variable("CLUSTER_NAME")),
      fleet: new Ec2Fleet({
        client: new EC2Client(config),
        environment,
        launchTemplateId: variable("LAUNCH_TEMPLATE_ID"),
        subnetIds: variable("SUBNET_IDS").split(","),
      }),
      balancer: new ElbBalancer(new ElasticLoadBalancingV2Client(config)),
      now: Date.now,
      sleep: (ms) => pause(ms),
      createId: () => randomUUID(),
      log,
      events,
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
