import { execFile } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import {
  CloudFormationClient,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { SSMClient } from "@aws-sdk/client-ssm";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { type Facts, readFacts } from "../../lib/aws/environment.ts";
import { deploymentKey } from "../../lib/aws/keys.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import { type Outcome, windlass } from "../cli/cli.ts";
import { aws } from "./aws.ts";
import { environmentFor } from "./harness.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const CDK = join(
  dirname(createRequire(import.meta.url).resolve("aws-cdk/package.json")),
  "bin/cdk",
);

export const cloudFormation: CloudFormationClient = new CloudFormationClient(aws);
export const s3: S3Client = new S3Client({ ...aws, forcePathStyle: true });
const dynamo = new DynamoDBClient(aws);

/** What leads a program to the emulator. */
export const AWS_ENV: NodeJS.ProcessEnv = environmentFor(aws);

/** Runs `windlass` on the emulator. */
export function onAws(
  root: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  return windlass(root, args, { ...AWS_ENV, ...env });
}

/** Runs the pinned CDK on the emulator, in this repository. */
export async function cdk(args: readonly string[]): Promise<void> {
  const env = { ...process.env, ...AWS_ENV, CDK_DISABLE_VERSION_CHECK: "1", CI: "1" };
  // Where it keeps the emulator's zones.
  const context = join(REPOSITORY, "cdk.context.json");
  const wasThere = existsSync(context);
  try {
    await promisify(execFile)(process.execPath, [CDK, ...args], { cwd: REPOSITORY, env });
  } finally {
    if (!wasThere) rmSync(context, { force: true });
  }
}

/** What an environment tells about itself, and its table. */
export async function environmentOf(name: string): Promise<{ facts: Facts; rows: Rows }> {
  const facts = await readFacts(new SSMClient(aws), name);
  return { facts, rows: new DynamoRows(dynamo, facts["table-name"]) };
}

export async function deploymentOf(rows: Rows, app: string): Promise<DeploymentRow | undefined> {
  return (await rows.get<DeploymentRow>(deploymentKey(app)))?.body;
}

export async function textOf(bucket: string, key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await Body?.transformToString()) ?? "";
}

/** Keys of the objects of a bucket that begin so. */
export async function keysOf(bucket: string, prefix: string): Promise<string[]> {
  const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  return (page.Contents ?? []).map(({ Key = "" }) => Key);
}

/** All that CloudFormation has done to a stack. */
export async function eventsOf(stack: string): Promise<number> {
  const asked = new DescribeStackEventsCommand({ StackName: stack });
  return (await cloudFormation.send(asked)).StackEvents?.length ?? 0;
}

/** The status of a stack; undefined when there is none. */
export async function statusOf(stack: string): Promise<string | undefined> {
  try {
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stack }));
    return Stacks?.[0]?.StackStatus;
  } catch (error) {
    if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
}

/** Service Quotas, which the emulator lacks: so many vCPUs for each quota that is asked for. */
export async function serviceQuotas(
  values: Readonly<Record<string, number>>,
): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { QuotaCode } = JSON.parse(Buffer.concat(chunks).toString()) as { QuotaCode: string };
      response.setHeader("content-type", "application/x-amz-json-1.1");
      response.end(JSON.stringify({ Quota: { QuotaCode, Value: values[QuotaCode] } }));
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
