import {
  DeleteTableCommand,
  DescribeTableCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb";
import { DeleteBucketCommand, NoSuchBucket } from "@aws-sdk/client-s3";
import { onAws } from "../aws-error.ts";
import type { AwsClients } from "../clients.ts";
import { deleteObjects } from "./delete-data.ts";
import { type StoredData, storedObjects, toStored } from "./stored-data.ts";

/** What an environment's stack leaves when it is removed. */
export interface Stores {
  readonly bucket: string;
  readonly table: string;
}

type Clients = Pick<AwsClients, "dynamo" | "s3">;

/** How much is in bucket and table, which stay even when they are empty. */
export async function measureStores(
  { dynamo, s3 }: Clients,
  { bucket, table }: Stores,
): Promise<readonly StoredData[]> {
  const [objects, rows] = await Promise.all([
    storedObjects(s3, bucket, [""]),
    onAws(`look at table "${table}"`, () =>
      dynamo.send(new DescribeTableCommand({ TableName: table })),
    ),
  ]);
  const bytes = objects.reduce((sum, stored) => sum + stored.bytes, 0);
  return [
    toStored("objects", `s3://${bucket}`, bytes),
    toStored("rows", table, rows.Table?.TableSizeBytes ?? 0),
  ];
}

/** Deletes bucket and table with all that is in them. */
export async function deleteStores(
  { dynamo, s3 }: Clients,
  { bucket, table }: Stores,
): Promise<void> {
  await deleteObjects(s3, bucket, "");
  await onAws(`delete bucket "${bucket}"`, async () => {
    try {
      await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
    } catch (error) {
      if (!(error instanceof NoSuchBucket)) throw error;
    }
  });
  await onAws(`delete table "${table}"`, async () => {
    try {
      await dynamo.send(new DeleteTableCommand({ TableName: table }));
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
  });
}
