import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { explodePage, joinPages } from "../../lib/codec/slice.ts";
import { DeserializationError } from "../../lib/errors.ts";
import { errors, values } from "./arbitraries.ts";
import { root, roundTrip } from "./round-trip.ts";

/** As JSON has it: JSON.stringify makes 0 of −0. */
const json = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)));
const pages = fc.array(values, { maxLength: 4 });

describe("any value", () => {
  it("is the same after it was sent", () => {
    fc.assert(
      fc.property(values, (value) => {
        assert.deepStrictEqual(roundTrip(value), value);
      }),
      { numRuns: 10_000 },
    );
  });

  it("is not changed by sending it", () => {
    fc.assert(
      fc.property(values, values, (value, other) => {
        const before = encodePage([value, other], root);

        const after = encodePage([value, other], root);

        assert.deepStrictEqual(after, before);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is encoded alike after it was sent", () => {
    fc.assert(
      fc.property(pages, (items) => {
        const page = encodePage(items, root);

        assert.deepStrictEqual(encodePage(decodePage(page), root), page);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is sent as plain text, without tags, if it is JSON", () => {
    fc.assert(
      fc.property(fc.array(json), (items) => {
        const page = encodePage(items, root);

        assert.deepStrictEqual(page, {
          text: JSON.stringify(items),
          tagged: false,
          attachments: [],
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it("is the same in a page of its own, and in a page joined from such pages", () => {
    fc.assert(
      fc.property(pages, (items) => {
        const exploded = explodePage(encodePage(items, root));

        assert.deepStrictEqual(exploded.flatMap(decodePage), items);
        assert.deepStrictEqual(decodePage(joinPages(exploded)), items);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is the same in a page joined from any pages", () => {
    fc.assert(
      fc.property(fc.array(pages, { maxLength: 4 }), (lists) => {
        const joined = joinPages(lists.map((list) => encodePage(list, root)));

        assert.deepStrictEqual(decodePage(joined), lists.flat());
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("any error", () => {
  it("keeps its class, stack and cause", () => {
    fc.assert(
      fc.property(errors, (error) => {
        const sent = roundTrip(error);

        expect(sent.constructor).toBe(error.constructor);
        expect(sent.stack).toBe(error.stack);
        expect(Object.hasOwn(sent, "cause")).toBe(Object.hasOwn(error, "cause"));
        assert.deepStrictEqual(sent.cause, error.cause);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("any text", () => {
  it("in place of a page gives values or a coded error", () => {
    const pieces = fc.constantFrom(
      ...'[ ] { } , : " \\ 0 -1 1e999 null NaN "$w" "v" "at" "__proto__" "Map" "Error" "Uint8Array"'.split(
        " ",
      ),
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces).map((parts) => parts.join("")),
    );

    fc.assert(
      fc.property(texts, fc.boolean(), (text, tagged) => {
        expectCoded(() => decodePage({ text, tagged, attachments: [new Uint8Array(3)] }));
      }),
      { numRuns: 3_000 },
    );
  });

  it("made by changing a page gives values or a coded error", () => {
    const cuts = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), text: fc.string() });

    fc.assert(
      fc.property(pages, cuts, (items, { at, text: inserted }) => {
        const { text, tagged } = encodePage(items, root);
        const middle = Math.floor(at * text.length);

        expectCoded(() =>
          decodePage({
            text: text.slice(0, middle) + inserted + text.slice(middle + 1),
            tagged,
            attachments: [],
          }),
        );
      }),
      { numRuns: 3_000 },
    );
  });
});

function expectCoded(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(DeserializationError);
  }
}
