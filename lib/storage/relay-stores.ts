import type { Stores } from "./stores.ts";

type StoreMethods = { readonly [Name in keyof Stores]: readonly (keyof Stores[Name])[] };

/** What stores can be asked for: whoever answers requests of others answers these, and nothing else. */
export const STORE_METHODS: StoreMethods = {
  objects: ["create", "find", "list", "delete"],
  dicts: ["get", "has", "put", "putMany", "take", "count", "clear", "page"],
  queues: ["put", "get", "page", "count", "clear"],
  secrets: ["update", "remove", "read"],
  volumes: [
    "list",
    "find",
    "read",
    "write",
    "change",
    "upload",
    "download",
    "rename",
    "checkOut",
    "commit",
    "reload",
  ],
  buckets: ["list", "find", "read", "put", "begin", "part", "end", "remove"],
};

/** One question to a store: `dicts`, `get`, `["cache", "key"]`. */
export interface StoreRequest {
  readonly store: keyof Stores;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Stores whose questions are all passed to `ask`, which answers as the method does. */
export function relayStores(ask: (request: StoreRequest) => Promise<unknown>): Stores {
  const relayed = Object.entries(STORE_METHODS).map(([name, methods]) => {
    const store = name as keyof Stores; // The keys of that record.
    const entries = methods.map((method: string) => {
      return [method, (...args: unknown[]) => ask({ store, method, args })];
    });
    return [store, Object.fromEntries(entries)];
  });
  return Object.fromEntries(relayed) as Stores; // A test holds the table against them.
}

/** True for a question that there is: what came from elsewhere may be anything. */
export function isStoreRequest({ store, method, args }: StoreRequest): boolean {
  const methods: readonly string[] | undefined = Object.hasOwn(STORE_METHODS, store)
    ? STORE_METHODS[store]
    : undefined;
  return methods?.includes(method) === true && typeof args[0] === "string";
}

/** Asks stores a question that came as data. The method must be one of {@link STORE_METHODS}. */
export async function askStores(stores: Stores, request: StoreRequest): Promise<unknown> {
  const store = stores[request.store] as unknown as Record<
    string,
    (...args: readonly unknown[]) => Promise<unknown>
  >; // By relayStores, or checked by isStoreRequest.
  return await store[request.method]?.(...request.args);
}

/** Stores that are opened with the first question; one that fails is tried again by the next. */
export function lazyStores(open: () => Promise<Stores>): Stores {
  return relayStores(async (request) => askStores(await open(), request));
}
