import { PAGE_BYTES, PageBuilder } from "../../lib/codec/page-builder.ts";
import { cancellation, ExecutionError } from "../../lib/errors.ts";
import { encodeItems } from "../../lib/messages.ts";
import type { Job } from "./job.ts";

const PAGE_ITEMS = 250;
/** Items that follow each other faster than this share a message. */
const GATHER_MS = 1;

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

/** Sends what a generator yields, no faster than its caller takes it. */
export async function stream(
  value: unknown,
  job: Job,
  send: (buffers: readonly Buffer[]) => void,
): Promise<void> {
  const iterator = toIterator(value);
  const items = new ItemSender(job, send);
  try {
    for (;;) {
      if (items.mustWait) await items.credit();
      if (job.isCancelled(0)) throw cancellation();
      const next = iterator.next();
      const step = next instanceof Promise ? await next : (next as IteratorResult<unknown>);
      if (step.done === true) return;
      if (items.add(step.value)) await new Promise((resolve) => setImmediate(resolve));
    }
  } catch (error) {
    await iterator.return?.();
    throw error;
  } finally {
    items.flush();
  }
}

export function addCredit(job: Job | undefined, items: number): void {
  if (job === undefined) return;
  job.credit += items;
  job.onCredit();
}

/** Gathers items into messages. */
class ItemSender {
  readonly #job: Job;
  readonly #send: (buffers: readonly Buffer[]) => void;
  readonly #items: PageBuilder = new PageBuilder((index) => `item ${this.#sent + index}`);
  #sent = 0;
  #sentAt = 0;

  constructor(job: Job, send: (buffers: readonly Buffer[]) => void) {
    this.#job = job;
    this.#send = send;
  }

  get mustWait(): boolean {
    return this.#job.credit <= 0;
  }

  /** Adds an item as it is now; true when the event loop should turn. @throws SerializationError */
  add(item: unknown): boolean {
    this.#job.credit -= 1;
    this.#items.add(item);
    if (this.#items.count === 1) setImmediate(() => this.flush());
    const isDue = performance.now() - this.#sentAt > GATHER_MS;
    if (!isDue && this.#items.count < PAGE_ITEMS && this.#items.size < PAGE_BYTES) return false;
    this.flush();
    return isDue;
  }

  flush(): void {
    const { count } = this.#items;
    if (count === 0) return;
    const values = this.#items.build();
    this.#sent += count;
    this.#sentAt = performance.now();
    this.#send(encodeItems(this.#job.id, { count, values }));
  }

  /** Resolves when there is credit, or the input was cancelled. */
  async credit(): Promise<void> {
    this.flush();
    await new Promise<void>((resolve) => {
      this.#job.onCredit = resolve;
    });
  }
}

function toIterator(value: unknown): AnyIterator {
  if (typeof value === "object" && value !== null) {
    if (Symbol.asyncIterator in value) {
      return (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    }
    if (Symbol.iterator in value) return (value as Iterable<unknown>)[Symbol.iterator]();
  }
  throw notAGenerator(`returned ${typeof value}`);
}

/** @param does - what it does instead: completes the sentence `this one …` */
export function notAGenerator(does: string): ExecutionError {
  return new ExecutionError(
    "WINDLASS_NOT_A_GENERATOR",
    `a function called by remoteGen must be a generator, this one ${does}`,
    { hint: "declare it with `function*` or `async function*`, or call it by remote()" },
  );
}
