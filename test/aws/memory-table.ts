import type { RowKey } from "../../lib/aws/keys.ts";
import type { Objects } from "../../lib/aws/objects.ts";
import type { Row, Rows, RowWrite } from "../../lib/aws/rows.ts";
import { NotFoundError } from "../../lib/errors.ts";

/** Called before and after each operation; may wait, and may throw to end whoever asked. */
export type Gate = (operation: string, moment: "before" | "after") => Promise<void>;

/** The table as the protocol sees it, in memory: conditional writes and nothing else. */
export class MemoryTable {
  readonly #partitions: Map<string, Map<string, Row<unknown>>> = new Map();
  /** Told of each row that is written, and of what was there before. */
  onWrite: (key: RowKey, before: unknown, after: unknown) => void = () => {};

  /** The port as one container uses it. */
  port(gate: Gate): Rows {
    const through = async <T>(operation: string, act: () => T): Promise<T> => {
      await gate(operation, "before");
      const result = act();
      await gate(operation, "after");
      return result;
    };
    return {
      get: <Body>(key: RowKey) => through("get", () => this.#row(key) as Row<Body> | undefined),
      put: (key, body, expected) =>
        through("put", () => this.#apply([{ kind: "put", key, body, expected }])),
      transact: (writes) => through("transact", () => this.#apply(writes)),
      list: <Body>(pk: string, from?: string) => through("list", () => this.list<Body>(pk, from)),
      delete: (key) =>
        through("delete", () => {
          this.#partitions.get(key.pk)?.delete(key.sk);
        }),
    };
  }

  list<Body>(pk: string, from = ""): readonly Row<Body>[] {
    const partition = this.#partitions.get(pk) ?? new Map<string, Row<unknown>>();
    return [...partition.values()]
      .filter(({ sk }) => sk >= from)
      .sort((a, b) => (a.sk < b.sk ? -1 : 1)) as Row<Body>[];
  }

  #row({ pk, sk }: RowKey): Row<unknown> | undefined {
    return this.#partitions.get(pk)?.get(sk);
  }

  #apply(writes: readonly RowWrite[]): boolean {
    const isAllowed = writes.every((write) => {
      const found = this.#row(write.key);
      if (write.kind === "put") return (found?.version ?? 0) === write.expected;
      return (found?.body as { state?: string } | undefined)?.state !== write.state;
    });
    if (!isAllowed) return false;
    for (const write of writes) {
      if (write.kind !== "put") continue;
      const body = JSON.parse(JSON.stringify(write.body)) as unknown;
      this.onWrite(write.key, this.#row(write.key)?.body, body);
      const { pk, sk } = write.key;
      const partition = this.#partitions.get(pk) ?? new Map<string, Row<unknown>>();
      this.#partitions.set(pk, partition.set(sk, { sk, body, version: write.expected + 1 }));
    }
    return true;
  }
}

export class MemoryObjects implements Objects {
  readonly texts: Map<string, string> = new Map();

  async put(key: string, text: string): Promise<void> {
    this.texts.set(key, text);
  }

  async get(key: string): Promise<string> {
    const text = this.texts.get(key);
    if (text !== undefined) return text;
    throw new NotFoundError("WINDLASS_OBJECT_MISSING", `no object "${key}"`);
  }
}
