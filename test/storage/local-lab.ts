import { systemClock } from "../../lib/clock.ts";
import { openLocalStores } from "../../lib/local/storage/local-stores.ts";
import { newFolder } from "./folders.ts";
import type { StorageLab } from "./lab.ts";

/** Stores of this machine in a folder of their own. */
export async function localLab(): Promise<StorageLab> {
  const folder = newFolder();
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
