import type { RangeStore } from "../../lib/aws/held-range.ts";
import { pageObject } from "../../lib/aws/keys.ts";
import { sealItems } from "../../lib/aws/page-text.ts";
import type { Queues } from "../../lib/aws/queues.ts";
import type { ItemPage } from "../../lib/backend.ts";
import { pageSize } from "../../lib/codec/page-builder.ts";
import { joinPages } from "../../lib/codec/slice.ts";

/** After a message, items gather for this long before the next leaves. */
const GATHER_MS = 50;
/** So many bytes leave at once, and share a message at most. */
const GATHER_BYTES = 256 * 1024;
/** A queue that was made just now may refuse its first messages. */
const TRIES = 3;
const RETRY_MS = 1000;

export interface ItemSenderOptions {
  readonly store: RangeStore;
  readonly queues: Queues;
  readonly replyTo: string;
  readonly app: string;
  readonly callId: string;
  /** Which run of the generator this is. */
  readonly run: number;
  /** They could not be sent: whoever waits for them waits in vain. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Sends the items of a generator to its caller: the first at once, then what has gathered, one message after the other.
 * Each says where its items belong, since messages come in any order and more than once.
 */
export class ItemSender {
  readonly #options: ItemSenderOptions;
  #waiting: ItemPage[] = [];
  #bytes = 0;
  /** Items of all messages so far. */
  #sent = 0;
  #added = 0;
  #isEnding = false;
  #isClosed = false;
  #sending: Promise<void> | undefined;
  /** Ends the pause before the next message. */
  #hurry: () => void = () => {};

  constructor(options: ItemSenderOptions) {
    this.#options = options;
  }

  /** Items that were added. */
  get count(): number {
    return this.#added;
  }

  add(items: ItemPage): void {
    this.#added += items.count;
    this.#waiting.push(items);
    this.#bytes += pageSize(items.values);
    if (this.#bytes >= GATHER_BYTES) this.#hurry();
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Resolves once all items are sent; no more will come. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#hurry();
    await this.#sending;
  }

  /** Sends nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.#hurry();
  }

  async #sendAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        await this.#send(this.#take());
        if (!this.#isEnding) await this.#pause(GATHER_MS);
      }
    } catch (error) {
      if (this.#isClosed) return;
      this.close();
      this.#options.onFailure(error);
    }
  }

  /** The next items, as many as go well together. */
  #take(): ItemPage {
    let bytes = 0;
    let pages = 0;
    for (const { values } of this.#waiting) {
      bytes += pageSize(values);
      if (pages > 0 && bytes > GATHER_BYTES) break;
      pages += 1;
    }
    const taken = this.#waiting.splice(0, pages);
    const values = joinPages(taken.map((items) => items.values));
    this.#bytes = this.#waiting.reduce((sum, items) => sum + pageSize(items.values), 0);
    return { count: taken.reduce((sum, { count }) => sum + count, 0), values };
  }

  async #send({ count, values }: ItemPage): Promise<void> {
    const { store, queues, replyTo, app, callId, run } = this.#options;
    const fields = { callId, epoch: run, from: this.#sent, count };
    const body = await sealItems(values, fields, async (text) => {
      const object = pageObject(app, callId, `items/${run}-${fields.from}`);
      await store.objects.put(object, text);
      return object;
    });
    for (let tries = 1; !this.#isClosed; tries += 1) {
      try {
        await queues.send(replyTo, { body });
        break;
      } catch (error) {
        if (tries === TRIES) throw error;
        await this.#pause(RETRY_MS);
      }
    }
    this.#sent += count;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
