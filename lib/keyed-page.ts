import type { FailureKind, InputPage, InputPlace } from "./backend.ts";
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

/** Inputs of a page whose results lie beside each other. */
export interface PlaceRun extends InputPlace {
  /** Place of the first in the page. */
  readonly at: number;
  readonly count: number;
}

/** Where the results of inputs are, those beside each other together. */
export function runsOf(places: readonly (InputPlace | undefined)[]): PlaceRun[] {
  const runs: PlaceRun[] = [];
  for (const [at, place] of places.entries()) {
    if (place === undefined) continue;
    const { callId, index } = place;
    const last = runs.at(-1);
    const follows =
      last?.callId === callId && last.index + last.count === index && last.at + last.count === at;
    if (last !== undefined && follows) runs[runs.length - 1] = { ...last, count: last.count + 1 };
    else runs.push({ callId, index, at, count: 1 });
  }
  return runs;
}

/** True for failures of inputs that did not run, or that their caller no longer wanted: their keys are free. */
export function freesKey(kind: FailureKind): boolean {
  return kind === "cancelled" || kind === "startup";
}
