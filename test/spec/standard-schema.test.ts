import { expect, test } from "vitest";
import { z } from "zod";
import { toJsonSchema } from "../../lib/standard-schema.ts";

test("the JSON Schema of what a zod schema takes", () => {
  const schema = z.object({ n: z.coerce.number().default(3), name: z.string() });

  expect(toJsonSchema(schema)).toEqual({
    schema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: { n: { type: "number", default: 3 }, name: { type: "string" } },
      required: ["name"],
    },
  });
});

test("a library that has no JSON Schema, or cannot write one, gives the reason", () => {
  const validate = (value: unknown) => ({ value });
  const none = { "~standard": { version: 1 as const, vendor: "other", validate } };

  expect(toJsonSchema(none)).toEqual({
    schema: undefined,
    reason: "schemas of other have no JSON Schema part",
  });
  expect(toJsonSchema(z.object({ on: z.date() }))).toMatchInlineSnapshot(`
    {
      "reason": "zod cannot write it as JSON Schema: Date cannot be represented in JSON Schema",
      "schema": undefined,
    }
  `);
});
