import type { Backend, InputPage, Target } from "../backend.ts";
import type { Page } from "../codec/page.ts";
import { ownedPage, PAGE_BYTES, pageSize } from "../codec/page-builder.ts";
import { joinPages } from "../codec/slice.ts";
import { currentInputId } from "../context.ts";
import { createCallId, memberId } from "../ids.ts";
import { backendFor } from "./backend-for.ts";
import { FunctionCall } from "./function-call.ts";
import { InputFeed } from "./input-feed.ts";
import { PerTarget } from "./per-target.ts";

/** Inputs of a stored page: large pages are what makes durable calls fast. */
const STORED_INPUTS = 1000;
/** Pages that may be on their way to the store. */
const PAGES_IN_FLIGHT = 8;

const argumentRoot = (): string => "args";

/** The spawned calls of one target: those of one turn of the event loop are stored as one page. */
class SpawnGroup {
  readonly backend: Backend;
  readonly #target: Target;
  #callId = "";
  #waiting: Page[] = [];
  #bytes = 0;
  #stored: Promise<void> | undefined;
  /** The input that made those that wait. */
  #parent: string | undefined;

  constructor(backend: Backend, target: Target) {
    this.backend = backend;
    this.#target = target;
  }

  async spawn(args: readonly unknown[]): Promise<FunctionCall<unknown>> {
    const page = ownedPage([args], argumentRoot);
    const isFull = this.#waiting.length === STORED_INPUTS || this.#bytes > PAGE_BYTES;
    const parent = currentInputId();
    if (this.#stored === undefined || isFull || parent !== this.#parent) this.#begin(parent);
    this.#bytes += pageSize(page);
    const id = memberId(this.#callId, this.#waiting.length);
    this.#waiting.push(page);
    await this.#stored;
    return new FunctionCall(id, this.backend);
  }

  #begin(parent: string | undefined): void {
    this.#parent = parent;
    const callId = createCallId();
    const pages: Page[] = [];
    this.#callId = callId;
    this.#bytes = 0;
    this.#waiting = pages;
    this.#stored = this.#store(callId, pages, parent);
  }

  async #store(callId: string, pages: readonly Page[], parent: string | undefined): Promise<void> {
    await Promise.resolve();
    if (this.#waiting === pages) this.#stored = undefined;
    const args = joinPages(pages);
    const request = { callId, target: this.#target, kind: "group" } as const;
    const count = pages.length;
    await this.backend.spawn(request, { start: 0, count, unary: false, args, parent });
    await this.backend.endSpawn(callId, count);
  }
}

const groups: PerTarget<SpawnGroup> = new PerTarget(
  (backend, target) => new SpawnGroup(backend, target),
);

/** Stores a call and returns at once; it runs whether or not this process waits for it. */
export async function callSpawn(
  target: Target,
  args: readonly unknown[],
): Promise<FunctionCall<unknown>> {
  return groups.of(target).spawn(args);
}

/** Stores one call with an input per item; returns when all inputs are stored. */
export async function callSpawnMap(
  target: Target,
  items: Iterable<unknown> | AsyncIterable<unknown>,
  options: { readonly unary: boolean },
): Promise<FunctionCall<unknown>> {
  const backend = backendFor(target);
  const request = { callId: createCallId(), target, kind: "map" } as const;
  const parent = currentInputId();
  const store = (page: InputPage): Promise<void> => backend.spawn(request, { ...page, parent });
  const total = await storeAll(items, options.unary, store);
  await backend.endSpawn(request.callId, total);
  return new FunctionCall(request.callId, backend);
}

function storeAll(
  items: Iterable<unknown> | AsyncIterable<unknown>,
  unary: boolean,
  store: (page: InputPage) => Promise<void>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let inFlight = 0;
    let isOver = false;
    const feed = new InputFeed({
      items,
      unary,
      pageInputs: STORED_INPUTS,
      room: () => (PAGES_IN_FLIGHT - inFlight) * STORED_INPUTS,
      push(page) {
        inFlight += 1;
        store(page).then(() => {
          inFlight -= 1;
          if (isOver && inFlight === 0) resolve(feed.pushed);
          else feed.pump();
        }, reject);
      },
      ended(error) {
        isOver = true;
        if (error !== undefined) reject(error);
        else if (inFlight === 0) resolve(feed.pushed);
      },
    });
    feed.pump();
  });
}
