import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { systemClock } from "../../lib/clock.ts";
import { openLocalStores } from "../../lib/local/storage/local-stores.ts";
import { askStores, relayStores } from "../../lib/storage/relay-stores.ts";
import type { Stores } from "../../lib/storage/stores.ts";
import type { StorageLab } from "./lab.ts";

/** LMDB shows what other processes write from the next turn of the event loop on: news of it takes one. */
function inLaterTurns(stores: Stores): Stores {
  return relayStores(async (request) => {
    await setImmediate();
    return await askStores(stores, request);
  });
}

/** Stores of this machine in a folder of their own. */
export async function localLab(): Promise<StorageLab> {
  const folder = mkdtempSync(join(tmpdir(), "windlass-storage-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  let now = Date.now();
  const open = () => openLocalStores(folder, { ...systemClock, wallTime: () => now });
  return {
    stores: await open(),
    another: async () => inLaterTurns(await open()),
    age: (ms) => {
      now += ms;
    },
  };
}
