import type { InputPage, ResultPage, Span } from "../../lib/backend.ts";
import { parseInputId } from "../../lib/ids.ts";
import { Spans } from "../../lib/spans.ts";

/** Inputs of a call that user code waits for, by the input that made them. */
export class OutstandingInputs {
  readonly #byParent: Map<string, Spans> = new Map();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add({ start, count, parent = "" }: InputPage): void {
    this.#count += count;
    let spans = this.#byParent.get(parent);
    if (spans === undefined) {
      spans = new Spans();
      this.#byParent.set(parent, spans);
    }
    spans.append({ start, end: start + count });
  }

  answer({ start, count }: ResultPage): void {
    this.#count -= count;
    let left = count;
    // The oldest first: most likely it is what they were made by.
    for (const [parent, spans] of this.#byParent) {
      for (const taken of spans.take({ start, end: start + count }))
        left -= taken.end - taken.start;
      if (spans.isEmpty) this.#byParent.delete(parent);
      if (left === 0) return;
    }
  }

  /** Those that some inputs of a call wait for, which are then no longer listed, but still counted. */
  takeMadeBy(callId: string, { start, end }: Span): Span[] {
    const made: Span[] = [];
    for (const [parent, spans] of this.#byParent) {
      const maker = parseInputId(parent);
      if (maker.callId !== callId || maker.index < start || maker.index >= end) continue;
      made.push(...spans.all);
      this.#byParent.delete(parent);
    }
    return made;
  }
}
