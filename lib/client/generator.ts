import type { CallChannel, ItemPage, ResultPage, Target } from "../backend.ts";
import { decodePage } from "../codec/decode.ts";
import { ownedPage } from "../codec/page-builder.ts";
import { currentInputId } from "../context.ts";
import { createCallId } from "../ids.ts";
import { CREDIT_STEP } from "../item-credit.ts";
import { backendFor } from "./backend-for.ts";
import { toError } from "./failure.ts";

type Step = IteratorResult<unknown, undefined>;
const DONE: Step = { value: undefined, done: true };

/** The items of a generator that runs remotely. Nothing runs until it is iterated. */
class RemoteGenerator implements AsyncGenerator<unknown, undefined, void> {
  readonly #target: Target;
  readonly #args: readonly unknown[];
  readonly #pages: ItemPage[] = [];
  #channel: CallChannel | undefined;
  #values: unknown[] = [];
  #cursor = 0;
  #taken = 0;
  #end: { readonly error?: Error } | undefined;
  #wake: () => void = () => {};

  constructor(target: Target, args: readonly unknown[]) {
    this.#target = target;
    this.#args = args;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Step> {
    if (this.#channel === undefined && this.#end === undefined) this.#begin();
    for (;;) {
      if (this.#cursor < this.#values.length) return this.#take();
      const page = this.#pages.shift();
      if (page !== undefined) {
        this.#values = decodePage(page.values);
        this.#cursor = 0;
      } else if (this.#end !== undefined) {
        return this.#finish();
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  async return(): Promise<Step> {
    if (this.#end === undefined) this.#channel?.cancel();
    this.#channel?.close();
    this.#end = {};
    this.#pages.length = 0;
    this.#values = [];
    return DONE;
  }

  async throw(error: unknown): Promise<Step> {
    await this.return();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #begin(): void {
    const target = this.#target;
    const args = ownedPage([this.#args], () => "args");
    const request = { callId: createCallId(), target, kind: "generator" } as const;
    this.#channel = backendFor(target).open(request, {
      items: (items) => {
        this.#pages.push(items);
        this.#wake();
      },
      results: (page) => this.#ended(page),
    });
    this.#channel.push({ start: 0, count: 1, unary: false, args, parent: currentInputId() });
  }

  #take(): Step {
    const value = this.#values[this.#cursor];
    this.#cursor += 1;
    this.#taken += 1;
    if (this.#taken % CREDIT_STEP === 0) this.#channel?.credit(CREDIT_STEP);
    return { value, done: false };
  }

  #ended(page: ResultPage): void {
    const [failure] = page.failures ?? [];
    this.#end ??= failure === undefined ? {} : { error: toError(failure) };
    this.#wake();
  }

  /** The end, or the error that came after the last item. */
  #finish(): Step {
    const error = this.#end?.error;
    this.#end = {};
    this.#channel?.close();
    if (error !== undefined) throw error;
    return DONE;
  }
}

/** Streams what a generator function yields, remotely. Leaving the loop early cancels it. */
export function callRemoteGen(
  target: Target,
  args: readonly unknown[],
): AsyncGenerator<unknown, undefined, void> {
  return new RemoteGenerator(target, args);
}
