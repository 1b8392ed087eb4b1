import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openEnvelope, sealEnvelope } from "../../lib/aws/envelope.ts";
import { openReply, openResults, sealReply, sealResults } from "../../lib/aws/page-text.ts";
import { MESSAGE_BYTES } from "../../lib/aws/queues.ts";

// What SQS takes: tab, newline, return, and all of Unicode but surrogates, U+FFFE and U+FFFF.
const REFUSED_BY_SQS = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

const page = fc.record({
  text: fc.array(fc.string({ unit: "binary" })).map((values) => JSON.stringify(values)),
  tagged: fc.boolean(),
  attachments: fc.array(fc.uint8Array({ maxLength: 40 })),
});

describe("an envelope", () => {
  it("gives back its pages, and holds nothing that SQS refuses", () => {
    fc.assert(
      fc.property(fc.array(page, { maxLength: 3 }), fc.string({ unit: "binary" }), (pages, id) => {
        const sealed = sealEnvelope({ id }, pages);
        expect(sealed).not.toMatch(REFUSED_BY_SQS);
        const opened = openEnvelope(sealed);
        expect(opened.fields["id"]).toBe(id);
        expect(opened.pages).toHaveLength(pages.length);
        for (const [index, { text, tagged, attachments }] of opened.pages.entries()) {
          expect(JSON.parse(text)).toEqual(JSON.parse(pages[index]?.text ?? ""));
          expect(tagged).toBe(pages[index]?.tagged);
          expect(attachments.map((bytes) => [...bytes])).toEqual(
            pages[index]?.attachments.map((bytes) => [...bytes]),
          );
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("carries results with their failures", () => {
    const bytes = Buffer.from([1, 2, 3]);
    const error = { text: '["boom"]', tagged: true, attachments: [Buffer.from([9])] };
    const results = {
      start: 7,
      count: 2,
      values: { text: "[null,1]", tagged: true, attachments: [bytes] },
      failures: [{ index: 7, kind: "error", error }],
    } as const;
    expect(openResults(sealResults(results))).toEqual(results);
    const reply = { callId: "fc-1", epoch: 3 };
    expect(openReply(sealReply(results, reply))).toEqual({ ...reply, page: results });
  });

  it("announces results that no message can carry", () => {
    const values = {
      text: JSON.stringify(["é".repeat(MESSAGE_BYTES / 2)]),
      tagged: false,
      attachments: [],
    };
    const reply = { callId: "fc-1", epoch: 0 };
    const sealed = sealReply({ start: 0, count: 1, values }, reply);
    expect(sealed.length).toBeLessThan(100);
    expect(openReply(sealed)).toEqual({ ...reply, page: undefined });
  });

  it.each(["", "[]", "{", "null", '{"v":1,"pages":1}', '{"v":1,"pages":0}\n'])(
    "refuses %j",
    (text) => {
      expect(() => openEnvelope(text)).toThrow(
        expect.objectContaining({ code: "WINDLASS_ENVELOPE_MALFORMED" }),
      );
    },
  );

  it("refuses a version that it does not know", () => {
    expect(() => openEnvelope('{"v":9,"pages":0}')).toThrow(
      expect.objectContaining({ code: "WINDLASS_ENVELOPE_VERSION" }),
    );
  });
});
