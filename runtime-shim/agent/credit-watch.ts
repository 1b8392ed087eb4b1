import { CREDIT_STEP, INITIAL_CREDIT } from "../../lib/item-credit.ts";

/** How soon the table is looked at again while a generator is about to run out of credit, and at the latest. */
const FIRST_LOOK_MS = 25;
const LAST_LOOK_MS = 1000;

export interface CreditWatchOptions {
  /** Items beyond the first thousand that the caller allows; undefined when the stream is over. */
  readonly read: () => Promise<number | undefined>;
  /** Lets the generator yield this many items more. */
  readonly grant: (items: number) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Learns from the table how far the caller of a generator has come. What it reads is a total, so that nothing is lost
 * with a message; and it reads only while the generator has yielded most of what it may.
 */
export class CreditWatch {
  readonly #options: CreditWatchOptions;
  #allowed: number = INITIAL_CREDIT;
  #yielded = 0;
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: CreditWatchOptions) {
    this.#options = options;
  }

  /** So many items were yielded by now. */
  yielded(items: number): void {
    this.#yielded = items;
    if (!this.#isLow || this.#looking !== undefined) return;
    this.#looking = this.#look(FIRST_LOOK_MS).finally(() => {
      this.#looking = undefined;
    });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  get #isLow(): boolean {
    return !this.#isClosed && this.#allowed - this.#yielded <= CREDIT_STEP;
  }

  async #look(firstMs: number): Promise<void> {
    for (let pauseMs = firstMs; this.#isLow; pauseMs = Math.min(LAST_LOOK_MS, 2 * pauseMs)) {
      const before = this.#allowed;
      await this.#read().catch(this.#options.onError);
      if (this.#allowed > before) pauseMs = firstMs;
      if (this.#isLow) await this.#pause(pauseMs);
    }
  }

  async #read(): Promise<void> {
    const credit = await this.#options.read();
    if (credit === undefined) this.close();
    const more = INITIAL_CREDIT + (credit ?? 0) - this.#allowed;
    if (more <= 0 || this.#isClosed) return;
    this.#allowed += more;
    this.#options.grant(more);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#timer = setTimeout(resolve, ms);
    });
  }
}
