import { StoredBuckets } from "../../storage/buckets/stored-buckets.ts";
import type { ObjectStore, Stores } from "../../storage/stores.ts";
import { ChunkedVolumes } from "../../storage/volumes/chunked-volumes.ts";
import { ObjectsWithVolumes } from "../../storage/volumes/objects-with-volumes.ts";
import type { AwsClients } from "../clients.ts";
import { DynamoRows } from "../dynamo-rows.ts";
import { AwsDicts } from "./aws-dicts.ts";
import { AwsObjects } from "./aws-objects.ts";
import { AwsQueues } from "./aws-queues.ts";
import { AwsSecrets } from "./aws-secrets.ts";
import { Blobs } from "./blobs.ts";
import { FifoQueues } from "./fifo-queues.ts";
import { ManagedSecrets } from "./managed-secrets.ts";
import { PartitionQueues } from "./partition-queues.ts";
import { RowQueues } from "./row-queues.ts";
import { S3Bytes } from "./s3-bytes.ts";
import { SqsQueueStore } from "./sqs-queues.ts";
import { StorageTable } from "./storage-table.ts";

export interface AwsStoresOptions {
  readonly clients: Pick<AwsClients, "dynamo" | "s3" | "sqs" | "ssm" | "secrets">;
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
  const managed = new ManagedSecrets(clients.secrets);
  const fifo = new FifoQueues(clients.sqs);
  const rows = new DynamoRows(clients.dynamo, name);
  const partitions = new PartitionQueues({ rows, objects, fifo, environment }, now);
  const volumes = new ChunkedVolumes({ bytes: new S3Bytes(clients.s3, bucket), objects, now });
  const secrets = new AwsSecrets({ ssm: clients.ssm, managed }, environment, objects);
  return {
    objects: withPartitions(new ObjectsWithVolumes(objects, volumes), partitions),
    dicts: new AwsDicts({ table, blobs, objects }, now),
    queues: new AwsQueues({
      objects,
      sqs: new SqsQueueStore({ fifo, partitions, blobs }),
      rows: new RowQueues({ table, blobs, objects }, now),
    }),
    secrets,
    volumes,
    buckets: new StoredBuckets(secrets),
  };
}

/** Objects with which the queues of SQS go that keep them. */
function withPartitions(objects: ObjectStore, partitions: PartitionQueues): ObjectStore {
  return {
    create: (...given) => objects.create(...given),
    find: (...given) => objects.find(...given),
    list: (...given) => objects.list(...given),
    async delete(kind, name) {
      const isDeleted = await objects.delete(kind, name);
      // Also where there is none: who removed it may have died before its queues were gone.
      if (kind === "queue") await partitions.removeAll(name);
      return isDeleted;
    },
  };
}
