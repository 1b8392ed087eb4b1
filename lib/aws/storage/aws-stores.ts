import type { ObjectStore, Stores } from "../../storage/stores.ts";
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

/** Dicts, queues and secrets of an environment. */
export function createStores(options: AwsStoresOptions): Stores {
  const { clients, environment, table: name, bucket, now } = options;
  const table = new StorageTable(clients.dynamo, name);
  const blobs = new Blobs(clients.s3, bucket);
  const objects = new AwsObjects(table, now);
  const managed = new ManagedSecrets(clients.secrets);
  const fifo = new FifoQueues(clients.sqs);
  const rows = new DynamoRows(clients.dynamo, name);
  const partitions = new PartitionQueues({ rows, objects, fifo, environment }, now);
  return {
    objects: withPartitions(objects, partitions),
    dicts: new AwsDicts({ table, blobs, objects }, now),
    queues: new AwsQueues({
      objects,
      sqs: new SqsQueueStore({ fifo, partitions, blobs }),
      rows: new RowQueues({ table, blobs, objects }, now),
    }),
    secrets: new AwsSecrets({ ssm: clients.ssm, managed }, environment, objects),
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
