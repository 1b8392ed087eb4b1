import { knowErrors } from "../../lib/error-classes.ts";
import { NonRetriableError, WindlassError } from "../../lib/errors.ts";

class QuotaError extends Error {
  readonly limit: number;

  constructor(message: string, limit: number) {
    super(message);
    this.limit = limit;
  }
}
knowErrors("vectors", { QuotaError });

function withStack<Failure extends Error>(
  error: Failure,
  stack: string,
  fields: object = {},
): Failure {
  for (const [key, value] of Object.entries({ ...fields, stack })) {
    Object.defineProperty(error, key, { value });
  }
  return error;
}

/** An object with the one own key `__proto__`. */
function ownProto(value: unknown): object {
  return Object.defineProperty({}, "__proto__", { value, enumerable: true });
}

/** What the pages of test/vectors/wire.json decode to, by name. */
export const VECTOR_VALUES: Readonly<Record<string, readonly unknown[]>> = {
  "empty page": [],
  "JSON values": [null, true, false, "", [], {}],
  integers: [0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  doubles: [0.1, -2.5, Number.MIN_VALUE, Number.MAX_VALUE],
  strings: ['"', "\\", "\n", "\0", "é", "€", "😀", "\u2028"],
  "lone surrogates": ["\ud800", "\udfff", "\udc00\ud800"],
  "nested JSON": [{ b: [{ x: 1 }, { x: 2 }], a: { "": null } }],
  "own __proto__ in plain JSON": [ownProto({ admin: true })],
  "$w in plain JSON": [{ $w: "NaN" }],
  undefined: [undefined, { a: undefined }],
  "special numbers": [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0],
  bigints: [0n, 255n, -255n, 2n ** 64n],
  dates: [new Date("2024-02-29T12:30:00.123Z"), new Date(-1), new Date(Number.NaN)],
  map: [
    new Map<unknown, unknown>([
      [1, "one"],
      [[2], new Map([["k", undefined]])],
    ]),
  ],
  set: [new Set([1, "1", Number.NaN, new Set()])],
  "regular expressions": [/a\/b+/gi, /(?:)/],
  "escaped objects": [{ $w: "NaN" }, { $w: { $w: undefined }, a: 1 }],
  "own __proto__ beside tags": [ownProto({ a: undefined })],
  "error of the language": [
    Object.assign(
      withStack(new TypeError("bad", { cause: "why" }), "TypeError: bad\n    at f (app.ts:1:2)"),
      { code: "E_BAD", count: 3n },
    ),
  ],
  "error of a class of the user": [
    withStack(new Error("declined"), "PaymentError: declined\n    at pay (pay.ts:9:9)", {
      name: "PaymentError",
    }),
  ],
  "error of a known class of the user": [
    withStack(new QuotaError("full", 3), "Error: full\n    at take (quota.ts:3:9)"),
  ],
  "error of Windlass": [
    withStack(new NonRetriableError("no", { hint: "give up" }), "NonRetriableError: no"),
  ],
  "error of a newer Windlass": [
    withStack(new WindlassError("WINDLASS_FUTURE", "no"), "FutureError: no", {
      name: "FutureError",
    }),
  ],
  "aggregate error": [
    withStack(
      new AggregateError([withStack(new RangeError("one"), "RangeError: one"), 1], "all"),
      "AggregateError: all",
    ),
  ],
  "chain of causes": [
    withStack(
      new Error("a", { cause: withStack(new Error("b", { cause: undefined }), "Error: b") }),
      "Error: a",
    ),
  ],
  bytes: [
    Uint8Array.of(1, 2, 255),
    new ArrayBuffer(0),
    Buffer.from("hi"),
    new DataView(new ArrayBuffer(4)),
  ],
  "typed arrays": [
    Int8Array.of(-1, 2),
    Uint8ClampedArray.of(0, 255),
    Int16Array.of(-1, 258),
    Uint16Array.of(65535, 258),
    Int32Array.of(-1, 16909060),
    Uint32Array.of(4294967295, 16909060),
    Float32Array.of(1.5, -0),
    Float64Array.of(0.1, Number.POSITIVE_INFINITY),
    BigInt64Array.of(-1n, 72623859790382856n),
    BigUint64Array.of(18446744073709551615n, 1n),
  ],
  "array of two dimensions": [Float32Array.of(1, 2, 3, 4)],
  "bytes deep inside": [
    { files: new Map([["image", [Uint8Array.of(10), Uint8Array.of(11, 12)]]]) },
  ],
};
