import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { MAX_DEPTH } from "../../lib/codec/page.ts";
import { root, roundTrip } from "./round-trip.ts";

describe("a value", () => {
  it("that is an invalid date stays one", () => {
    const sent = roundTrip(new Date(Number.NaN));

    expect(sent).toBeInstanceOf(Date);
    expect(sent.getTime()).toBeNaN();
  });

  it("that is a date of a fake clock is sent as a date", () => {
    class FakeDate extends Date {}

    expect(roundTrip(new FakeDate(5))).toStrictEqual(new Date(5));
  });

  it("that has holes has undefined in their place", () => {
    const sparse = new Array(3);
    sparse[1] = "x";

    expect(roundTrip(sparse)).toStrictEqual([undefined, "x", undefined]);
    expect(decodePage(encodePage(sparse, root))).toStrictEqual([undefined, "x", undefined]);
  });

  it("that is an array of a subclass is sent as an array, whatever its toJSON says", () => {
    class Rows extends Array<number> {
      toJSON(): string {
        return "rows";
      }
    }

    expect(roundTrip(Rows.of(1, 2))).toStrictEqual([1, 2]);
  });

  it("that has no prototype is sent as a plain object", () => {
    const bare = Object.assign(Object.create(null), { a: 1, b: undefined });

    expect(roundTrip(bare)).toStrictEqual({ a: 1, b: undefined });
  });

  it("that has symbol keys and hidden fields is sent without them", () => {
    const object = Object.defineProperty({ a: 1, [Symbol("s")]: 2 }, "hidden", { value: 3 });

    expect(roundTrip(object)).toStrictEqual({ a: 1 });
  });

  it("that has an own __proto__ never touches a prototype", () => {
    const plain = JSON.parse('{"__proto__":{"admin":true}}');
    const tagged = JSON.parse('{"__proto__":{"admin":true},"x":[]}');
    tagged.x = new Map([["__proto__", plain]]);

    for (const sent of [roundTrip(plain), roundTrip(tagged)]) {
      expect(Object.getPrototypeOf(sent)).toBe(Object.prototype);
      expect(Object.hasOwn(sent, "__proto__")).toBe(true);
      expect(sent.admin).toBeUndefined();
    }
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it("that an object contains twice is sent twice", () => {
    const shared = { when: new Date(0) };

    const sent = roundTrip({ a: shared, b: shared });

    expect(sent).toStrictEqual({ a: shared, b: shared });
    expect(sent.a).not.toBe(sent.b);
  });

  it("may be nested as deep as the limit, plain or tagged", () => {
    const nest = (inner: unknown): unknown[] => {
      let nested = [inner];
      for (let depth = 1; depth < MAX_DEPTH; depth++) nested = [nested];
      return nested;
    };

    expect(encodePage([nest(1)], root).tagged).toBe(false);
    expect(JSON.stringify(roundTrip(nest(undefined)))).toBe(JSON.stringify(nest(undefined)));
  });

  it("from another realm is recognised", () => {
    const foreign = runInNewContext(`({
      plain: { list: [1, { a: 2 }] },
      map: new Map([[1, new Set([2])]]),
      date: new Date(7), pattern: /x/g, bytes: new Uint8Array([1, 2]), buffer: new ArrayBuffer(2),
      error: new RangeError("far", { cause: new Error("why") }),
    })`);

    const sent = roundTrip(foreign);

    expect(encodePage([foreign.plain], root).tagged).toBe(false);
    expect(sent).toEqual({
      plain: { list: [1, { a: 2 }] },
      map: new Map([[1, new Set([2])]]),
      date: new Date(7),
      pattern: /x/g,
      bytes: new Uint8Array([1, 2]),
      buffer: new ArrayBuffer(2),
      error: new RangeError("far", { cause: new Error("why") }),
    });
    expect(sent.error).toBeInstanceOf(RangeError);
    expect(sent.map).toBeInstanceOf(Map);
  });
});

describe("bytes", () => {
  it("are not copied to be encoded, and of a view only its window is sent", () => {
    const memory = new Uint8Array(1000);
    const window = memory.subarray(100, 110);

    const [attachment] = encodePage([window], root).attachments;

    expect(attachment?.buffer).toBe(memory.buffer);
    expect(attachment?.byteLength).toBe(10);
  });

  it("are not copied to be decoded if they are aligned", () => {
    const page = encodePage([new Float64Array([1, 2])], root);
    const aligned = new Uint8Array(page.attachments[0] as Uint8Array);

    const [sent] = decodePage({ ...page, attachments: [aligned] }) as [Float64Array];

    expect(sent.buffer).toBe(aligned.buffer);
  });

  it("that arrive misaligned, in a Buffer too, are copied", () => {
    const page = encodePage([new Float64Array([1, 2]), new Float64Array([3]).buffer], root);
    const shift = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.of(0), bytes]).subarray(1);

    const sent = decodePage({ ...page, attachments: page.attachments.map(shift) });

    expect(sent).toStrictEqual([new Float64Array([1, 2]), new Float64Array([3]).buffer]);
  });

  it("of a Buffer are a Buffer again, and of a Uint8Array a Uint8Array", () => {
    const [buffer, array] = roundTrip([Buffer.from("a"), new Uint8Array([97])]);

    expect(Buffer.isBuffer(buffer)).toBe(true);
    expect(Buffer.isBuffer(array)).toBe(false);
  });
});
