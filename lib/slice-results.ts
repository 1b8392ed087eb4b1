import type { ResultPage, Span } from "./backend.ts";
import { explodePage, joinPages } from "./codec/slice.ts";

/** The results of some of a page's inputs; the span must lie within it. */
export function sliceResults(page: ResultPage, { start, end }: Span): ResultPage {
  if (start === page.start && end === page.start + page.count) return page;
  const values = explodePage(page.values).slice(start - page.start, end - page.start);
  const failures = page.failures?.filter(({ index }) => index >= start && index < end);
  return {
    start,
    count: end - start,
    values: joinPages(values),
    ...(failures !== undefined && failures.length > 0 && { failures }),
  };
}
