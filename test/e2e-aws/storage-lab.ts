import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { createStores } from "../../lib/aws/storage/aws-stores.ts";
import type { Stores } from "../../lib/storage/stores.ts";
import { aws, unique } from "./aws.ts";
import { createTable } from "./table.ts";

/** Clients of the emulator. */
export const clients = {
  dynamo: new DynamoDBClient(aws),
  s3: new S3Client({ ...aws, forcePathStyle: true }),
  sqs: new SQSClient({ ...aws, useQueueUrlAsEndpoint: false }),
  ssm: new SSMClient(aws),
  secrets: async (): Promise<SecretsManagerClient> => new SecretsManagerClient(aws),
};

/** An environment that has a table and a bucket and nothing else. */
export interface AwsPlace {
  readonly environment: string;
  readonly table: string;
  readonly bucket: string;
}

export async function createPlace(): Promise<AwsPlace> {
  const place = {
    environment: unique("storage"),
    table: unique("storage"),
    bucket: unique("store"),
  };
  await createTable(clients.dynamo, place.table);
  await clients.s3.send(new CreateBucketCommand({ Bucket: place.bucket }));
  return place;
}

/** Its stores, which know nothing of what others have read. */
export function storesOf(place: AwsPlace, now: () => number = Date.now): Stores {
  return createStores({ clients, ...place, now });
}
