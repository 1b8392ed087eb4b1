import type { FailureKind, InputPage } from "./backend.ts";
import { explodePage, joinPages } from "./codec/slice.ts";

/** Some inputs of a page, by their places in it and in order; those beside each other as one page. */
export function partsOf(page: InputPage, inputs: readonly number[]): InputPage[] {
  if (inputs.length === page.count) return [page];
  const singles = explodePage(page.args);
  const parts: InputPage[] = [];
  for (let from = 0; from < inputs.length; ) {
    const first = inputs[from] ?? 0;
    let length = 1;
    while (inputs[from + length] === first + length) length += 1;
    const args = joinPages(singles.slice(first, first + length));
    parts.push({ start: page.start + first, count: length, unary: page.unary, args });
    from += length;
  }
  return parts;
}

/** True for failures of inputs that did not run, or that their caller no longer wanted: their keys are free. */
export function freesKey(kind: FailureKind): boolean {
  return kind === "cancelled" || kind === "startup";
}
