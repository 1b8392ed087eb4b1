import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect } from "vitest";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { describeRows } from "../aws/rows-contract.ts";
import { aws, awsTest, unique } from "./aws.ts";
import { createTable } from "./table.ts";

describe.skipIf(aws.credentials.accessKeyId === "none")("a table of DynamoDB", () => {
  const client = new DynamoDBClient(aws);
  const TableName = unique("rows");

  beforeAll(async () => {
    await createTable(client, TableName);
  });

  describeRows("DynamoDB", () => new DynamoRows(client, TableName));
});

awsTest("objects of S3 are read as they were written, and missing ones are named", async () => {
  const client = new S3Client({ ...aws, forcePathStyle: true });
  const Bucket = unique("objects");
  await client.send(new CreateBucketCommand({ Bucket }));
  const objects = new S3Objects(client, Bucket);
  await objects.put("calls/app/fc-1/out/0-0-a", '["é",1]');
  expect(await objects.get("calls/app/fc-1/out/0-0-a")).toBe('["é",1]');
  await expect(objects.get("calls/app/fc-1/out/1-0-a")).rejects.toMatchObject({
    code: "WINDLASS_OBJECT_MISSING",
    message: expect.stringContaining(Bucket),
  });
});
