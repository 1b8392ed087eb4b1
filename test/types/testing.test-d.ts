import { describe, expectTypeOf, test } from "vitest";
import { App, DeployedFunction } from "../../lib/index.ts";
import { type FakeOf, fakeApp, type TestApp, type TestCall } from "../../lib/testing/index.ts";

const app = new App("types");
const resize = app.function("resize", async (url: string, width = 100) => ({ url, width }));
const count = app.function("count", async function* (to: number) {
  for (let at = 0; at < to; at += 1) yield `${at}`;
});
const embed = app.function("embed", { batch: { maxSize: 4, waitMs: 1 } }, (texts: string[]) =>
  texts.map((text) => text.length),
);
const Llm = app.cls(
  "Llm",
  class {
    readonly model: string;
    constructor({ model }: { model: string }) {
      this.model = model;
    }
    generate(prompt: string): string {
      return this.model + prompt;
    }
    *tokens(prompt: string) {
      yield* prompt;
    }
  },
);
const python = app.python<(audio: Uint8Array) => string>("python", { handler: "a.py:f" });
const deployed = DeployedFunction.fromName<typeof resize>("types", "resize");
declare const kit: TestApp;

describe("a test of an app", () => {
  test("knows what calls took and gave", () => {
    const [call] = kit.calls(resize);
    expectTypeOf(call?.args).toEqualTypeOf<[url: string, width?: number] | undefined>();
    expectTypeOf(call?.result).toEqualTypeOf<{ url: string; width: number } | undefined>();
    expectTypeOf(kit.calls(deployed)).toEqualTypeOf<
      typeof call extends infer C ? NonNullable<C>[] : never
    >();
    expectTypeOf(kit.calls(count)[0]?.items).toEqualTypeOf<readonly string[] | undefined>();
    expectTypeOf(kit.calls(embed)[0]?.args).toEqualTypeOf<[texts: string] | undefined>();
    const { generate } = new Llm({ model: "m" });
    expectTypeOf(kit.calls(generate)).toEqualTypeOf<TestCall<[prompt: string], string>[]>();
  });

  test("takes fakes of the types of what they stand for", () => {
    expectTypeOf<FakeOf<typeof resize>>().parameters.toEqualTypeOf<[url: string, width?: number]>();
    kit.fake(resize, (url, width = 1) => ({ url, width }));
    kit.fake(count, (to) => [`${to}`]);
    kit.fake(embed, (texts) => texts.map(({ length }) => length));
    kit.fake(python, (audio) => `${audio.length}`);
    kit.fake(deployed, async (url) => ({ url, width: 1 }));
    kit.fake(Llm, ({ model }) => ({ generate: (prompt) => model + prompt, tokens: () => ["a"] }));
    // @ts-expect-error: the result has a width
    kit.fake(resize, (url: string) => ({ url }));
    // @ts-expect-error: a fake of a class has all its methods
    kit.fake(Llm, () => ({ tokens: () => ["a"] }));
    // @ts-expect-error: an entry of a batch is text
    kit.fake(embed, (texts: number[]) => texts);
  });

  test("plans failures for arguments of the function", () => {
    kit.failAttempt(
      resize,
      { attempt: 1, when: (url, width) => url === "a" && width === 1 },
      "crash",
    );
    kit.failAttempt(count, 2, new Error("late"));
    // @ts-expect-error: a failure is an error, a crash or a timeout
    kit.failAttempt(resize, 1, "slow");
    // @ts-expect-error: a handler is no handle
    kit.calls(() => 1);
  });

  test("has fakes of what a client exports", () => {
    type Client = { readonly resize: typeof deployed; readonly Llm: typeof Llm };
    fakeApp<Client>("types", {
      functions: { resize: (url) => ({ url, width: 2 }) },
      classes: { Llm: ({ model }) => ({ generate: () => model, tokens: () => [] }) },
    });
    // @ts-expect-error: there is no such function
    fakeApp<Client>("types", { functions: { shrink: () => 1 } });
    // @ts-expect-error: a class is no function
    fakeApp<Client>("types", { functions: { Llm: () => ({}) } });
  });
});
