import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { StoredBuckets } from "../../storage/buckets/stored-buckets.ts";
import { lazyStores } from "../../storage/relay-stores.ts";
import type { Stores } from "../../storage/stores.ts";
import { ChunkedVolumes } from "../../storage/volumes/chunked-volumes.ts";
import { ObjectsWithVolumes } from "../../storage/volumes/objects-with-volumes.ts";
import { FolderBytes } from "./folder-bytes.ts";
import { LocalDicts } from "./local-dicts.ts";
import { LocalObjects } from "./local-objects.ts";
import { LocalQueues } from "./local-queues.ts";
import { LocalSecrets } from "./local-secrets.ts";
import { StorageFile } from "./storage-file.ts";

/** What is over is left out by every read; from the disk it goes once a day. */
const SWEEP_EVERY_MS: number = 24 * 3600 * 1000;

const opened: Map<string, Stores> = new Map();

/** The stores of a state directory: one for this process, opened with the first question. */
export function localStores(stateDirectory: string): Stores {
  const known = opened.get(stateDirectory);
  if (known !== undefined) return known;
  let stores: Promise<Stores> | undefined;
  const made = lazyStores(() => {
    stores ??= openLocalStores(stateDirectory, Date.now);
    return stores;
  });
  opened.set(stateDirectory, made);
  return made;
}

/** Opens or makes the stores below a state directory. */
export async function openLocalStores(stateDirectory: string, now: () => number): Promise<Stores> {
  mkdirSync(stateDirectory, { recursive: true });
  const file = await StorageFile.open(stateDirectory);
  const objects = new LocalObjects(file, now);
  const dicts = new LocalDicts(file, objects, now);
  const queues = new LocalQueues(file, objects, now);
  if (await file.isDue("swept", SWEEP_EVERY_MS, now())) {
    await objects.sweep();
    for (const { name } of await objects.list("dict")) await dicts.sweep(name);
    for (const { name } of await objects.list("queue")) await queues.sweep(name);
  }
  const secrets = new LocalSecrets(stateDirectory, (name) => objects.require("secret", name));
  const bytes = new FolderBytes(join(stateDirectory, "volumes"), (act) => file.change(act));
  const volumes = new ChunkedVolumes({ bytes, objects, now });
  const named = new ObjectsWithVolumes(objects, volumes, (name) =>
    rm(sharedFolder(stateDirectory, name), { recursive: true, force: true }),
  );
  const buckets = new StoredBuckets(secrets);
  return { objects: named, dicts, queues, secrets, volumes, buckets };
}

/** The folder of a volume with `backing: "efs"`, which all containers on this machine share. */
export function sharedFolder(stateDirectory: string, volume: string): string {
  return join(stateDirectory, "efs", volume);
}
