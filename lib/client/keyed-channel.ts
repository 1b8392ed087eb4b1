import type {
  Backend,
  CallChannel,
  CallSink,
  InputPage,
  InputPlace,
  KeyedPage,
  Span,
  Target,
} from "../backend.ts";
import { encodePage } from "../codec/encode.ts";
import { explodePage } from "../codec/slice.ts";
import { failedPage } from "../failed-page.ts";
import { createCallId } from "../ids.ts";
import { sliceResults } from "../slice-results.ts";
import { Spans } from "../spans.ts";
import { inputKey, keyReused } from "./idempotency.ts";

/** One look at the store waits this long at most. */
const LOOK_MS = 10_000;

/** Inputs of a map whose results are those of consecutive inputs of a durable call. */
interface Followed {
  /** Index of the first within the map, and within that call. */
  readonly start: number;
  readonly at: number;
  readonly callId: string;
  count: number;
}

/**
 * A map whose inputs have keys: each page is a durable call of those whose keys are free, and the others are read where
 * their keys lead. What was sent goes on when nobody waits for it any more: its results are there for the next map.
 */
export class KeyedChannel implements CallChannel {
  readonly #backend: Backend;
  readonly #target: Target;
  readonly #sink: CallSink;
  #isOver = false;

  constructor(backend: Backend, target: Target, sink: CallSink) {
    this.#backend = backend;
    this.#target = target;
    this.#sink = sink;
  }

  /** @param keys - As they are stored, one an input. */
  push(page: InputPage, keys: readonly string[] = []): void {
    void this.#send(page, keys);
  }

  cancel(): void {
    this.#isOver = true;
  }

  credit(): void {}

  close(): void {
    this.#isOver = true;
  }

  async #send(page: InputPage, keys: readonly string[]): Promise<void> {
    try {
      const request = { callId: createCallId(), target: this.#target, kind: "map" } as const;
      const places = await this.#backend.spawnOnce(request, toKeyed(page, keys));
      for (const [at, place] of places.entries()) {
        if (place === undefined) this.#fail(page.start + at, 1, keyReused(this.#target));
      }
      for (const followed of runsOf(page.start, places)) void this.#follow(followed);
    } catch (error) {
      this.#fail(page.start, page.count, error);
    }
  }

  async #follow({ start, at, callId, count }: Followed): Promise<void> {
    const left = new Spans();
    left.append({ start: at, end: at + count });
    while (!left.isEmpty && !this.#isOver) {
      try {
        const query = { callId, start: at, count, waitMs: LOOK_MS, anyOf: left.all };
        for (const page of (await this.#backend.read(query)).pages) {
          const spans = left.take({ start: page.start, end: page.start + page.count });
          for (const span of spans) this.#deliver(sliceResults(page, span), start - at);
        }
      } catch (error) {
        const lost = left.take({ start: at, end: at + count });
        for (const span of lost) this.#fail(span.start + start - at, span.end - span.start, error);
      }
    }
  }

  /** Passes on results, by their indexes within the map. */
  #deliver(page: ReturnType<typeof sliceResults>, offset: number): void {
    if (this.#isOver) return;
    const failures = page.failures?.map((one) => ({ ...one, index: one.index + offset }));
    this.#sink.results({ ...page, start: page.start + offset, failures });
  }

  #fail(start: number, count: number, error: unknown): void {
    if (this.#isOver) return;
    const page = encodePage([error], () => "error");
    this.#sink.results(failedPage({ start, count }, "startup", page));
  }
}

function toKeyed(page: InputPage, keys: readonly string[]): KeyedPage {
  const { unary } = page;
  const singles = explodePage(page.args);
  const hashed = singles.map((args, at) => inputKey(keys[at] ?? "", { unary, args }));
  return { ...page, start: 0, keys: hashed };
}

/** Runs of inputs whose results lie beside each other. */
function runsOf(start: number, places: readonly (InputPlace | undefined)[]): Followed[] {
  const runs: Followed[] = [];
  let last: (Followed & { end: Span["end"] }) | undefined;
  for (const [at, place] of places.entries()) {
    if (place === undefined) {
      last = undefined;
    } else if (last?.callId === place.callId && last.end === place.index) {
      last.count += 1;
      last.end += 1;
    } else {
      const { callId, index } = place;
      last = { start: start + at, at: index, callId, count: 1, end: index + 1 };
      runs.push(last);
    }
  }
  return runs;
}
