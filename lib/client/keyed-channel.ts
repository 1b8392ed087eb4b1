import type {
  Backend,
  CallChannel,
  CallSink,
  InputPage,
  KeyedPage,
  ResultPage,
  Target,
} from "../backend.ts";
import { encodePage } from "../codec/encode.ts";
import { explodePage } from "../codec/slice.ts";
import { failedPage } from "../failed-page.ts";
import { createCallId } from "../ids.ts";
import { type PlaceRun, runsOf } from "../keyed-page.ts";
import { sliceResults } from "../slice-results.ts";
import { Spans } from "../spans.ts";
import { inputKey, keyReused } from "./idempotency.ts";

/** One look at the store waits this long at most. */
const LOOK_MS = 10_000;

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
      for (const run of runsOf(places)) void this.#follow(page.start + run.at, run);
    } catch (error) {
      this.#fail(page.start, page.count, error);
    }
  }

  /** Passes on the results of inputs of a durable call, which are those of this map from an input on. */
  async #follow(from: number, { callId, index: start, count }: PlaceRun): Promise<void> {
    const all = { start, end: start + count };
    const left = new Spans();
    left.append(all);
    while (!left.isEmpty && !this.#isOver) {
      try {
        const query = { callId, start, count, waitMs: LOOK_MS, anyOf: left.all };
        for (const page of (await this.#backend.read(query)).pages) {
          const spans = left.take({ start: page.start, end: page.start + page.count });
          for (const span of spans) this.#deliver(sliceResults(page, span), from - start);
        }
      } catch (error) {
        for (const span of left.take(all)) {
          this.#fail(span.start + from - start, span.end - span.start, error);
        }
      }
    }
  }

  /** Passes on results, by their indexes within the map. */
  #deliver(page: ResultPage, offset: number): void {
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
