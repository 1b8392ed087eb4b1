import type { CallChannel, CallSink, InputPage, ResultPage, Target } from "../backend.ts";
import { currentInputId } from "../context.ts";
import { createCallId } from "../ids.ts";
import { backendFor } from "./backend-for.ts";
import { toError } from "./failure.ts";
import type { KeyOption } from "./idempotency.ts";
import { type FeedOptions, InputFeed } from "./input-feed.ts";
import { KeyedChannel } from "./keyed-channel.ts";
import { KeyedItems } from "./keyed-items.ts";
import { ResultBuffer } from "./result-buffer.ts";
import { noteUnconsumed } from "./unconsumed.ts";

/** Inputs whose outputs may be unconsumed, as Modal's client holds. */
const WINDOW_INPUTS = 1000;
/** Outputs that may wait besides for that of a slow input, while its caller does: the others go on meanwhile. */
const HELD_BACK = 10 * WINDOW_INPUTS;
/** Bytes of outputs that may be unconsumed. */
const WINDOW_BYTES = 64 * 1024 * 1024;
/** While outputs are at hand, inputs are pulled by this many: each write to a container costs a switch of processes. */
const PULL_BUSY = WINDOW_INPUTS / 2;
/** Once no output is at hand, room for this many is filled, so that containers do not wait. */
const PULL_IDLE = WINDOW_INPUTS / 8;

/** How a map runs. */
export interface MapOptions<Failures extends boolean = boolean, Item = never> {
  /** Yield in the order of the inputs (`true`) or of completion. @default true */
  readonly ordered?: boolean | undefined;
  /** Yield the error of a failed input in its place instead of throwing it. @default false */
  readonly returnExceptions?: Failures | undefined;
  /**
   * Runs each input once, though this is called again, by another process too: inputs whose keys were used within seven
   * days have the results of then, and those that still run are waited for. One key for all of this map, to which the
   * indexes of inputs are added, or the key of an item. Leaving the loop early lets inputs go on that were sent.
   * @default - each call runs all of its inputs
   */
  readonly idempotencyKey?: KeyOption<Item> | undefined;
}

export interface MapRequest {
  /** True when each item is the single argument, false when it is the tuple of arguments. */
  readonly unary: boolean;
  readonly ordered: boolean;
  readonly returnExceptions: boolean;
  readonly idempotencyKey?: KeyOption<never> | undefined;
}

interface Waiter {
  resolve(result: IteratorResult<unknown, undefined>): void;
  reject(error: unknown): void;
}

const DONE: IteratorResult<unknown, undefined> = { value: undefined, done: true };

/**
 * The outputs of a map. Nothing runs until it is iterated. Leaving the loop early cancels what is left.
 */
export interface MapStream<Output> extends AsyncIterableIterator<Output, undefined, void> {
  /** All outputs. */
  toArray(): Promise<Output[]>;
}

// next() is written by hand: an async generator costs twice as much per output.
class RunningMap implements MapStream<unknown> {
  readonly #target: Target;
  readonly #items: Iterable<unknown> | AsyncIterable<unknown>;
  readonly #request: MapRequest;
  readonly #buffer: ResultBuffer;
  readonly #forget: () => void;
  #channel: CallChannel | undefined;
  #feed: InputFeed | undefined;
  #waiters: Waiter[] = [];
  #yielded = 0;
  /** How many outputs have been yielded when there is room for half a window. */
  #pullAt = 0;
  #total: number | undefined;
  #failure: { readonly error: unknown } | undefined;
  #over = false;

  constructor(
    target: Target,
    items: Iterable<unknown> | AsyncIterable<unknown>,
    request: MapRequest,
  ) {
    this.#target = target;
    this.#items = items;
    this.#request = request;
    this.#buffer = new ResultBuffer(request.ordered);
    this.#forget = noteUnconsumed(
      target.method === undefined ? target.name : `${target.name}.${target.method}`,
    );
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#waiters.length === 0) {
      try {
        if (this.#feed === undefined && !this.#over) this.#begin();
        const step = this.#step();
        if (step !== undefined) return Promise.resolve(step);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.#forget();
    this.#finish();
    return Promise.resolve(DONE);
  }

  async toArray(): Promise<unknown[]> {
    const outputs: unknown[] = [];
    for await (const output of this) outputs.push(output);
    return outputs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #begin(): void {
    this.#forget();
    const sink: CallSink = { results: (page) => this.#arrive(page) };
    const { items, push } = this.#open(sink);
    this.#feed = new InputFeed({
      items,
      unary: this.#request.unary,
      push,
      room: () => this.#room(),
      ended: (error) => this.#ended(error),
    });
    this.#feed.pump();
  }

  #open(sink: CallSink): Pick<FeedOptions, "items" | "push"> {
    const backend = backendFor(this.#target);
    const { idempotencyKey } = this.#request;
    const parent = currentInputId();
    if (idempotencyKey !== undefined) {
      const channel = new KeyedChannel(backend, this.#target, sink);
      const keyed = new KeyedItems(this.#target, idempotencyKey);
      this.#channel = channel;
      const push = (page: InputPage): void =>
        channel.push({ ...page, parent }, keyed.take(page.count));
      return { items: keyed.of(this.#items), push };
    }
    const request = { callId: createCallId(), target: this.#target, kind: "map" } as const;
    const channel = backend.open(request, sink);
    this.#channel = channel;
    if (parent === undefined) return { items: this.#items, push: (page) => channel.push(page) };
    return { items: this.#items, push: (page) => channel.push({ ...page, parent }) };
  }

  #room(): number {
    if (this.#over || this.#buffer.bytes > WINDOW_BYTES) return 0;
    const heldBack = this.#waiters.length > 0 ? Math.min(HELD_BACK, this.#buffer.waiting) : 0;
    return WINDOW_INPUTS + heldBack - ((this.#feed?.pushed ?? 0) - this.#yielded);
  }

  /** The next result if it can be told now; throws the failure that ends this map. */
  #step(): IteratorResult<unknown, undefined> | undefined {
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      this.#failure = undefined;
      this.#finish();
      throw error;
    }
    if (this.#over) return DONE;
    if (!this.#buffer.ready) {
      if (this.#yielded !== this.#total) return undefined;
      this.#finish();
      return DONE;
    }
    const value = this.#buffer.take();
    this.#yielded += 1;
    if (this.#yielded >= this.#pullAt || !this.#buffer.hasNext) this.#pullMore();
    return { value, done: false };
  }

  #pullMore(): void {
    const feed = this.#feed;
    if (feed === undefined || this.#total !== undefined) return;
    const room = this.#room();
    const isDry = !this.#buffer.ready && (room >= PULL_IDLE || this.#yielded === feed.pushed);
    if (room >= PULL_BUSY || isDry) feed.pump();
    this.#pullAt = feed.pushed - WINDOW_INPUTS + PULL_BUSY;
  }

  #arrive(page: ResultPage): void {
    if (this.#over) return;
    const [failure] = page.failures ?? [];
    // A failure is raised when it arrives, even while earlier outputs are outstanding.
    if (failure !== undefined && !this.#request.returnExceptions) {
      this.#failure ??= { error: toError(failure) };
    } else {
      this.#buffer.add(page);
    }
    this.#serve();
  }

  #ended(error?: unknown): void {
    if (error === undefined) this.#total = this.#feed?.pushed ?? 0;
    else this.#failure ??= { error };
    this.#serve();
  }

  #serve(): void {
    for (;;) {
      // Taken out first: a step that ends this map serves those that wait behind.
      const waiter = this.#waiters.shift();
      if (waiter === undefined) return;
      try {
        const step = this.#step();
        if (step === undefined) {
          this.#waiters.unshift(waiter);
          this.#pullMore();
          return;
        }
        waiter.resolve(step);
      } catch (error) {
        waiter.reject(error);
      }
    }
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#feed?.stop();
    if (this.#yielded !== this.#total) this.#channel?.cancel();
    this.#channel?.close();
    this.#serve();
  }
}

/** Runs a function once per item, remotely. Lazy: nothing runs until the stream is iterated. */
export function callMap(
  target: Target,
  items: Iterable<unknown> | AsyncIterable<unknown>,
  request: MapRequest,
): MapStream<unknown> {
  return new RunningMap(target, items, request);
}

/** Runs a function once per item and waits for all; throws the first failure unless told to ignore them. */
export async function callForEach(
  target: Target,
  items: Iterable<unknown> | AsyncIterable<unknown>,
  options: Pick<MapRequest, "unary" | "idempotencyKey"> & { readonly ignoreExceptions: boolean },
): Promise<void> {
  const { unary, idempotencyKey, ignoreExceptions } = options;
  const outputs = callMap(target, items, {
    ...{ unary, idempotencyKey },
    ordered: false,
    returnExceptions: ignoreExceptions,
  });
  for await (const _ of outputs);
}
