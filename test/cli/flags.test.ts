import { describe, expect, test } from "vitest";
import { z } from "zod";
import { convert, convertFreely } from "../../bin/arguments/convert.ts";
import { toFlags } from "../../bin/arguments/flags.ts";
import { toJsonSchema } from "../../lib/standard-schema.ts";

function flagsOf(schema: z.ZodType) {
  return toFlags(toJsonSchema(schema).schema);
}

describe("flags of a JSON Schema", () => {
  test.each<[string, z.ZodType, object]>([
    ["text", z.string(), { kinds: ["string"], required: true }],
    ["a number", z.number().optional(), { kinds: ["number"], required: false }],
    [
      "an integer with a default",
      z.int().default(3),
      { kinds: ["integer"], default: 3, required: false },
    ],
    ["a coerced number", z.coerce.number(), { kinds: ["number"] }],
    ["a switch", z.boolean(), { kinds: ["boolean"], choices: undefined }],
    ["an enum", z.enum(["a", "b"]), { choices: ["a", "b"] }],
    [
      "a union of literals",
      z.union([z.literal(1), z.literal("all")]),
      { kinds: ["number", "string"], choices: [1, "all"] },
    ],
    [
      "a union",
      z.union([z.number(), z.string()]),
      { kinds: ["number", "string"], choices: undefined },
    ],
    ["a nullable", z.number().nullable(), { kinds: ["null", "number"] }],
    ["a list", z.array(z.number()), { kinds: ["number"], repeated: true }],
    ["a list of choices", z.array(z.enum(["a"])), { choices: ["a"], repeated: true }],
    ["an object", z.object({ deep: z.string() }), { kinds: ["json"], repeated: false }],
    ["a tuple", z.tuple([z.string()]), { repeated: true }],
    ["anything", z.unknown(), { kinds: ["null", "boolean", "number", "json", "string"] }],
    ["a description", z.string().describe("who"), { description: "who" }],
  ])("%s", (_, schema, expected) => {
    expect(flagsOf(z.object({ value: schema }))).toEqual([expect.objectContaining(expected)]);
  });

  test.each([
    ["maxItems", "max-items"],
    ["max_items", "max-items"],
    ["x2Factor", "x2-factor"],
    ["noCache", "noCache"],
    ["notify", "notify"],
  ])("property %s is --%s", (property, name) => {
    expect(flagsOf(z.object({ [property]: z.string() }))).toEqual([
      expect.objectContaining({ property, name }),
    ]);
  });

  test("follow references", () => {
    const jsonSchema = {
      type: "object",
      properties: { size: { $ref: "#/$defs/size", default: "s" } },
      $defs: { size: { type: "string", enum: ["s", "m"] } },
    };

    expect(toFlags(jsonSchema)).toEqual([
      expect.objectContaining({ choices: ["s", "m"], default: "s" }),
    ]);
  });

  test.each([[undefined], [null], [{ type: "string" }], [{}]])("are none for %j", (jsonSchema) => {
    expect(toFlags(jsonSchema)).toBeUndefined();
  });
});

describe("texts of flags", () => {
  const NUMBER = { kinds: ["number"] } as const;

  test.each([
    ["3", NUMBER, 3],
    ["-0.5e3", NUMBER, -500],
    ["3", { kinds: ["string"] } as const, "3"],
    ["3", { kinds: ["number", "string"] } as const, 3],
    ["x", { kinds: ["number", "string"] } as const, "x"],
    ["null", { kinds: ["null", "string"] } as const, null],
    ["false", { kinds: ["boolean", "string"] } as const, false],
    ['{"a":1}', { kinds: ["json"] } as const, { a: 1 }],
    ["2", { kinds: ["number"], choices: [1, 2] } as const, 2],
  ])("%j is read as the schema says", (text, flag, value) => {
    expect(convert(text, { name: "n", choices: undefined, ...flag })).toEqual({ value });
  });

  test.each([
    ["x", NUMBER, '--n must be a number, got "x"'],
    ["", NUMBER, '--n must be a number, got ""'],
    ["Infinity", NUMBER, '--n must be a number, got "Infinity"'],
    ["1.5", { kinds: ["integer"] } as const, '--n must be an integer, got "1.5"'],
    ["x", { kinds: ["null", "boolean"] } as const, '--n must be null or true or false, got "x"'],
    ["{", { kinds: ["json"] } as const, '--n must be JSON, got "{"'],
    ["c", { kinds: ["string"], choices: ["a", "b"] } as const, '--n must be one of a, b, got "c"'],
  ])("%j is refused where the schema says so", (text, flag, problem) => {
    expect(convert(text, { name: "n", choices: undefined, ...flag })).toEqual({ problem });
  });

  test.each([
    ["3", 3],
    ['"3"', "3"],
    ["[1]", [1]],
    ["https://example.com", "https://example.com"],
    ["null", null],
    ["", ""],
  ])("without a schema %j is JSON or else text", (text, value) => {
    expect(convertFreely(text)).toEqual(value);
  });
});
