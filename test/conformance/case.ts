import type { BackendUnderTest } from "./backend.ts";
import type { RowId } from "./rows.ts";

/** One behaviour, stated once for all backends. */
export interface Case {
  /** The row of the table that it is of. */
  readonly row: RowId;
  readonly title: string;
  readonly run: (backend: BackendUnderTest) => Promise<void>;
}

export function on(row: RowId, title: string, run: Case["run"]): Case {
  return { row, title, run };
}

/** What a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  const [outcome] = await Promise.allSettled([promise]);
  if (outcome.status === "rejected") return outcome.reason as Error; // Checked by whoever asks.
  throw new RangeError(`it did not fail, but gave ${JSON.stringify(outcome.value)}`);
}

/** All items. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
