import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, systemClock } from "../../clock.ts";
import { StoredBuckets } from "../../storage/buckets/stored-buckets.ts";
import { lazyStores } from "../../storage/relay-stores.ts";
import type { ObjectStore, Stores } from "../../storage/stores.ts";
import type { VolumeStore } from "../../storage/volume-store.ts";
import { ChunkedVolumes } from "../../storage/volumes/chunked-volumes.ts";
import { ObjectsWithVolumes } from "../../storage/volumes/objects-with-volumes.ts";
import { FolderBytes } from "./folder-bytes.ts";
import { LocalDicts } from "./local-dicts.ts";
import { LocalObjects } from "./local-objects.ts";
import { LocalQueues } from "./local-queues.ts";
import { LocalSecrets } from "./local-secrets.ts";
import { type Storage, StorageFile } from "./storage-file.ts";

/** What is over is left out by every read; from the disk it goes once a day. */
const SWEEP_EVERY_MS: number = 24 * 3600 * 1000;

const opened: Map<string, Stores> = new Map();

/** The stores of a state directory: one for this process, opened with the first question. */
export function localStores(stateDirectory: string): Stores {
  const known = opened.get(stateDirectory);
  if (known !== undefined) return known;
  let stores: Promise<Stores> | undefined;
  const made = lazyStores(() => {
    stores ??= openLocalStores(stateDirectory, systemClock);
    return stores;
  });
  opened.set(stateDirectory, made);
  return made;
}

/** Opens or makes the stores below a state directory. */
export async function openLocalStores(stateDirectory: string, clock: Clock): Promise<Stores> {
  mkdirSync(stateDirectory, { recursive: true });
  const file = await StorageFile.open(stateDirectory);
  const { objects, dicts, queues } = storesIn(file, clock);
  if (await file.isDue("swept", SWEEP_EVERY_MS, clock.wallTime())) {
    await objects.sweep();
    for (const { name } of await objects.list("dict")) await dicts.sweep(name);
    for (const { name } of await objects.list("queue")) await queues.sweep(name);
  }
  const secrets = new LocalSecrets(stateDirectory, (name) => objects.require("secret", name));
  const alone = <Result>(act: () => Result): Promise<Result> => file.change(act);
  const withVolumes = volumesIn(stateDirectory, objects, { clock, alone });
  return { ...withVolumes, dicts, queues, secrets, buckets: new StoredBuckets(secrets) };
}

/** Volumes in files of a state directory, and objects that take them along when they go. */
export function volumesIn(
  stateDirectory: string,
  objects: ObjectStore,
  {
    clock,
    alone,
  }: { readonly clock: Clock; readonly alone: <Result>(act: () => Result) => Promise<Result> },
): { readonly objects: ObjectStore; readonly volumes: VolumeStore } {
  const bytes = new FolderBytes(join(stateDirectory, "volumes"), alone);
  const volumes = new ChunkedVolumes({ bytes, objects, now: () => clock.wallTime() });
  const removeShared = (name: string): Promise<void> =>
    rm(sharedFolder(stateDirectory, name), { recursive: true, force: true });
  return { objects: new ObjectsWithVolumes(objects, volumes, removeShared), volumes };
}

/** The folder of a volume with `backing: "efs"`, which all containers on this machine share. */
export function sharedFolder(stateDirectory: string, volume: string): string {
  return join(stateDirectory, "efs", volume);
}

/** Objects, dicts and queues in a storage. */
export function storesIn(
  storage: Storage,
  clock: Clock,
): { readonly objects: LocalObjects; readonly dicts: LocalDicts; readonly queues: LocalQueues } {
  const now = (): number => clock.wallTime();
  const objects = new LocalObjects(storage, now);
  const dicts = new LocalDicts(storage, objects, now);
  return { objects, dicts, queues: new LocalQueues(storage, objects, clock) };
}
