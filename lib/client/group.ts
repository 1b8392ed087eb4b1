import type { Backend, CallChannel, ResultPage, Target } from "../backend.ts";
import { decodePage } from "../codec/decode.ts";
import type { Page } from "../codec/page.ts";
import { ownedPage, PAGE_BYTES, pageSize } from "../codec/page-builder.ts";
import { joinPages } from "../codec/slice.ts";
import { currentInputId } from "../context.ts";
import { createCallId } from "../ids.ts";
import { toError } from "./failure.ts";
import { PerTarget } from "./per-target.ts";

/** Its `then` queues a microtask; `queueMicrotask` makes an AsyncResource as well, which takes 1 µs. */
const TURN_ENDS: Promise<void> = Promise.resolve();
/** Calls of a page at most. */
const PAGE_CALLS = 1000;

interface Waiter {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

const argumentRoot = (): string => "args";

/**
 * The awaited calls of one target. Calls made in one turn of the event loop are gathered by a microtask
 * and travel as one page; a lone call leaves at once.
 */
class Group {
  readonly backend: Backend;
  readonly #channel: CallChannel;
  readonly #waiters: Map<number, Waiter> = new Map();
  #next = 0;
  #waiting: Page[] = [];
  /** The input that made those that wait. */
  #parent: string | undefined;

  constructor(backend: Backend, target: Target) {
    this.backend = backend;
    this.#channel = backend.open(
      { callId: createCallId(), target, kind: "group" },
      { results: (page) => this.#settle(page) },
    );
  }

  call(args: readonly unknown[]): Promise<unknown> {
    // Encoded now, so that what the caller does to its arguments after the call is not seen.
    const page = ownedPage([args], argumentRoot);
    const parent = currentInputId();
    if (parent !== this.#parent) {
      this.#flush();
      this.#parent = parent;
    }
    const index = this.#next;
    this.#next += 1;
    if (this.#waiting.length === 0) void TURN_ENDS.then(() => this.#flush());
    this.#waiting.push(page);
    return new Promise((resolve, reject) => {
      this.#waiters.set(index, { resolve, reject });
    });
  }

  #flush(): void {
    const pages = this.#waiting;
    if (pages.length === 0) return;
    this.#waiting = [];
    const parent = this.#parent;
    let start = this.#next - pages.length;
    for (const part of portions(pages)) {
      this.#channel.push({
        start,
        count: part.length,
        unary: false,
        args: joinPages(part),
        parent,
      });
      start += part.length;
    }
  }

  #settle(page: ResultPage): void {
    const values = decodePage(page.values);
    for (const failure of page.failures ?? []) {
      this.#take(failure.index)?.reject(toError(failure));
    }
    for (let offset = 0; offset < page.count; offset += 1) {
      this.#take(page.start + offset)?.resolve(values[offset]);
    }
  }

  #take(index: number): Waiter | undefined {
    const waiter = this.#waiters.get(index);
    if (waiter !== undefined) this.#waiters.delete(index);
    return waiter;
  }
}

/** Calls in runs that make pages of a reasonable size. */
function* portions(pages: readonly Page[]): Generator<readonly Page[]> {
  let from = 0;
  let bytes = 0;
  for (const [at, page] of pages.entries()) {
    const size = pageSize(page);
    if (at > from && (at - from === PAGE_CALLS || bytes + size > PAGE_BYTES)) {
      yield pages.slice(from, at);
      from = at;
      bytes = 0;
    }
    bytes += size;
  }
  yield from === 0 ? pages : pages.slice(from);
}

const groups: PerTarget<Group> = new PerTarget((backend, target) => new Group(backend, target));

/**
 * Runs a function once, remotely, and waits for its result.
 * @throws what the function threw, or a `FunctionTimeoutError`, `ContainerCrashedError`, `InputCancellation`
 */
export function callRemote(target: Target, args: readonly unknown[]): Promise<unknown> {
  // Not an async function: those cost three more turns of the microtask queue per call.
  try {
    return groups.of(target).call(args);
  } catch (error) {
    return Promise.reject(error);
  }
}
