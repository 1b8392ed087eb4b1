import { expect, test } from "vitest";
import { App } from "windlass";
import { z } from "zod";
import { mistake, rejection } from "./mistake.ts";

const app = new App("media");

test("an entrypoint validates its arguments and runs its handler here", async () => {
  const main = app.entrypoint(
    "main",
    { args: z.object({ n: z.coerce.number().default(3) }) },
    ({ n }) => n + 1,
  );

  expect(main.name).toBe("main");
  expect(await main.run({ n: "4" })).toBe(5);
  expect(await main.run({})).toBe(4);
});

test("an entrypoint without a schema gets its arguments as they are", async () => {
  const raw = app.entrypoint("raw", async (args) => args);

  expect(await raw.run({ any: ["thing"] })).toEqual({ any: ["thing"] });
  expect(await raw.run()).toBeUndefined();
});

test("invalid arguments are told all at once, each with its place", async () => {
  const strict = app.entrypoint(
    "strict",
    { args: z.object({ n: z.number(), sizes: z.array(z.object({ w: z.number() })) }) },
    () => 1,
  );

  expect(
    [
      await rejection(strict.run({ n: "x", sizes: [{ w: 1 }, { w: "y" }] } as never)),
      await rejection(strict.run(3 as never)),
    ].join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_ARGUMENTS
    arguments of entrypoint "strict" are invalid
      n: Invalid input: expected number, received string
      sizes.1.w: Invalid input: expected number, received string
    hint: run it with \`--help\` to see its arguments

    InvalidError WINDLASS_INVALID_ARGUMENTS
    arguments of entrypoint "strict" are invalid: Invalid input: expected object, received number
    hint: run it with \`--help\` to see its arguments"
  `);
});

test("a schema of a validator that is asynchronous is awaited", async () => {
  const slow = app.entrypoint(
    "slow",
    { args: z.object({ n: z.number().refine(async (n) => n > 1, "too small") }) },
    ({ n }) => n,
  );

  expect(await slow.run({ n: 2 })).toBe(2);
  expect(await rejection(slow.run({ n: 1 }))).toContain("n: too small");
});

test("what is no schema, no option or no handler is refused", () => {
  expect(
    [
      () => app.entrypoint("a", { args: { n: 3 } as never }, () => 1),
      () => app.entrypoint("a", { args: null as never }, () => 1),
      () => app.entrypoint("a", { schema: z.object({}) } as object, () => 1),
      () => app.entrypoint("a", { timeoutSeconds: 3 } as object, () => 1),
      () => app.entrypoint("a", class {} as never),
    ]
      .map(mistake)
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_SCHEMA
    \`args\` of entrypoint "a" must be a Standard Schema, got {"n":3}
    hint: build it with a schema library, for instance \`z.object({ n: z.coerce.number() })\` of zod

    InvalidError WINDLASS_INVALID_SCHEMA
    \`args\` of entrypoint "a" must be a Standard Schema, got null
    hint: build it with a schema library, for instance \`z.object({ n: z.coerce.number() })\` of zod

    InvalidError WINDLASS_OPTION_RENAMED
    \`schema\` is not an option of entrypoint "a": it is \`args\`
    hint: use \`args\` instead

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`timeoutSeconds\` is not an option of entrypoint "a"
    hint: use \`args\`

    InvalidError WINDLASS_HANDLER_NOT_A_FUNCTION
    the handler of entrypoint "a" must be a function, got a class
    hint: use \`app.cls\` for a class"
  `);
});
