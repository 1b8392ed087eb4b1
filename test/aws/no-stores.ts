import { relayStores } from "../../lib/storage/relay-stores.ts";
import type { Stores } from "../../lib/storage/stores.ts";

/** For backends whose dicts, queues and secrets nobody is to use. */
export const NO_STORES: Stores = relayStores(async ({ store, method }) => {
  throw new RangeError(`unexpected: ${store}.${method}`);
});
