import { StoredBuckets } from "../../storage/buckets/stored-buckets.ts";
import type { Stores } from "../../storage/stores.ts";
import { ChunkedVolumes } from "../../storage/volumes/chunked-volumes.ts";
import { ObjectsWithVolumes } from "../../storage/volumes/objects-with-volumes.ts";
import type { AwsClients } from "../clients.ts";
import { AwsDicts } from "./aws-dicts.ts";
import { AwsObjects } from "./aws-objects.ts";
import { AwsQueues } from "./aws-queues.ts";
import { AwsSecrets } from "./aws-secrets.ts";
import { Blobs } from "./blobs.ts";
import { S3Bytes } from "./s3-bytes.ts";
import { StorageTable } from "./storage-table.ts";

export interface AwsStoresOptions {
  readonly clients: Pick<AwsClients, "dynamo" | "s3" | "ssm">;
  readonly environment: string;
  readonly table: string;
  readonly bucket: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Dicts, queues, secrets and volumes of an environment. */
export function createStores(options: AwsStoresOptions): Stores {
  const { clients, environment, table: name, bucket, now } = options;
  const table = new StorageTable(clients.dynamo, name);
  const blobs = new Blobs(clients.s3, bucket);
  const objects = new AwsObjects(table, now);
  const volumes = new ChunkedVolumes({ bytes: new S3Bytes(clients.s3, bucket), objects, now });
  const secrets = new AwsSecrets(clients.ssm, environment, objects);
  return {
    objects: new ObjectsWithVolumes(objects, volumes),
    dicts: new AwsDicts({ table, blobs, objects }, now),
    queues: new AwsQueues({ table, blobs, objects }, now),
    secrets,
    volumes,
    buckets: new StoredBuckets(secrets),
  };
}
