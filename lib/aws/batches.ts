interface Pending<Item> {
  readonly item: Item;
  resolve(): void;
  reject(error: unknown): void;
}

interface Gathering<Item> {
  pending: Pending<Item>[];
  bytes: number;
  timer: NodeJS.Timeout | undefined;
}

export interface BatchesOptions<Item> {
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly sizeOf: (item: Item) => number;
  /** How long an item waits for others; 0: until the end of this turn of the event loop. */
  readonly afterMs: number;
  /** Does it for all; errors of single items are answered at their places. */
  readonly act: (target: string, items: readonly Item[]) => Promise<readonly unknown[]>;
}

/** Gathers what is asked for one by one into requests that take many, for each target on its own. */
export class Batches<Item> {
  readonly #options: BatchesOptions<Item>;
  readonly #gathering: Map<string, Gathering<Item>> = new Map();

  constructor(options: BatchesOptions<Item>) {
    this.#options = options;
  }

  /** Resolves once the item's request was answered. */
  add(target: string, item: Item): Promise<void> {
    const { maxItems, maxBytes, sizeOf } = this.#options;
    const bytes = sizeOf(item);
    const known = this.#gathering.get(target);
    if (known !== undefined && known.bytes + bytes > maxBytes) this.#flush(target);
    const gathering = this.#gathering.get(target) ?? this.#begin(target);
    gathering.bytes += bytes;
    return new Promise((resolve, reject) => {
      gathering.pending.push({ item, resolve, reject });
      if (gathering.pending.length === maxItems) this.#flush(target);
    });
  }

  #begin(target: string): Gathering<Item> {
    const gathering: Gathering<Item> = { pending: [], bytes: 0, timer: undefined };
    this.#gathering.set(target, gathering);
    const flush = (): void => {
      if (this.#gathering.get(target) === gathering) this.#flush(target);
    };
    if (this.#options.afterMs > 0) gathering.timer = setTimeout(flush, this.#options.afterMs);
    else process.nextTick(flush);
    return gathering;
  }

  #flush(target: string): void {
    const gathering = this.#gathering.get(target);
    if (gathering === undefined) return;
    this.#gathering.delete(target);
    clearTimeout(gathering.timer);
    const { pending } = gathering;
    this.#options
      .act(
        target,
        pending.map(({ item }) => item),
      )
      .then(
        (errors) => {
          for (const [index, { resolve, reject }] of pending.entries()) {
            if (errors[index] === undefined) resolve();
            else reject(errors[index]);
          }
        },
        (error) => {
          for (const { reject } of pending) reject(error);
        },
      );
  }
}
