import type { ResultPage } from "../../lib/backend.ts";
import { explodePage, joinPages } from "../../lib/codec/slice.ts";

/** The parts of a page between inputs that are not to be told: they run again, or were answered for. */
export function splitAround(
  page: ResultPage,
  skipping: readonly { readonly index: number }[],
): ResultPage[] {
  const skipped = new Set(skipping.map(({ index }) => index));
  if (skipped.size === page.count) return [];
  const values = explodePage(page.values);
  const parts: ResultPage[] = [];
  let start = page.start;
  const close = (end: number): void => {
    if (end > start) {
      const failures = page.failures?.filter(({ index }) => index >= start && index < end);
      parts.push({
        start,
        count: end - start,
        values: joinPages(values.slice(start - page.start, end - page.start)),
        failures: failures?.length === 0 ? undefined : failures,
      });
    }
    start = end + 1;
  };
  for (let index = page.start; index < page.start + page.count; index += 1) {
    if (skipped.has(index)) close(index);
  }
  close(page.start + page.count);
  return parts;
}
