import type { Target } from "../backend.ts";
import type { Items } from "../handler.ts";
import { checkKey, type KeyOption, storedKey } from "./idempotency.ts";

/** Items of a map that notes the key of each as it is taken. */
export class KeyedItems {
  readonly #target: Target;
  readonly #option: KeyOption<never>;
  readonly #keys: string[] = [];
  #index = 0;

  constructor(target: Target, option: KeyOption<never>) {
    this.#target = target;
    this.#option = option;
  }

  /** The keys of the next items, as they are stored. */
  take(count: number): string[] {
    return this.#keys.splice(0, count);
  }

  /** The same items. @throws InvalidError while they are taken, for a key that is none */
  of(items: Items<unknown>): Items<unknown> {
    return Symbol.asyncIterator in Object(items)
      ? this.#noteAsync(items as AsyncIterable<unknown>) // It has the method.
      : this.#noteSync(items as Iterable<unknown>); // Checked before: it is one of both.
  }

  *#noteSync(items: Iterable<unknown>): Generator<unknown> {
    for (const item of items) {
      this.#note(item);
      yield item;
    }
  }

  async *#noteAsync(items: AsyncIterable<unknown>): AsyncGenerator<unknown> {
    for await (const item of items) {
      this.#note(item);
      yield item;
    }
  }

  #note(item: unknown): void {
    const index = this.#index;
    this.#index += 1;
    this.#keys.push(this.#keyOf(item, index));
  }

  #keyOf(item: unknown, index: number): string {
    if (typeof this.#option === "string") return storedKey(this.#target, this.#option, index);
    const keyOf = this.#option as (item: unknown, index: number) => unknown; // Typed by its map.
    const key = keyOf(item, index);
    checkKey(`input ${index} of "${this.#target.name}"`, key);
    return storedKey(this.#target, key);
  }
}
