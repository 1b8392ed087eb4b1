import type { FailureKind, ResultPage } from "./backend.ts";
import type { Page } from "./codec/page.ts";

/** The results of inputs that all failed for one reason; `error` is a page of one value. */
export function failedPage(
  { start, count }: { readonly start: number; readonly count: number },
  kind: FailureKind,
  error: Page,
): ResultPage {
  const text = `[${Array(count).fill("null").join(",")}]`;
  const failures = Array.from({ length: count }, (_, offset) => {
    return { index: start + offset, kind, error };
  });
  return { start, count, values: { text, tagged: false, attachments: [] }, failures };
}
