import fc from "fast-check";

const numbers = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

/** Any code units, lone surrogates too. */
const strings = fc.oneof(
  fc.string(),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);

const typedArrays: fc.Arbitrary<NodeJS.TypedArray> = fc.oneof(
  fc.int8Array(),
  fc.uint8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
);

const bytes = fc.oneof(
  typedArrays,
  typedArrays.map((array) => array.subarray(1)),
  fc.uint8Array().map((array) => Buffer.from(array)),
  fc.uint8Array().map((array) => array.slice().buffer),
  fc.uint8Array({ minLength: 2 }).map((array) => new DataView(array.buffer, array.byteOffset + 1)),
);

const keys = fc.oneof(
  strings,
  fc.constantFrom("$w", "__proto__", "constructor", "toString", "v", "at", "0", "name", "length"),
);

const errorClasses = fc.constantFrom(
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
);

/** An object with own fields of these names, whatever they are. */
function toObject(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const object = {};
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}

/** Any value that can be sent, and that `assert.deepStrictEqual` compares rightly. */
export const { value: values, error: errors } = fc.letrec<{ value: unknown; error: Error }>(
  (tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.oneof(
        numbers,
        strings,
        fc.boolean(),
        fc.constantFrom(null, undefined),
        fc.bigInt(),
        fc.date({ noInvalidDate: true }),
        fc.constantFrom(/a/, /(?:)/, /\/[/]\n/gimsuy, /é(?<name>x)\k<name>/d),
        bytes,
      ),
      fc.array(tie("value"), { maxLength: 5 }),
      fc.array(fc.tuple(keys, tie("value")), { maxLength: 5 }).map(toObject),
      fc
        .array(fc.tuple(tie("value"), tie("value")), { maxLength: 4 })
        .map((pairs) => new Map(pairs)),
      fc.array(tie("value"), { maxLength: 4 }).map((items) => new Set(items)),
      tie("error"),
    ),
    error: fc
      .record({
        errorClass: errorClasses,
        message: strings,
        cause: fc.option(fc.tuple(tie("value")), { nil: undefined }),
        fields: fc.dictionary(fc.constantFrom("code", "errno", "$w", "data"), tie("value"), {
          maxKeys: 3,
          noNullPrototype: true,
        }),
      })
      .map(({ errorClass, message, cause, fields }) =>
        Object.assign(new errorClass(message, cause && { cause: cause[0] }), fields),
      ),
  }),
);
