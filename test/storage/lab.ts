import type { Backend } from "../../lib/backend.ts";
import { runtime } from "../../lib/runtime.ts";
import type { Stores } from "../../lib/storage/stores.ts";

/** Stores with a clock that tests move. */
export interface StorageLab {
  readonly stores: Stores;
  /** Lets time pass, for the stores of this lab. */
  age(ms: number): void;
  /** The stores of another process: they know nothing of what these have read. */
  another(): Promise<Stores>;
}

/** Makes these the stores that handles of this process use. */
export function use({ stores }: Pick<StorageLab, "stores">): void {
  runtime.backends.set("lab", { stores } as Backend); // Nothing else of it is used.
}

let last = 0;

/** A name that no other test has. */
export function newName(): string {
  last += 1;
  return `test-${process.pid}-${Date.now().toString(36)}-${last}`;
}

/** What an iterable yields. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

export const HOUR_MS: number = 3600 * 1000;
export const DAY_MS: number = 24 * HOUR_MS;
