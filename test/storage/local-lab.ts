import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { systemClock } from "../../lib/clock.ts";
import { openLocalStores } from "../../lib/local/storage/local-stores.ts";
import type { StorageLab } from "./lab.ts";

/** Stores of this machine in a folder of their own. */
export async function localLab(): Promise<StorageLab> {
  const folder = mkdtempSync(join(tmpdir(), "windlass-storage-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  let now = Date.now();
  const open = () => openLocalStores(folder, { ...systemClock, wallTime: () => now });
  return {
    stores: await open(),
    another: open,
    age: (ms) => {
      now += ms;
    },
  };
}
