import { type CloudWatchLogsClient, DeleteLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  type AttributeValue,
  BatchWriteItemCommand,
  type DynamoDBClient,
  paginateScan,
} from "@aws-sdk/client-dynamodb";
import { DeleteObjectsCommand, paginateListObjectsV2, type S3Client } from "@aws-sdk/client-s3";
import { DeleteQueueCommand, paginateListQueues, type SQSClient } from "@aws-sdk/client-sqs";
import { onAws } from "../aws-error.ts";

/** DynamoDB takes 25 writes a request [BatchWriteItem]. */
const BATCH_ROWS = 25;

type Key = Record<string, AttributeValue>;

/** Deletes all objects of a bucket whose keys begin so. */
export async function deleteObjects(
  client: S3Client,
  bucket: string,
  prefix: string,
): Promise<void> {
  await onAws(`delete objects of bucket "${bucket}"`, async () => {
    const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix });
    for await (const { Contents = [] } of pages) {
      const Objects = Contents.flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]));
      if (Objects.length === 0) continue;
      await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
    }
  });
}

/** Deletes all rows of an app. Reads the whole table: the rows of a call have a partition of their own. */
export async function deleteRows(
  client: DynamoDBClient,
  table: string,
  app: string,
): Promise<number> {
  return await onAws(`delete rows of table "${table}"`, async () => {
    let deleted = 0;
    const pages = paginateScan(
      { client },
      {
        TableName: table,
        ProjectionExpression: "pk, sk",
        FilterExpression: "begins_with(pk, :app)",
        ExpressionAttributeValues: { ":app": { S: `${app}#` } },
      },
    );
    for await (const { Items = [] } of pages) {
      for (let start = 0; start < Items.length; start += BATCH_ROWS) {
        await deleteBatch(client, table, Items.slice(start, start + BATCH_ROWS));
      }
      deleted += Items.length;
    }
    return deleted;
  });
}

async function deleteBatch(client: DynamoDBClient, table: string, keys: readonly Key[]) {
  let left = keys.map((key) => ({ DeleteRequest: { Key: key } }));
  while (left.length > 0) {
    const { UnprocessedItems = {} } = await client.send(
      new BatchWriteItemCommand({ RequestItems: { [table]: left } }),
    );
    // What was left out for want of capacity.
    left = (UnprocessedItems[table] ?? []) as typeof left;
  }
}

/** Deletes queues whose names begin so: those that clients made for replies and for parameter sets. */
export async function deleteQueues(client: SQSClient, QueueNamePrefix: string): Promise<number> {
  return await onAws("delete queues", async () => {
    const urls: string[] = [];
    for await (const page of paginateListQueues({ client }, { QueueNamePrefix })) {
      urls.push(...(page.QueueUrls ?? []));
    }
    for (const QueueUrl of urls) await client.send(new DeleteQueueCommand({ QueueUrl }));
    return urls.length;
  });
}

export async function deleteLogGroups(
  client: CloudWatchLogsClient,
  names: readonly string[],
): Promise<void> {
  await onAws("delete log groups", async () => {
    for (const logGroupName of names) {
      await client.send(new DeleteLogGroupCommand({ logGroupName }));
    }
  });
}
