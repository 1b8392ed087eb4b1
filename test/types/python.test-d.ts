import { describe, expectTypeOf, test } from "vitest";
import {
  App,
  type Client,
  type FunctionCall,
  type FunctionStats,
  type Invalid,
  type MapStream,
  type PythonHandle,
} from "windlass";

const app = new App("types");

const transcribe = app.python<(audio: Uint8Array, options?: { language?: string }) => string>(
  "transcribe",
  { handler: "whisper.py:transcribe", gpu: "L4" },
);
const later = app.python<(n: number) => Promise<number>>("later", { handler: "a.py:later" });
const tokens = app.python<(prompt: string) => Generator<string>>("tokens", { handler: "a.py:t" });
const stream = app.python<(n: number) => AsyncGenerator<number>>("stream", { handler: "a.py:s" });
const pair = app.python<(a: number, b: number) => number>("pair", { handler: "a.py:pair" });

interface Methods {
  generate(prompt: string): string;
  tokens(prompt: string): Generator<string>;
}
const Llm = app.pythonCls<Methods, { model: string }>("Llm", { handler: "llm.py:Llm" });
const Plain = app.pythonCls<Methods>("Plain", { handler: "llm.py:Plain" });
const Optional = app.pythonCls<Methods, { model?: string } | undefined>("Optional", {
  handler: "llm.py:Optional",
});

describe("a Python function", () => {
  test("is typed by its signature, awaited or not", () => {
    expectTypeOf(transcribe.remote).parameters.toEqualTypeOf<
      [audio: Uint8Array, options?: { language?: string }]
    >();
    expectTypeOf(transcribe.remote).returns.toEqualTypeOf<Promise<string>>();
    expectTypeOf(later.remote).returns.toEqualTypeOf<Promise<number>>();
    expectTypeOf(transcribe.map([])).toEqualTypeOf<MapStream<string>>();
    expectTypeOf(transcribe.spawn(new Uint8Array())).resolves.toEqualTypeOf<FunctionCall<string>>();
    expectTypeOf(pair.starmap([[1, 2]])).toEqualTypeOf<MapStream<number>>();
    expectTypeOf(transcribe.getCurrentStats()).resolves.toEqualTypeOf<FunctionStats>();
    // @ts-expect-error: text is no audio
    transcribe.remote("text");
    // @ts-expect-error: two required parameters need tuples
    pair.map([1]).toArray();
  });

  test("that is a generator has remoteGen, and nothing else", () => {
    expectTypeOf(tokens.remoteGen("")).toEqualTypeOf<AsyncGenerator<string, void, undefined>>();
    expectTypeOf(stream.remoteGen(1)).toEqualTypeOf<AsyncGenerator<number, void, undefined>>();
    // @ts-expect-error: a generator is not awaited
    tokens.remote("");
  });

  test("runs in containers alone", () => {
    expectTypeOf(transcribe.local).toEqualTypeOf<
      Invalid<"Python runs in containers alone: call remote">
    >();
  });

  test("needs a handler, and takes the options of functions", () => {
    // @ts-expect-error: no handler
    app.python<() => void>("none", { memoryMiB: 256 });
    // @ts-expect-error: no such option
    app.python<() => void>("wrong", { handler: "a.py:a", memory: 256 });
    expectTypeOf<PythonHandle<() => void>>().toHaveProperty("remote");
  });
});

describe("a Python class", () => {
  test("has methods and parameters as stated", () => {
    const llm = new Llm({ model: "small" });
    expectTypeOf(llm.generate.remote("")).resolves.toEqualTypeOf<string>();
    expectTypeOf(llm.tokens.remoteGen("")).toEqualTypeOf<AsyncGenerator<string, void, undefined>>();
    expectTypeOf(llm.getCurrentStats()).resolves.toEqualTypeOf<FunctionStats>();
    expectTypeOf(new Plain().generate.remote("")).resolves.toEqualTypeOf<string>();
    expectTypeOf(new Optional().generate.remote("")).resolves.toEqualTypeOf<string>();
    new Optional({ model: "small" });
    // @ts-expect-error: parameters are missing
    new Llm();
    // @ts-expect-error: no such method
    llm.forget;
  });
});

test("what is deployed has no local", () => {
  type Module = { transcribe: typeof transcribe; Llm: typeof Llm };
  type Deployed = Client<Module>;
  expectTypeOf<Deployed["transcribe"]>().not.toHaveProperty("local");
  expectTypeOf<Deployed["transcribe"]["remote"]>().returns.toEqualTypeOf<Promise<string>>();
  expectTypeOf<InstanceType<Deployed["Llm"]>["generate"]>().not.toHaveProperty("local");
});
