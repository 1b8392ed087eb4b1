import { describe, expect, it } from "vitest";
import type { Page } from "../../lib/codec/page.ts";
import { createRedaction, redactFailures, redactPage } from "../../lib/storage/redact.ts";

const redact = createRedaction({ TOKEN: 'plänted "value"', PORT: "5432" });
const page = (text: string): Page => ({ text, tagged: true, attachments: [] });

describe("values of secrets", () => {
  it("go from what was thrown, however it was escaped, and stay in what was returned", () => {
    // As Python writes it.
    const thrown = page(
      '[{"message":"pl\\u00e4nted \\"value\\" at 5432","deep":["plänted \\"value\\""]}]',
    );
    const values = page('["plänted \\"value\\""]');
    const failures = [{ index: 3, kind: "error", error: thrown } as const];

    const redacted = redactFailures({ start: 3, count: 2, values, failures }, redact);
    expect(redacted.failures?.map(({ error }) => JSON.parse(error.text))).toEqual([
      [{ message: "*** at 5432", deep: ["***"] }],
    ]);
    expect(redacted.values).toBe(values);
  });

  it("cost nothing where there are none", () => {
    const thrown = page("this would not be read");
    expect(redactPage(thrown, createRedaction({ SHORT: "1234567" }))).toBe(thrown);
  });
});
