import type { Database, Key, RangeOptions } from "lmdb";

/**
 * A table of an LMDB file whose reads see all that any process has committed before them. Those of `lmdb` alone share a
 * snapshot for about a millisecond: in that time another process may have answered that it has changed what is read.
 */
export class LmdbTable<Value, TableKey extends Key> {
  readonly #table: Database<Value, TableKey>;

  constructor(table: Database<Value, TableKey>) {
    this.#table = table;
  }

  get(key: TableKey): Value | undefined {
    return this.#current().get(key);
  }

  has(key: TableKey): boolean {
    return this.#current().doesExist(key);
  }

  /** Keys from `start` to before `end` with their values, in order; as it is when it is iterated, at once. */
  getRange(range: RangeOptions = {}): Iterable<{ readonly key: TableKey; readonly value: Value }> {
    return this.#current().getRange(range);
  }

  getKeys(range: RangeOptions = {}): Iterable<TableKey> {
    return this.#current().getKeys(range);
  }

  getCount(range: RangeOptions): number {
    return this.#current().getCount(range);
  }

  putSync(key: TableKey, value: Value): void {
    this.#table.putSync(key, value);
  }

  removeSync(key: TableKey): void {
    this.#table.removeSync(key);
  }

  #current(): Database<Value, TableKey> {
    this.#table.resetReadTxn();
    return this.#table;
  }
}
