import type { RowKey } from "./keys.ts";

/** A row: plain JSON, and the number of its last write. */
export interface Row<Body> {
  /** Its sort key. */
  readonly sk: string;
  readonly body: Body;
  readonly version: number;
}

/** One write of a transaction, or a check that writes nothing. */
export type RowWrite =
  | {
      readonly kind: "put";
      readonly key: RowKey;
      readonly body: object;
      /** The version that the row must have; 0: it must not exist. */
      readonly expected: number;
    }
  | { readonly kind: "unless"; readonly key: RowKey; readonly state: string };

/**
 * Port to the environment's table. Every write names the version that it replaces, so of two writers one
 * is refused: that is the whole of fencing.
 */
export interface Rows {
  get<Body>(key: RowKey): Promise<Row<Body> | undefined>;
  /** Writes a row; false when its version is not the expected one. */
  put(key: RowKey, body: object, expected: number): Promise<boolean>;
  /** All writes, or none when one is refused. */
  transact(writes: readonly RowWrite[]): Promise<boolean>;
  /** Rows of a partition key in the order of their sort keys, all or from this one on. */
  list<Body>(pk: string, from?: string): Promise<readonly Row<Body>[]>;
  delete(key: RowKey): Promise<void>;
}
