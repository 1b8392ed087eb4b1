import { describe, expect, it } from "vitest";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import type { Page } from "../../lib/codec/page.ts";
import { failureOf, root } from "./round-trip.ts";

function tagged(text: string): Page {
  return { text, tagged: true, attachments: [] };
}

describe("decoding", () => {
  it("refuses text that is not JSON", () => {
    expect(failureOf(() => decodePage(tagged("[1")))).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_PAGE_NOT_JSON",
        "hint": "send pages made by a Windlass codec of the same version",
        "message": "the text of a page is not JSON",
      }
    `);
  });

  it("refuses JSON that is not an array", () => {
    expect(failureOf(() => decodePage(tagged("null")))).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_PAGE_NOT_ARRAY",
        "hint": "send pages made by a Windlass codec of the same version",
        "message": "the text of a page must be a JSON array of values, got null",
      }
    `);
    expect(failureOf(() => decodePage(tagged("5"))).message).toMatchInlineSnapshot(
      `"the text of a page must be a JSON array of values, got a value of type number"`,
    );
  });

  it("refuses a tag that it does not know", () => {
    expect(failureOf(() => decodePage(tagged('[{"$w":"Process"}]')))).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_PAGE_TAG_UNKNOWN",
        "hint": "send pages made by a Windlass codec of the same version",
        "message": "a value of a page has the tag "Process", which this version does not know",
      }
    `);
    expect(failureOf(() => decodePage(tagged('[{"$w":[]}]'))).message).toMatchInlineSnapshot(
      `"a value of a page has the tag an array, which this version does not know"`,
    );
  });

  it("refuses a tag without what belongs to it", () => {
    expect(failureOf(() => decodePage(tagged('[{"$w":"Map","v":1}]')))).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_PAGE_TAG_INVALID",
        "hint": "send pages made by a Windlass codec of the same version",
        "message": "a value of a page with the tag "Map" must have an array",
      }
    `);
  });

  it("refuses a reference to an attachment that is not there", () => {
    expect(failureOf(() => decodePage(tagged('[{"$w":"Buffer","at":2}]')))).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_PAGE_ATTACHMENT_MISSING",
        "hint": "send pages made by a Windlass codec of the same version",
        "message": "a value of a page refers to attachment 2, and the page has 0",
      }
    `);
  });

  it("refuses values that are nested too deep", () => {
    const text = "[".repeat(10_000) + "]".repeat(10_000);

    expect(failureOf(() => decodePage(tagged(text)))).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_PAGE_TOO_DEEP",
        "hint": "send pages made by a Windlass codec of the same version",
        "message": "a value of a page is nested more than 500 levels deep",
      }
    `);
  });

  it("of plain text survives any nesting, and the values can be sent no further", () => {
    const text = "[".repeat(1_000_000) + "]".repeat(1_000_000);

    const values = decodePage({ text, tagged: false, attachments: [] });

    expect(failureOf(() => encodePage(values, root)).code).toBe("WINDLASS_VALUE_TOO_DEEP");
  });

  it("reads a bigint of a million digits in linear time", () => {
    const digits = "f".repeat(1_000_000);

    const [value] = decodePage(tagged(`[{"$w":"bigint","v":"${digits}"}]`));

    expect(value).toBe(2n ** 4_000_000n - 1n);
  });

  it("is not misled by a changed Object.prototype", () => {
    Object.defineProperty(Object.prototype, "$w", { value: "NaN", configurable: true });
    try {
      expect(decodePage(tagged('[{"a":1}]'))).toEqual([{ a: 1 }]);
    } finally {
      Reflect.deleteProperty(Object.prototype, "$w");
    }
  });
});
