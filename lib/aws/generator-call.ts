import type { CallSink, ResultPage } from "../backend.ts";
import { ItemOrder } from "./item-order.ts";
import type { Reply } from "./page-text.ts";

/** After a failure to write. */
const RETRY_MS = 1000;

export interface GeneratorCallOptions {
  readonly sink: CallSink;
  /** Text of an object. @throws NotFoundError */
  readonly read: (object: string) => Promise<string>;
  /** Writes how many items beyond the first thousand the generator may yield. */
  readonly allow: (items: number) => Promise<void>;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** The result that was held back until all items were there. */
  readonly onResult: (page: ResultPage) => void;
  readonly onError: (error: unknown) => void;
}

/** What a call of a generator has beside other calls: items on the way here, and credit on the way there. */
export class GeneratorCall {
  readonly #options: GeneratorCallOptions;
  readonly #order: ItemOrder;
  #credit = 0;
  #written = 0;
  #writing: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: GeneratorCallOptions) {
    this.#options = options;
    this.#order = new ItemOrder(options);
  }

  /** Items were told. */
  take(reply: Reply): void {
    this.#order.take(reply).catch(this.#options.onError);
  }

  /** A result that may be told now; undefined while items are missing that come before it. */
  ripe(page: ResultPage): ResultPage | undefined {
    return this.#order.ripe(page);
  }

  /** Lets it yield this many items more. */
  credit(items: number): void {
    this.#credit += items;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  close(): void {
    this.#isClosed = true;
  }

  /** A total, so that of many changes only the last needs to be written. */
  async #write(): Promise<void> {
    const { allow, sleep, onError } = this.#options;
    while (this.#written < this.#credit && !this.#isClosed) {
      const credit = this.#credit;
      try {
        await allow(credit);
        this.#written = credit;
      } catch (error) {
        onError(error);
        await sleep(RETRY_MS);
      }
    }
  }
}
