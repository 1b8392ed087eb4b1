import { mkdirSync } from "node:fs";
import { type Clock, systemClock } from "../../clock.ts";
import { lazyStores } from "../../storage/relay-stores.ts";
import type { Stores } from "../../storage/stores.ts";
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
  return { objects, dicts, queues, secrets };
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
