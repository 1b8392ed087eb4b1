import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, onTestFinished } from "vitest";
import { AwsBackend } from "../../lib/aws/aws-backend.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { deploymentKey } from "../../lib/aws/keys.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { SqsQueues } from "../../lib/aws/sqs-queues.ts";
import { App, FunctionCall } from "../../lib/index.ts";
import { runtime } from "../../lib/runtime.ts";
import { QueueLeaseSource } from "../../runtime-shim/agent/queue-lease-source.ts";
import { Doubling } from "../aws/doubling.ts";
import { NO_STORES } from "../aws/no-stores.ts";
import { aws, awsTest, unique } from "./aws.ts";
import { createTable } from "./table.ts";

/** What is deployed of an app, without its template: table, bucket, queue, row and manifest. */
async function deployByHand(app: string) {
  const [dynamo, s3] = [new DynamoDBClient(aws), new S3Client({ ...aws, forcePathStyle: true })];
  const [table, bucket] = [unique("table"), unique("bucket")];
  await createTable(dynamo, table);
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const rows = new DynamoRows(dynamo, table);
  const objects = new S3Objects(s3, bucket);
  const queues = new SqsQueues(new SQSClient(aws));
  const queueUrl = await queues.create(unique("inputs"), 3600);
  onTestFinished(() => queues.remove(queueUrl));
  const manifestKey = `manifests/${app}/1.json`;
  await objects.put(manifestKey, JSON.stringify({ app, functions: { double: { queueUrl } } }));
  await rows.put(deploymentKey(app), { number: 1, manifestKey, removed: {} }, 0);
  return { app, rows, objects, queues, queueUrl };
}

type Deployed = Awaited<ReturnType<typeof deployByHand>>;

function connect({ app, rows, objects, queues }: Deployed): AwsBackend {
  const backend = new AwsBackend({
    ...{ app, rows, objects, queues },
    environment: "test",
    stores: NO_STORES,
    countMessages: async () => 0,
    wake: async () => {},
    sessionId: unique("s"),
    wallClock: Date.now,
    now: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    onError: (error) => {
      throw error;
    },
  });
  runtime.backends.set(app, backend);
  onTestFinished(async () => {
    runtime.backends.delete(app);
    await backend.close();
  });
  return backend;
}

/** Its last long poll ends with its queue. */
function container({ rows, objects, queues, queueUrl }: Deployed): void {
  const source: QueueLeaseSource = new QueueLeaseSource({
    store: { rows, objects, now: Date.now },
    ...{ queues, queueUrl, deadLetterQueueUrl: "" },
    containerId: unique("ct"),
    deployment: 1,
    leases: "whole",
    onNewer: () => {},
    onShared: () => {},
    mayScaleOut: () => false,
    onError: () => {},
  });
  source.available(new Doubling(() => source));
}

describe("a deployed app on the services of AWS", () => {
  const app = new App(unique("app"));
  const double = app.function("double", (value: number) => value * 2);
  const shout = app.function("shout", (text: string) => text.toUpperCase());

  awsTest("answers single calls, maps and spawned calls", async () => {
    const deployed = await deployByHand(app.name);
    connect(deployed);
    container(deployed);
    expect(await double.remote(21)).toBe(42);
    expect(await Promise.all([1, 2, 3].map((value) => double.remote(value)))).toEqual([2, 4, 6]);
    const inputs = Array.from({ length: 10_000 }, (_, index) => index);
    let next = 0;
    for await (const output of double.map(inputs)) {
      expect(output).toBe(2 * next);
      next += 1;
    }
    expect(next).toBe(10_000);
    const spawned = await double.spawnMap(inputs);
    const call = FunctionCall.fromId<typeof double>(spawned.id);
    let sum = 0;
    for await (const output of call.iter()) sum += output;
    expect(sum).toBe(10_000 * 9999);
    await expect(shout.remote("x")).rejects.toMatchObject({ code: "WINDLASS_FUNCTION_NOT_FOUND" });
  });
});
