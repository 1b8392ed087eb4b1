import { expectTypeOf, test } from "vitest";
import { App } from "windlass";
import { z } from "zod";

const app = new App("types");

test("a handler gets what the schema makes of the arguments", () => {
  const main = app.entrypoint(
    "main",
    { args: z.object({ n: z.number().default(3), name: z.string().transform((s) => s.length) }) },
    async ({ n, name }) => {
      expectTypeOf(n).toEqualTypeOf<number>();
      expectTypeOf(name).toEqualTypeOf<number>();
      return n + name;
    },
  );

  expectTypeOf(main.run).parameter(0).toEqualTypeOf<{ n?: number | undefined; name: string }>();
  expectTypeOf(main.run({ name: "a" })).toEqualTypeOf<Promise<number>>();
  // @ts-expect-error: the name is missing
  void main.run({});
});

test("without a schema nothing is known of the arguments", () => {
  const plain = app.entrypoint("plain", async () => "done");
  app.entrypoint("raw", {}, (args) => {
    expectTypeOf(args).toBeUnknown();
  });

  expectTypeOf(plain.run()).toEqualTypeOf<Promise<string>>();
  // @ts-expect-error: unvalidated arguments have no type
  app.entrypoint("wrong", (args: { n: number }) => args.n);
});
