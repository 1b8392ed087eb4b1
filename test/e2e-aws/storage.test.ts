import { beforeAll, describe } from "vitest";
import { describeDicts } from "../storage/dict-suite.ts";
import type { StorageLab } from "../storage/lab.ts";
import { describeQueues } from "../storage/queue-suite.ts";
import { describeSecrets } from "../storage/secret-suite.ts";
import { describeVolumeFolders } from "../storage/volume-folder-suite.ts";
import { describeVolumes } from "../storage/volume-suite.ts";
import { aws } from "./aws.ts";
import { type AwsPlace, createPlace, storesOf } from "./storage-lab.ts";

describe.skipIf(aws.credentials.accessKeyId === "none")("what is stored on AWS", () => {
  let place: AwsPlace;

  beforeAll(async () => {
    place = await createPlace();
  });

  async function open(): Promise<StorageLab> {
    let now = Date.now();
    const stores = () => storesOf(place, () => now);
    return {
      stores: stores(),
      another: async () => stores(),
      age: (ms) => {
        now += ms;
      },
    };
  }

  describeDicts("on AWS", open);
  describeQueues("kept by SQS", open, "sqs");
  describeQueues("kept by DynamoDB", open, "dynamodb");
  describeSecrets("in parameters", open, "ssm");
  describeSecrets("in Secrets Manager", open, "secretsmanager");
  describeVolumes("on AWS", open);
  describeVolumeFolders("on AWS", open);
});
