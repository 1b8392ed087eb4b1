import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { App, resolveSpec } from "windlass";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { readFacts } from "../../lib/aws/environment.ts";
import type { Fact } from "../../lib/aws/facts.ts";
import { callKey, deploymentKey } from "../../lib/aws/keys.ts";
import { tempProject, writeFiles } from "../bundle/temp-project.ts";
import { APP, service } from "../serverless/service.ts";
import { aws, awsTest, unique } from "./aws.ts";
import { deploymentOf } from "./deployed.ts";
import { environmentFor } from "./harness.ts";

const MAIN = resolve(import.meta.dirname, "../../dist/cdk/main.js");
const CDK = join(createRequire(import.meta.url).resolve("aws-cdk/package.json"), "../bin/cdk");
const ENVIRONMENT = unique("sls");

const env = {
  ...environmentFor(aws),
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  CDK_DISABLE_VERSION_CHECK: "1",
  CI: "1",
};

/** Runs the CDK's command line on the constructs, in a folder that takes what it leaves. */
async function cdk(cwd: string, ...args: readonly string[]): Promise<void> {
  const { PATH = "" } = process.env;
  const options = { cwd, env: { PATH, HOME: cwd, ...env } };
  const app = ["--app", `${process.execPath} ${MAIN}`, "-c", `environment=${ENVIRONMENT}`];
  await promisify(execFile)(process.execPath, [CDK, ...args, ...app], options);
}

/** What a removed environment keeps. */
async function removeData(table: string, bucket: string): Promise<void> {
  await new DynamoDBClient(aws).send(new DeleteTableCommand({ TableName: table }));
  const s3 = new S3Client(aws);
  for (const Key of await keysIn(bucket, "")) {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  }
  await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
}

async function fact(name: Fact): Promise<string> {
  return (await readFacts(new SSMClient(aws), ENVIRONMENT))[name];
}

async function keysIn(bucket: string, prefix: string): Promise<string[]> {
  const found = await new S3Client(aws).send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
  );
  return (found.Contents ?? []).map(({ Key = "" }) => Key);
}

async function queuesOf(stack: string): Promise<readonly string[]> {
  const found = await new SQSClient(aws).send(new ListQueuesCommand({ QueueNamePrefix: stack }));
  return found.QueueUrls ?? [];
}

/** The URI of an image for the only image that there is. */
function images(): Record<string, string> {
  const app = new App("media");
  app.function("resize", () => 1);
  return { [resolveSpec(app).images[0]?.hash ?? ""]: "debian:bookworm-slim" };
}

describe("a service on the emulator", () => {
  beforeAll(async () => {
    if (inject("aws") === null) return;
    const folder = tempProject({}, afterAll);
    await cdk(folder, "deploy", "--require-approval", "never");
    const data = [await fact("table-name"), await fact("bucket-name")] as const;
    return async () => {
      await cdk(folder, "destroy", "--force");
      await removeData(...data);
    };
  }, 120_000);

  awsTest(
    "is deployed with its app, again with other code, rolled back, and removed without a trace",
    async () => {
      const name = unique("shop");
      const windlass = { app: "./gpu/app.ts", environment: ENVIRONMENT, images: images() };
      const shop = service({ service: name, windlass }, {}, env);
      const rows = new DynamoRows(new DynamoDBClient(aws), await fact("table-name"));
      const staging = `cdk-hnb659fds-assets-000000000000-${aws.region}`;

      const deployed = await shop.sls("deploy");

      expect(deployed.stdout).toContain(
        `media-dev (environment ${ENVIRONMENT}, deployment 1): resize, thumb`,
      );
      expect((await queuesOf(`${name}-dev-`)).length).toBe(3);

      const first = await deploymentOf(rows, "media-dev");
      writeFiles(shop.folder, { "gpu/app.ts": APP.replace("* 2", "* 3") });
      await shop.sls("deploy");

      expect((await shop.sls("info")).stdout).toContain("deployment 2): resize, thumb");
      // Both bundles: a rollback finds the first.
      const bundles = await keysIn(staging, `windlass/${name}-dev/`);
      expect(bundles.filter((key) => key.endsWith(".mjs")).length).toBe(2);

      const { stdout: listed } = await shop.sls("deploy", "list");
      const [, timestamp = ""] = /Timestamp: (\d+)/.exec(listed) ?? [];
      await shop.sls("rollback", "--timestamp", timestamp);

      expect(await deploymentOf(rows, "media-dev")).toMatchObject({
        ...{ number: 3, codeHash: first?.codeHash },
      });

      const call = callKey("media-dev", "fc-1");
      await rows.put(call, {}, 0);
      await shop.sls("remove");

      expect(await rows.get(deploymentKey("media-dev"))).toBeUndefined();
      expect(await rows.get(call)).toBeUndefined();
      expect(await queuesOf(`${name}-dev-`)).toEqual([]);
      expect(await keysIn(staging, `windlass/${name}-dev/`)).toEqual([]);
      expect(await keysIn(await fact("bucket-name"), "")).toEqual([]);
    },
    180_000,
  );

  awsTest(
    "is not deployed where there is no environment, or no image",
    async () => {
      const name = unique("shop");
      const missing = { app: "./gpu/app.ts", environment: unique("none"), images: images() };
      const nowhere = service({ service: name, windlass: missing }, {}, env);
      const bare = { app: "./gpu/app.ts", environment: ENVIRONMENT };
      const imageless = service({ service: name, windlass: bare }, {}, env);

      expect(await nowhere.slsFails("deploy")).toMatch(
        /\[WINDLASS_NOT_BOOTSTRAPPED\].*\n.*bootstrap/,
      );
      expect(await imageless.slsFails("deploy")).toContain("[WINDLASS_IMAGE_MISSING]");
      expect(await queuesOf(`${name}-dev-`)).toEqual([]);
    },
    120_000,
  );
});
