import type { Clock } from "../clock.ts";
import type {
  KeyRange,
  ObjectKey,
  ObjectRecord,
  PartitionRecord,
  Storage,
  Table,
} from "../local/storage/storage-file.ts";

/** Values in memory, sorted by key. */
class MemoryTable<Value, Key> implements Table<Value, Key> {
  readonly #compare: (one: Key, other: Key) => number;
  readonly #rows: { readonly key: Key; readonly value: Value }[] = [];

  constructor(compare: (one: Key, other: Key) => number) {
    this.#compare = compare;
  }

  get(key: Key): Value | undefined {
    const row = this.#rows[this.#placeOf(key)];
    return row !== undefined && this.#compare(row.key, key) === 0 ? row.value : undefined;
  }

  putSync(key: Key, value: Value): void {
    const place = this.#placeOf(key);
    const row = this.#rows[place];
    const isThere = row !== undefined && this.#compare(row.key, key) === 0;
    this.#rows.splice(place, isThere ? 1 : 0, { key, value });
  }

  removeSync(key: Key): void {
    if (this.get(key) !== undefined) this.#rows.splice(this.#placeOf(key), 1);
  }

  getRange({ start, end, limit }: KeyRange<Key>): { readonly key: Key; readonly value: Value }[] {
    const from = start === undefined ? 0 : this.#placeOf(start);
    const to = end === undefined ? this.#rows.length : this.#placeOf(end);
    return this.#rows.slice(from, Math.min(to, from + (limit ?? Number.POSITIVE_INFINITY)));
  }

  getKeys(range: KeyRange<Key> = {}): Key[] {
    return this.getRange(range).map(({ key }) => key);
  }

  getCount(range: KeyRange<Key>): number {
    return this.getRange(range).length;
  }

  /** Where a key is, or would be. */
  #placeOf(key: Key): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = this.#rows[middle];
      if (row !== undefined && this.#compare(row.key, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What dicts and queues of a test are stored in. */
export class MemoryStorage implements Storage {
  readonly objects: Table<ObjectRecord, ObjectKey> = new MemoryTable(compareNames);
  readonly entries: Table<Buffer, Buffer> = new MemoryTable((a, b) => a.compare(b));
  readonly partitions: Table<PartitionRecord, Buffer> = new MemoryTable((a, b) => a.compare(b));
  readonly #onChange: () => void;
  readonly #counters: Map<string, number> = new Map();
  readonly #waiting: Set<() => void> = new Set();

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  async change<Result>(apply: () => Result): Promise<Result> {
    const result = apply();
    this.#onChange();
    for (const wake of this.#waiting) wake();
    return result;
  }

  next(counter: string): number {
    const number = (this.#counters.get(counter) ?? 0) + 1;
    this.#counters.set(counter, number);
    return number;
  }

  /** Nobody but this process changes it. */
  changed(clock: Clock, { leftMs }: { readonly leftMs: number }): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        stop();
        this.#waiting.delete(wake);
        resolve();
      };
      const stop = clock.timeout(leftMs, wake);
      this.#waiting.add(wake);
    });
  }
}

function compareNames([kind, name]: ObjectKey, [otherKind, otherName]: ObjectKey): number {
  return Buffer.compare(Buffer.from(`${kind}\0${name}`), Buffer.from(`${otherKind}\0${otherName}`));
}
