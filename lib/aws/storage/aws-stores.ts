import type { Stores } from "../../storage/stores.ts";
import type { AwsClients } from "../clients.ts";
import { AwsDicts } from "./aws-dicts.ts";
import { AwsObjects } from "./aws-objects.ts";
import { Blobs } from "./blobs.ts";
import { StorageTable } from "./storage-table.ts";

export interface AwsStoresOptions {
  readonly clients: Pick<AwsClients, "dynamo" | "s3">;
  readonly table: string;
  readonly bucket: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Dicts, queues and secrets of an environment. */
export function createStores({ clients, table: name, bucket, now }: AwsStoresOptions): Stores {
  const table = new StorageTable(clients.dynamo, name);
  const blobs = new Blobs(clients.s3, bucket);
  const objects = new AwsObjects(table, now);
  return { objects, dicts: new AwsDicts({ table, blobs, objects }, now) };
}
