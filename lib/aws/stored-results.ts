import type { ResultPage } from "../backend.ts";
import { BLOCK_INPUTS, rangeKey } from "./keys.ts";
import type { Objects } from "./objects.ts";
import { openResults } from "./page-text.ts";
import type { RangeRow, Span } from "./range-row.ts";
import type { Rows } from "./rows.ts";

/**
 * Stored results of a call that have an input within the span, in order; a page may begin before it and end after it.
 * @param span.from - A range that starts here or later may hold them.
 */
export async function readResults(
  store: { readonly rows: Rows; readonly objects: Objects },
  call: { readonly app: string; readonly callId: string },
  { start, end, from }: Span & { readonly from: number },
): Promise<ResultPage[]> {
  const pages: Promise<ResultPage>[] = [];
  for (let at = start; at < end; at = nextBlock(at)) {
    const { pk, sk } = rangeKey(call.app, call.callId, Math.max(from, firstOfBlock(at)));
    const rows = await store.rows.list<RangeRow>(pk, sk);
    for (const { body } of rows) {
      for (const stored of body.results) {
        if (stored.start >= end || stored.start + stored.count <= start) continue;
        const text = "text" in stored ? stored.text : store.objects.get(stored.object);
        pages.push(Promise.resolve(text).then((sealed) => openResults(sealed)));
      }
    }
  }
  return (await Promise.all(pages)).sort((a, b) => a.start - b.start);
}

function firstOfBlock(input: number): number {
  return Math.floor(input / BLOCK_INPUTS) * BLOCK_INPUTS;
}

/** The first input of the block after the one of this input: no range goes beyond it. */
export function nextBlock(input: number): number {
  return firstOfBlock(input) + BLOCK_INPUTS;
}
