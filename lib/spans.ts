import type { Span } from "./backend.ts";

/** A set of whole numbers, kept as spans in order. */
export class Spans {
  #spans: Span[] = [];

  get isEmpty(): boolean {
    return this.#spans.length === 0;
  }

  /** All of them, in order. */
  get all(): readonly Span[] {
    return this.#spans;
  }

  /** The least of them. */
  get first(): number | undefined {
    return this.#spans[0]?.start;
  }

  /** What the greatest of them is before. */
  get last(): number | undefined {
    return this.#spans.at(-1)?.end;
  }

  /** Adds a span that follows all others. */
  append({ start, end }: Span): void {
    const last = this.#spans.at(-1);
    if (last?.end === start) this.#spans[this.#spans.length - 1] = { start: last.start, end };
    else this.#spans.push({ start, end });
  }

  /** Takes out what of a span is there, and answers it. */
  take({ start, end }: Span): Span[] {
    const taken: Span[] = [];
    const left: Span[] = [];
    for (const span of this.#spans) {
      if (span.end <= start || span.start >= end) {
        left.push(span);
        continue;
      }
      if (span.start < start) left.push({ start: span.start, end: start });
      taken.push({ start: Math.max(span.start, start), end: Math.min(span.end, end) });
      if (span.end > end) left.push({ start: end, end: span.end });
    }
    this.#spans = left;
    return taken;
  }
}
