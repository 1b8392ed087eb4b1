import type { Backend, InputPlace, KeyedPage, Target } from "../backend.ts";
import type { Page } from "../codec/page.ts";
import { ownedPage } from "../codec/page-builder.ts";
import { joinPages } from "../codec/slice.ts";
import { currentInputId } from "../context.ts";
import { createCallId, memberId } from "../ids.ts";
import { FunctionCall } from "./function-call.ts";
import { inputKey, keyReused, storedKey } from "./idempotency.ts";
import { PerTarget } from "./per-target.ts";

/** Calls of a page at most. */
const PAGE_CALLS = 500;

interface Waiting {
  readonly key: string;
  readonly args: Page;
  resolve(place: InputPlace | undefined): void;
  reject(error: unknown): void;
}

const argumentRoot = (): string => "args";

/** The calls of one target that have keys: those of one turn of the event loop travel as one page. */
class KeyedGroup {
  readonly backend: Backend;
  readonly #target: Target;
  #waiting: Waiting[] = [];
  /** The input that made those that wait. */
  #parent: string | undefined;

  constructor(backend: Backend, target: Target) {
    this.backend = backend;
    this.#target = target;
  }

  async spawn(key: string, args: readonly unknown[]): Promise<FunctionCall<unknown>> {
    const page = ownedPage([args], argumentRoot);
    const parent = currentInputId();
    if (parent !== this.#parent) this.#flush();
    this.#parent = parent;
    const place = await new Promise<InputPlace | undefined>((resolve, reject) => {
      if (this.#waiting.length === 0) queueMicrotask(() => this.#flush());
      this.#waiting.push({ key: storedKey(this.#target, key), args: page, resolve, reject });
    });
    if (place === undefined) throw keyReused(this.#target);
    return new FunctionCall(memberId(place.callId, place.index), this.backend);
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < waiting.length; from += PAGE_CALLS) {
      void this.#send(waiting.slice(from, from + PAGE_CALLS));
    }
  }

  async #send(calls: readonly Waiting[]): Promise<void> {
    try {
      const request = { callId: createCallId(), target: this.#target, kind: "group" } as const;
      const places = await this.backend.spawnOnce(request, {
        ...toPage(calls),
        parent: this.#parent,
      });
      for (const [at, call] of calls.entries()) call.resolve(places[at]);
    } catch (error) {
      for (const call of calls) call.reject(error);
    }
  }
}

function toPage(calls: readonly Waiting[]): KeyedPage {
  const keys = calls.map(({ key, args }) => inputKey(key, { unary: false, args }));
  const args = joinPages(calls.map((call) => call.args));
  return { start: 0, count: calls.length, unary: false, args, keys };
}

const groups: PerTarget<KeyedGroup> = new PerTarget(
  (backend, target) => new KeyedGroup(backend, target),
);

/** Stores a call unless its key has one; answers that one then. @throws InvalidError for other arguments */
export async function callSpawnOnce(
  target: Target,
  key: string,
  args: readonly unknown[],
): Promise<FunctionCall<unknown>> {
  return groups.of(target).spawn(key, args);
}
