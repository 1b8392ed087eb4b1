import type { InputPage } from "../backend.ts";
import type { Page } from "../codec/page.ts";
import { PAGE_BYTES, PageBuilder, pageSize } from "../codec/page-builder.ts";
import { explodePage } from "../codec/slice.ts";

/** Inputs of a page at most; two pages fill the window of a map. */
const PAGE_INPUTS = 500;
/** The same for an array that is not all numbers: half is on its way while the other half is encoded. */
const PAGE_VALUES = 250;
/** A generator that computes is given back the event loop after this long. */
const BURST_MS = 5;
const CLOCK_EVERY = 16;

export interface FeedOptions {
  readonly items: Iterable<unknown> | AsyncIterable<unknown>;
  readonly unary: boolean;
  /** Inputs a page may hold. */
  readonly pageInputs?: number;
  /** Called with each page; how many more inputs may be pulled now is answered by `room`. */
  push(page: InputPage): void;
  room(): number;
  /** The iterable has ended, or thrown. */
  ended(error?: unknown): void;
}

/** Pulls inputs from any iterable, in pages, no faster than `room` allows. */
export class InputFeed {
  readonly #options: FeedOptions;
  readonly #builder: PageBuilder;
  readonly #array: readonly unknown[] | undefined;
  readonly #sync: Iterator<unknown> | undefined;
  readonly #async: AsyncIterator<unknown> | undefined;
  readonly #pageInputs: number;
  readonly #pageValues: number;
  #start = 0;
  #pulling = false;
  #over = false;

  constructor(options: FeedOptions) {
    const { items } = options;
    this.#options = options;
    this.#pageInputs = options.pageInputs ?? PAGE_INPUTS;
    this.#pageValues = options.pageInputs ?? PAGE_VALUES;
    this.#builder = new PageBuilder((index) => `input ${this.#start + index}`);
    if (isPlainArray(items)) this.#array = items;
    else if (Symbol.asyncIterator in items) this.#async = items[Symbol.asyncIterator]();
    else this.#sync = items[Symbol.iterator]();
  }

  /** Inputs pulled and pushed so far. */
  get pushed(): number {
    return this.#start;
  }

  /** Pulls as far as `room` allows; call again when there is more room. */
  pump(): void {
    if (this.#over || this.#pulling) return;
    if (this.#array !== undefined) this.#pumpArray(this.#array);
    else if (this.#sync !== undefined) this.#pumpSync(this.#sync);
    else if (this.#async !== undefined) void this.#pumpAsync(this.#async);
  }

  /** Stops pulling and tells the iterator. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    // What an iterator throws while it is closed has no one left to hear it.
    void (async () => (this.#sync ?? this.#async)?.return?.())().catch(() => {});
  }

  // No user code runs between two values of an array: they are settled, and taken at once.
  #pumpArray(items: readonly unknown[]): void {
    try {
      for (let left = this.#room(); left > 0; left = this.#room()) {
        const from = this.#start + this.#builder.count;
        const values = items.slice(from, from + Math.min(left, this.#pageInputs));
        if (values.length === 0) {
          this.#end();
          return;
        }
        this.#addAll(values);
      }
      this.#flush();
    } catch (error) {
      this.#end(error);
    }
  }

  #addAll(values: readonly unknown[]): void {
    if (areNumbers(values)) {
      this.#builder.addNumbers(values);
      this.#flush();
      return;
    }
    for (const value of values) {
      this.#builder.addSettled(value);
      if (this.#builder.count < this.#pageValues && !this.#isFull) continue;
      this.#flush();
      if (this.#room() <= 0) return;
    }
  }

  #pumpSync(iterator: Iterator<unknown>): void {
    const deadline = performance.now() + BURST_MS;
    let left = this.#room();
    try {
      while (left > 0) {
        const step = iterator.next();
        if (step.done === true) {
          this.#end();
          return;
        }
        this.#builder.add(step.value);
        left -= 1;
        if (this.#isFull) {
          this.#flush();
          left = this.#room();
        }
        if (left % CLOCK_EVERY === 0 && performance.now() > deadline) {
          this.#pulling = true;
          setImmediate(() => {
            this.#pulling = false;
            this.pump();
          });
          break;
        }
      }
      this.#flush();
    } catch (error) {
      this.#end(error);
    }
  }

  async #pumpAsync(iterator: AsyncIterator<unknown>): Promise<void> {
    this.#pulling = true;
    try {
      while (this.#room() > 0 && !this.#over) {
        const step = await iterator.next();
        if (this.#over) return;
        if (step.done === true) return this.#end();
        this.#builder.add(step.value);
        if (this.#isFull) this.#flush();
        // A page leaves when its iterator pauses, however few inputs it has.
        else if (this.#builder.count === 1) setImmediate(() => this.#flushLate());
      }
      this.#flush();
    } catch (error) {
      this.#end(error);
    } finally {
      this.#pulling = false;
    }
  }

  #flushLate(): void {
    try {
      this.#flush();
    } catch (error) {
      this.#end(error);
    }
  }

  get #isFull(): boolean {
    return this.#builder.count >= this.#pageInputs || this.#builder.size >= PAGE_BYTES;
  }

  #room(): number {
    return this.#options.room() - this.#builder.count;
  }

  #flush(): void {
    const { count } = this.#builder;
    if (count === 0 || this.#over) return;
    const args = this.#builder.build();
    if (pageSize(args) <= 2 * PAGE_BYTES) this.#push(args, count);
    else for (const single of explodePage(args)) this.#push(single, 1);
  }

  #push(args: Page, count: number): void {
    const start = this.#start;
    this.#start += count;
    this.#options.push({ start, count, unary: this.#options.unary, args });
  }

  #end(error?: unknown): void {
    if (this.#over) return;
    try {
      this.#flush();
    } catch (unserializable) {
      error ??= unserializable;
    }
    this.#over = true;
    this.#options.ended(error);
  }
}

function isPlainArray(items: object): items is readonly unknown[] {
  return Array.isArray(items) && items[Symbol.iterator] === Array.prototype[Symbol.iterator];
}

// Not `every`, which passes over holes.
function areNumbers(values: readonly unknown[]): values is readonly number[] {
  for (const value of values) if (typeof value !== "number") return false;
  return true;
}
