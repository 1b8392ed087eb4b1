import type { CallRow } from "../../lib/aws/call-row.ts";
import type { HeldRange, RangeStore } from "../../lib/aws/held-range.ts";
import { callKey } from "../../lib/aws/keys.ts";
import type { Queues } from "../../lib/aws/queues.ts";
import type { RangeInputs } from "../../lib/aws/range-message.ts";
import type { ItemPage, ResultPage } from "../../lib/backend.ts";
import { CreditWatch } from "./credit-watch.ts";
import { ItemSender } from "./item-sender.ts";

export interface GeneratorStreamOptions {
  readonly store: RangeStore;
  readonly queues: Queues;
  readonly inputs: RangeInputs;
  readonly range: HeldRange;
  /** Lets the generator yield this many items more. */
  readonly grant: (items: number) => void;
  readonly onCancelled: () => void;
  /** Another container has taken the generator over. */
  readonly onFenced: () => void;
  /** Its items could not be sent, or not be noted. */
  readonly onFailure: (error: unknown) => void;
  readonly onError: (error: unknown) => void;
}

/** What a generator yields on its way to its caller, and how far that one lets it go. */
export class GeneratorStream {
  readonly #options: GeneratorStreamOptions;
  readonly #credit: CreditWatch;
  /** There from the first item on. */
  #sender: ItemSender | undefined;
  #isEnding = false;

  constructor(options: GeneratorStreamOptions) {
    const { grant, onError } = options;
    this.#options = options;
    this.#credit = new CreditWatch({ read: () => this.#readCredit(), grant, onError });
  }

  /** It has yielded, here or in a container before this one: it must not run again. */
  get hasYielded(): boolean {
    return this.#sender !== undefined || this.#options.range.hasYielded;
  }

  /** Its result is on its way. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  add(items: ItemPage): void {
    const { replyTo } = this.#options.inputs;
    // Whoever calls a generator says where its items go.
    if (this.#isEnding || replyTo === undefined) return;
    this.#sender ??= this.#begin(replyTo);
    this.#sender.add(items);
    this.#credit.yielded(this.#sender.count);
  }

  /** Resolves with the result as it is to be told, once all items are sent. */
  async end(page: ResultPage): Promise<ResultPage> {
    const { range } = this.#options;
    this.#isEnding = true;
    this.#credit.close();
    await this.#sender?.end();
    // Of what a container before this one has sent nothing is known.
    if (this.#sender === undefined && range.hasYielded) return page;
    return { ...page, yielded: { run: range.epoch, items: this.#sender?.count ?? 0 } };
  }

  close(): void {
    this.#credit.close();
    this.#sender?.close();
  }

  #begin(replyTo: string): ItemSender {
    const { inputs, range, onFenced, onFailure } = this.#options;
    const { callId, target } = inputs.request;
    // Beside the first item, which waits for nothing: a run after this one would be told from it by its number.
    range.noteYield().then((isOurs) => {
      if (!isOurs) onFenced();
    }, onFailure);
    return new ItemSender({ ...this.#options, app: target.app, callId, replyTo, run: range.epoch });
  }

  /** The row that says how far the caller has come says as well whether it has left. */
  async #readCredit(): Promise<number | undefined> {
    const { store, inputs, onCancelled } = this.#options;
    const { callId, target } = inputs.request;
    const found = await store.rows.get<CallRow>(callKey(target.app, callId));
    if (found?.body.state !== "cancelled") return found?.body.credit ?? 0;
    onCancelled();
    return undefined;
  }
}
