import type { Stores } from "../../storage/stores.ts";
import type { AwsClients } from "../clients.ts";
import { AwsDicts } from "./aws-dicts.ts";
import { AwsObjects } from "./aws-objects.ts";
import { AwsQueues } from "./aws-queues.ts";
import { AwsSecrets } from "./aws-secrets.ts";
import { Blobs } from "./blobs.ts";
import { StorageTable } from "./storage-table.ts";

export interface AwsStoresOptions {
  readonly clients: Pick<AwsClients, "dynamo" | "s3" | "ssm">;
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
  return {
    objects,
    dicts: new AwsDicts({ table, blobs, objects }, now),
    queues: new AwsQueues({ table, blobs, objects }, now),
    secrets: new AwsSecrets(clients.ssm, environment, objects),
  };
}
