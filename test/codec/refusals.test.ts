import { describe, expect, it, vi } from "vitest";
import { encodePage } from "../../lib/codec/encode.ts";
import { SerializationError } from "../../lib/errors.ts";
import { failureOf, root } from "./round-trip.ts";

function refusal(value: unknown): ReturnType<typeof failureOf> {
  return failureOf(() => encodePage(["fine", value], root));
}

describe("encoding", () => {
  it("refuses a function and names the path to it", () => {
    expect(refusal({ items: [1, 2, 3, { fn: () => {} }] })).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_VALUE_FUNCTION",
        "hint": "send the data that the function needs, and define the function in the module that runs remotely",
        "message": "\`args[1].items[3].fn\` is a function, and only data can be sent",
      }
    `);
  });

  it("refuses a symbol", () => {
    expect(refusal(Symbol("s"))).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_VALUE_SYMBOL",
        "hint": "send a string instead",
        "message": "\`args[1]\` is a symbol, and only data can be sent",
      }
    `);
  });

  it("refuses a promise", () => {
    expect(refusal({ rows: Promise.resolve([]) })).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_VALUE_PROMISE",
        "hint": "await it first",
        "message": "\`args[1].rows\` is a promise, and only data can be sent",
      }
    `);
  });

  it("refuses an instance of a class", () => {
    class Money {
      readonly amount = 5;
    }

    expect(refusal(new Map([["price", new Money()]]))).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_VALUE_CLASS_INSTANCE",
        "hint": "send a plain object with the data of the instance, for example \`{ ...instance }\`",
        "message": "\`args[1].get("price")\` is an instance of class Money, and only plain objects and the standard data types can be sent",
      }
    `);
  });

  it.each([
    ["a weak map", new WeakMap()],
    ["a boxed number", Object(1)],
    ["a URL", new URL("http://a.b")],
    ["a subclass of Map", new (class Cache extends Map {})()],
    ["a subclass of RegExp", new (class Pattern extends RegExp {})("a")],
    ["a generator", (function* () {})()],
    ["an object whose prototype is an object", Object.create({ a: 1 })],
    ["an instance of a class without a name", new (class {})()],
    [
      "a plain object with a hidden toJSON",
      Object.defineProperty({}, "toJSON", { value: () => 1 }),
    ],
  ])("refuses %s", (_, value) => {
    expect(refusal(value).code).toBe("WINDLASS_VALUE_CLASS_INSTANCE");
  });

  it("refuses an object with a method toJSON as an object with any function", () => {
    expect(refusal({ toJSON: () => 1 }).code).toBe("WINDLASS_VALUE_FUNCTION");
  });

  it("refuses shared memory, and a view of it", () => {
    const memory = new SharedArrayBuffer(8);

    expect(refusal(memory)).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_VALUE_SHARED_MEMORY",
        "hint": "send a copy, for example \`bytes.slice()\`",
        "message": "\`args[1]\` is shared memory, which cannot be shared with another process",
      }
    `);
    expect(refusal(new Uint8Array(memory)).code).toBe("WINDLASS_VALUE_SHARED_MEMORY");
  });

  it("refuses a value that contains itself and names both ends", () => {
    const node: { id: number; children?: unknown } = { id: 1 };
    node.children = [{ parent: node }];

    expect(refusal({ tree: node })).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_VALUE_CYCLE",
        "hint": "send ids instead of references",
        "message": "\`args[1].tree.children[0].parent\` refers back to \`args[1].tree\`, and a value that contains itself cannot be sent",
      }
    `);
  });

  it("refuses a value that is nested too deep, at once", () => {
    let nested: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) nested = { in: nested };

    expect(refusal(nested)).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_VALUE_TOO_DEEP",
        "hint": "send a flat list of nodes that refer to each other by id",
        "message": "\`args[1].in.in.in.in.in.in.in.in.in.in.in.in…\` is nested more than 500 levels deep",
      }
    `);
  });

  it("refuses a value whose getter throws", () => {
    const value = {
      get total(): number {
        throw new RangeError("not computed yet");
      },
    };

    expect(refusal({ order: value })).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_VALUE_UNREADABLE",
        "hint": "send a plain copy of the data",
        "message": "\`args[1].order\` cannot be read (not computed yet)",
      }
    `);
  });

  it("refuses memory that was transferred away", () => {
    const bytes = new Uint8Array(8);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });

    expect(refusal(bytes).code).toBe("WINDLASS_VALUE_UNREADABLE");
  });

  it("refuses values whose text is longer than a string can be", () => {
    // Real ones would take a gigabyte.
    vi.spyOn(JSON, "stringify").mockImplementationOnce(() => {
      throw new RangeError("Invalid string length");
    });

    expect(refusal("long")).toMatchInlineSnapshot(`
      {
        "code": "WINDLASS_VALUE_TOO_LARGE",
        "hint": "send large data as a Uint8Array, or in several calls",
        "message": "\`args[0]\` and the values sent with it are longer as text than a string can be",
      }
    `);
  });

  it.each([
    ["a key that is no name", { "a b": { "": 1n, c: () => {} } }, 'args[1]["a b"].c'],
    ["a key of digits", { 7: () => {} }, 'args[1]["7"]'],
    ["a key with an accent", { é: () => {} }, "args[1].é"],
    ["a map's value", new Map([["k", () => {}]]), 'args[1].get("k")'],
    ["a map's value under an object", new Map([[{}, () => {}]]), "args[1]<value 0>"],
    ["a map's key", new Map([[() => {}, 1]]), "args[1]<key 0>"],
    ["an item of a set", { set: new Set([1, () => {}]) }, "args[1].set<item 1>"],
  ])("names the path through %s", (_, value, path) => {
    expect(refusal(value).message).toBe(`\`${path}\` is a function, and only data can be sent`);
  });

  it("throws a SerializationError", () => {
    expect(() => encodePage([() => {}], () => "result")).toThrow(SerializationError);
    expect(() => encodePage([() => {}], () => "result")).toThrow("`result` is a function");
  });
});
