import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { SSMClient } from "@aws-sdk/client-ssm";
import { beforeAll, describe } from "vitest";
import { createStores } from "../../lib/aws/storage/aws-stores.ts";
import { describeDicts } from "../storage/dict-suite.ts";
import type { StorageLab } from "../storage/lab.ts";
import { describeQueues } from "../storage/queue-suite.ts";
import { describeSecrets } from "../storage/secret-suite.ts";
import { describeVolumeFolders } from "../storage/volume-folder-suite.ts";
import { describeVolumes } from "../storage/volume-suite.ts";
import { aws, unique } from "./aws.ts";
import { createTable } from "./table.ts";

describe.skipIf(aws.credentials.accessKeyId === "none")("what is stored on AWS", () => {
  const clients = {
    dynamo: new DynamoDBClient(aws),
    s3: new S3Client({ ...aws, forcePathStyle: true }),
    ssm: new SSMClient(aws),
  };
  const environment = unique("storage");
  const [table, bucket] = [unique("storage"), unique("storage")];

  beforeAll(async () => {
    await createTable(clients.dynamo, table);
    await clients.s3.send(new CreateBucketCommand({ Bucket: bucket }));
  });

  async function open(): Promise<StorageLab> {
    let now = Date.now();
    const stores = () => createStores({ clients, environment, table, bucket, now: () => now });
    return {
      stores: stores(),
      another: async () => stores(),
      age: (ms) => {
        now += ms;
      },
    };
  }

  describeDicts("on AWS", open);
  describeQueues("on AWS", open);
  describeSecrets("on AWS", open);
  describeVolumes("on AWS", open);
  describeVolumeFolders("on AWS", open);
});
