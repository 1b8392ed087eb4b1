import { expect, it } from "vitest";
import {
  askStores,
  isStoreRequest,
  relayStores,
  STORE_METHODS,
} from "../../lib/storage/relay-stores.ts";
import { localLab } from "./local-lab.ts";

/** What local stores have beyond the port. */
const OWN = ["constructor", "require", "sweep"];

it("relays every method of every store, and answers as the store does", async () => {
  const { stores } = await localLab();
  const methods = Object.entries(stores).map(([name, store]) => {
    const found = Object.getOwnPropertyNames(Object.getPrototypeOf(store));
    // Those of volumes are asked by the names of objects.
    const own = name === "volumes" ? [...OWN, "begin", "remove"] : OWN;
    return [name, found.filter((method) => !own.includes(method)).sort()];
  });
  const relayed = Object.entries(STORE_METHODS).map(([name, known]) => [name, [...known].sort()]);
  expect(Object.fromEntries(methods)).toEqual(Object.fromEntries(relayed));

  const relay = relayStores((request) => askStores(stores, request));
  await relay.objects.create("dict", "a", false);
  await relay.dicts.put("a", { key: "k", value: new Uint8Array([7]) });
  expect((await relay.dicts.get("a", "k"))?.value).toEqual(Buffer.from([7]));
  await expect(relay.objects.create("dict", "a", false)).rejects.toThrow("already");
});

it("knows no request beyond those", () => {
  const ask = (store: string, method: string, args: unknown[]) =>
    isStoreRequest({ store, method, args } as never);
  expect(ask("dicts", "get", ["a", "k"])).toBe(true);
  expect(ask("dicts", "constructor", ["a"])).toBe(false);
  expect(ask("dicts", "get", [7])).toBe(false);
  expect(ask("__proto__", "get", ["a"])).toBe(false);
  expect(ask("toString", "call", ["a"])).toBe(false);
});
