import type { CallChannel, CallSink, FailureKind, InputPage, ResultPage } from "../backend.ts";
import { encodePage } from "../codec/encode.ts";
import { cancellation } from "../errors.ts";
import { failedPage } from "../failed-page.ts";
import { sliceResults } from "../slice-results.ts";
import { Spans } from "../spans.ts";
import type { Span } from "./range-row.ts";

/** A reply that is not there by now may be lost: the table knows. */
const REPLY_MS = 20_000;
/** While replies have nowhere to go, the table is looked at this soon, and then ever more slowly. */
const FIRST_LOOK_MS = 200;
const LAST_LOOK_MS = 2000;

export interface AwsCallOptions {
  readonly sink: CallSink;
  /** What it has beside other calls where it is one of a generator. */
  readonly generator?:
    | {
        ripe(page: ResultPage): ResultPage | undefined;
        credit(items: number): void;
      }
    | undefined;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Sends inputs on their way: where their ranges start, and whether results will be told on the reply queue. */
  readonly send: (
    page: InputPage,
  ) => Promise<{ readonly starts: readonly number[]; readonly hasReplies: boolean }>;
  /** Stored results of these inputs, whose ranges start at `from` or later. */
  readonly look: (span: Span & { readonly from: number }) => Promise<readonly ResultPage[]>;
  /** Tells containers that the call was cancelled. */
  readonly cancel: (index: number | undefined) => Promise<void>;
  /** It waits for inputs, or no longer does. */
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
}

const ALL: Span = { start: 0, end: Number.POSITIVE_INFINITY };

/** A call that this process waits for: each of its inputs is answered once, however often its result arrives. */
export class AwsCall implements CallChannel {
  readonly #options: AwsCallOptions;
  readonly #outstanding: Spans = new Spans();
  /** Where the ranges start that inputs were sent in, from the one of the first that is outstanding. */
  #starts: number[] = [];
  /** All that is outstanding will be told on the reply queue. */
  #hasReplies = true;
  #lookAt = 0;
  #lookEveryMs = FIRST_LOOK_MS;
  #looking: Promise<void> | undefined;
  #waitsSince = 0;
  #isClosed = false;

  constructor(options: AwsCallOptions) {
    this.#options = options;
  }

  get isWaiting(): boolean {
    return !this.#outstanding.isEmpty;
  }

  /** Nothing more can happen to it. */
  get isOver(): boolean {
    return this.#isClosed && !this.isWaiting;
  }

  /** Since when it has waited for any result. */
  get waitsSince(): number {
    return this.#waitsSince;
  }

  push(page: InputPage): void {
    const span = { start: page.start, end: page.start + page.count };
    if (!this.isWaiting) {
      this.#waitsSince = this.#options.now();
      this.#hasReplies = true;
      this.#lookLater();
    }
    this.#outstanding.append(span);
    this.#options.onChange();
    this.#options.send(page).then(
      ({ starts, hasReplies }) => this.#sent(starts, hasReplies),
      (error) => this.#fail(span, "startup", error),
    );
  }

  cancel(index?: number): void {
    if (!this.isWaiting) return;
    this.#fail(
      index === undefined ? ALL : { start: index, end: index + 1 },
      "cancelled",
      cancellation(),
    );
    this.#options.cancel(index).catch(() => {}); // Whoever called has been answered.
  }

  credit(items: number): void {
    this.#options.generator?.credit(items);
  }

  close(): void {
    this.#isClosed = true;
    this.#outstanding.take(ALL);
    this.#options.onChange();
  }

  /** Results have arrived, by a reply or from the table; those of inputs that were answered are dropped. */
  deliver(page: ResultPage): void {
    const { generator } = this.#options;
    const ripe = generator === undefined ? page : generator.ripe(page);
    if (ripe !== undefined) this.#deliver(ripe);
  }

  #deliver(page: ResultPage): void {
    const spans = this.#outstanding.take({ start: page.start, end: page.start + page.count });
    if (spans.length === 0) return;
    this.#lookLater();
    for (const span of spans) this.#options.sink.results(sliceResults(page, span));
    this.#options.onChange();
  }

  /** Looks at the table when it is time; to be called several times a second. */
  tick(): void {
    const now = this.#options.now();
    if (!this.isWaiting || now < this.#lookAt) return;
    this.#lookEveryMs = this.#hasReplies ? REPLY_MS : Math.min(LAST_LOOK_MS, 2 * this.#lookEveryMs);
    this.#lookAt = now + this.#lookEveryMs;
    void this.look();
  }

  /** Looks for results at the table. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { first, last } = this.#outstanding;
    if (first === undefined || last === undefined) return;
    while ((this.#starts[1] ?? Number.POSITIVE_INFINITY) <= first) this.#starts.shift();
    const span = { start: first, end: last, from: Math.min(first, this.#starts[0] ?? first) };
    try {
      for (const page of await this.#options.look(span)) this.deliver(page);
    } catch (error) {
      this.#options.onError(error); // It is looked at again.
    }
  }

  #sent(starts: readonly number[], hasReplies: boolean): void {
    this.#starts.push(...starts);
    this.#starts.sort((a, b) => a - b);
    if (hasReplies || !this.#hasReplies) return;
    this.#hasReplies = false;
    this.#lookAt = this.#options.now() + FIRST_LOOK_MS;
  }

  #lookLater(): void {
    this.#lookEveryMs = FIRST_LOOK_MS;
    this.#lookAt = this.#options.now() + (this.#hasReplies ? REPLY_MS : FIRST_LOOK_MS);
  }

  #fail(span: Span, kind: FailureKind, error: unknown): void {
    const page = encodePage([error], () => "error");
    for (const { start, end } of this.#outstanding.take(span)) {
      this.#options.sink.results(failedPage({ start, count: end - start }, kind, page));
    }
    this.#options.onChange();
  }
}
