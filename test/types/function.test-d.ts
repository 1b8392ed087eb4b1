import { describe, expectTypeOf, test } from "vitest";
import {
  type AnyHandler,
  App,
  type AutoscalerSettings,
  Cron,
  FunctionCall,
  type FunctionHandle,
  type FunctionOptions,
  type FunctionStats,
  type GeneratorHandle,
  type Invalid,
  type MapStream,
  zip,
} from "windlass";

const app = new App("types");

interface Picture {
  readonly url: string;
}
interface Thumbnail {
  readonly bytes: Uint8Array;
}

const resize = app.function("resize", async (picture: Picture, width = 100): Promise<Thumbnail> => {
  return { bytes: new Uint8Array(picture.url.length + width) };
});
const add = app.function("add", { memoryMiB: 256 }, (a: number, b: number) => a + b);
const shout = app.function("shout", (text: string, mark?: string) => text + (mark ?? "!"));
const count = app.function("count", async () => 3);

test("a default parameter stays optional and keeps its type", () => {
  expectTypeOf(resize.remote).parameters.toEqualTypeOf<[picture: Picture, width?: number]>();
  expectTypeOf(resize.remote).returns.toEqualTypeOf<Promise<Thumbnail>>();
  expectTypeOf(resize.spawn).parameters.toEqualTypeOf<[picture: Picture, width?: number]>();
});

test("containers are counted and set, and only by what can be set", () => {
  expectTypeOf(resize.getCurrentStats()).resolves.toEqualTypeOf<FunctionStats>();
  expectTypeOf(resize.updateAutoscaler).parameters.toEqualTypeOf<[settings: AutoscalerSettings]>();
  expectTypeOf(resize.updateAutoscaler({ minContainers: 1 })).resolves.toBeVoid();
  // @ts-expect-error: no option of the autoscaler
  resize.updateAutoscaler({ cpu: 2 });
});

test("options may be left out", () => {
  expectTypeOf(shout.remote).returns.toEqualTypeOf<Promise<string>>();
  expectTypeOf(count.remote).parameters.toEqualTypeOf<[]>();
  expectTypeOf(add.remote).parameters.toEqualTypeOf<[a: number, b: number]>();
});

test("a wrong argument is an error", () => {
  // @ts-expect-error: a number is no Picture
  resize.remote(3);
  // @ts-expect-error: the width is a number
  resize.remote({ url: "" }, "wide");
  // @ts-expect-error: an argument is missing
  add.remote(1);
  // @ts-expect-error: an argument too many
  count.remote(1);
  // @ts-expect-error: items must be Pictures
  resize.map(["a"]);
  // @ts-expect-error: tuples must fit the parameters
  add.starmap([[1, "2"]]);
});

test("local runs the handler itself", () => {
  expectTypeOf(add.local).returns.toEqualTypeOf<number>();
  expectTypeOf(resize.local).returns.toEqualTypeOf<Promise<Thumbnail>>();
});

test("map options stand beside an optional second parameter", () => {
  const pictures: Picture[] = [];

  expectTypeOf(resize.map(pictures)).toEqualTypeOf<MapStream<Thumbnail>>();
  expectTypeOf(resize.map(pictures, { ordered: false })).toEqualTypeOf<MapStream<Thumbnail>>();
  expectTypeOf(shout.map(["a"], { ordered: false })).toEqualTypeOf<MapStream<string>>();
  // @ts-expect-error: an unknown option
  resize.map(pictures, { ordered: false, orderOutputs: false });
  // @ts-expect-error: a second argument is no option
  shout.map(["a"], "!");
});

test("returnExceptions types each item as the output or an Error", () => {
  const isBrave = Math.random() < 2;

  expectTypeOf(shout.map(["a"], { returnExceptions: true })).toEqualTypeOf<
    MapStream<string | Error>
  >();
  expectTypeOf(shout.map(["a"], { returnExceptions: false })).toEqualTypeOf<MapStream<string>>();
  expectTypeOf(shout.map(["a"], { returnExceptions: isBrave })).toEqualTypeOf<
    MapStream<string | Error>
  >();
  expectTypeOf(add.starmap([[1, 2]], { returnExceptions: true })).toEqualTypeOf<
    MapStream<number | Error>
  >();
});

test("map takes every kind of iterable, starmap tuples and zips", () => {
  async function* texts(): AsyncGenerator<string> {
    yield "a";
  }

  expectTypeOf(shout.map(new Set(["a"]))).toEqualTypeOf<MapStream<string>>();
  expectTypeOf(shout.map(texts())).toEqualTypeOf<MapStream<string>>();
  expectTypeOf(add.starmap([[1, 2] as const])).toEqualTypeOf<MapStream<number>>();
  expectTypeOf(add.starmap(zip([1, 2], new Set([3])))).toEqualTypeOf<MapStream<number>>();
  expectTypeOf(resize.starmap([[{ url: "" }], [{ url: "" }, 3]])).toEqualTypeOf<
    MapStream<Thumbnail>
  >();
});

test("map of a handler with two required parameters gives a complaint to read", () => {
  const outputs = add.map([1]);

  expectTypeOf(outputs).toEqualTypeOf<
    Invalid<"this function has several required parameters: use starmap() with tuples of arguments">
  >();
  // @ts-expect-error: there is nothing to iterate
  outputs.toArray();
  expectTypeOf(add.forEach([1])).toExtend<Invalid<string>>();
  expectTypeOf(add.spawnMap([1])).toExtend<Invalid<string>>();
});

test("forEach and spawnMap are typed as map is", () => {
  expectTypeOf(shout.forEach(["a"], { ignoreExceptions: true })).toEqualTypeOf<Promise<void>>();
  expectTypeOf(shout.spawnMap(["a"])).resolves.toHaveProperty("get");
});

test("spawn gives a call of the output", async () => {
  const call = await resize.spawn({ url: "" });

  expectTypeOf(call.get()).toEqualTypeOf<Promise<Thumbnail>>();
});

test("a handle is no function, and its name and app cannot be changed", () => {
  // @ts-expect-error: call remote or local
  add(1, 2);
  // @ts-expect-error: read only
  add.name = "other";
  expectTypeOf(add.app).toEqualTypeOf<string>();
});

test("a generator has remoteGen and local only", () => {
  const words = app.function("words", async function* (text: string) {
    yield* text.split(" ");
  });
  const numbers = app.function("numbers", function* (to: number): Generator<number> {
    for (let n = 0; n < to; n += 1) yield n;
  });

  expectTypeOf(words).toExtend<GeneratorHandle<AnyHandler>>();
  expectTypeOf(words.remoteGen("a b")).toEqualTypeOf<AsyncGenerator<string, void, undefined>>();
  expectTypeOf(numbers.remoteGen(3)).toEqualTypeOf<AsyncGenerator<number, void, undefined>>();
  expectTypeOf(numbers.local(3)).toEqualTypeOf<Generator<number>>();
  // @ts-expect-error: a generator streams
  words.remote("a b");
  // @ts-expect-error: a generator streams
  words.map(["a b"]);
  // @ts-expect-error: only generators stream
  add.remoteGen(1, 2);
});

test("handlers of any, unknown, never and void outputs are no generators", () => {
  const parse = app.function("parse", (text: string) => JSON.parse(text));
  const fail = app.function("fail", () => {
    throw new RangeError();
  });
  const look = app.function("look", (): unknown => 1);
  const log = app.function("log", async (text: string) => {
    process.stdout.write(text);
  });

  expectTypeOf(parse.remote("1")).resolves.toBeAny();
  expectTypeOf(fail.remote()).resolves.toBeNever();
  expectTypeOf(look.remote()).resolves.toBeUnknown();
  expectTypeOf(log.remote("a")).resolves.toBeVoid();
});

test("an output that is a function is a complaint to read", () => {
  const make = app.function("make", (n: number) => (n > 0 ? () => n : "none"));

  expectTypeOf(make.remote(1)).resolves.toEqualTypeOf<
    "none" | Invalid<"a function or symbol cannot be sent: return data">
  >();
});

test("a recursive handler that states its return type can call itself", () => {
  const fibonacci = app.function("fibonacci", async (n: number): Promise<number> => {
    if (n < 2) return n;
    return (await fibonacci.remote(n - 1)) + (await fibonacci.remote(n - 2));
  });
  const total = app.function("total", { retries: 1 }, async (n: number): Promise<number> => {
    return n === 0 ? 0 : n + (await total.remote(n - 1));
  });

  expectTypeOf(fibonacci.remote(3)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(total.remote(3)).toEqualTypeOf<Promise<number>>();
});

test("a scheduled handler must work without arguments", () => {
  const schedule = new Cron("0 9 * * *");

  app.function("nightly", { schedule }, async () => {});
  app.function("hourly", { schedule }, async (width = 100) => width);
  app.function("daily", { schedule: undefined }, async (width: number) => width);
  // @ts-expect-error: a required argument
  app.function("weekly", { schedule }, async (width: number) => width);
});

test("unknown and renamed options are errors", () => {
  // @ts-expect-error: it is timeoutSeconds
  app.function("slow", { timeout: 3 }, () => 1);
  class Slow {
    run() {}
  }
  // @ts-expect-error: a class has no schedule
  app.cls("Slow", { schedule: new Cron("* * * * *") }, Slow);
});

/** What a union has beside all strings. */
type Literals<Text> = Text extends string ? (string extends Text ? never : Text) : never;

test("a GPU is any text, of which editors know the names", () => {
  app.function("known", { gpu: "RTX-PRO-6000" }, () => 1);
  app.function("cased", { gpu: "h100!:2" }, () => 1);
  app.function("listed", { gpu: ["A100-80GB:2", "any"] }, () => 1);
  const fromElsewhere: string = String(1);
  app.function("computed", { gpu: fromElsewhere }, () => 1);
  // @ts-expect-error: a number is no GPU
  app.function("numbered", { gpu: 1 }, () => 1);
  type Gpu = Exclude<FunctionOptions["gpu"], readonly unknown[] | undefined>;
  expectTypeOf<Gpu>().not.toEqualTypeOf<string>();
  expectTypeOf<"V100">().toExtend<Gpu>();
  expectTypeOf<Literals<Gpu>>().toEqualTypeOf<
    | ("T4" | "L4" | "A10" | "A10G" | "L40S" | "RTX-PRO-6000" | "A100" | "A100-40GB" | "A100-80GB")
    | ("H100" | "H100!" | "H200" | "B200" | "B200+" | "B300" | "any")
  >();
});

test("spot is one of three words", () => {
  app.function("first", { spot: "prefer" }, () => 1);
  app.function("only", { spot: "require", gpu: "L4" }, () => 1);
  app.function("not", { spot: undefined }, () => 1);
  // @ts-expect-error: a switch it is not
  app.function("switch", { spot: true }, () => 1);
  // @ts-expect-error: in lower case
  app.function("shouted", { spot: "NEVER" }, () => 1);
  class Model {
    run() {}
  }
  app.cls("Model", { spot: "never", gpu: "l4" }, Model);
});

test("options kept in a variable fit", () => {
  const options: FunctionOptions = { gpu: ["H100", "L4:2"], cpu: { request: 1, limit: 2 } };

  expectTypeOf(app.function("kept", options, (n: number) => n).remote(1)).toEqualTypeOf<
    Promise<number>
  >();
});

test("code that takes any handle accepts every one", () => {
  function nameOf(handle: FunctionHandle<AnyHandler>): string {
    return handle.name;
  }
  async function callTwice<Handler extends (text: string) => Promise<string>>(
    handle: FunctionHandle<Handler>,
  ): Promise<string> {
    await handle.remote(...(["a"] as Parameters<Handler>));
    return handle.name;
  }

  nameOf(resize);
  nameOf(add);
  expectTypeOf(callTwice).returns.toEqualTypeOf<Promise<string>>();
});

describe("FunctionCall.fromId", () => {
  const app = new App("ids");
  const size = app.function("size", async (text: string) => text.length);

  test("is typed by a handle, by an output, and unknown without either", () => {
    expectTypeOf(FunctionCall.fromId<typeof size>("fc-1").get()).resolves.toEqualTypeOf<number>();
    expectTypeOf(FunctionCall.fromId<string[]>("fc-1").get()).resolves.toEqualTypeOf<string[]>();
    expectTypeOf(FunctionCall.fromId("fc-1").get()).resolves.toBeUnknown();
  });
});

test("uses is a list of names", () => {
  app.function("narrow", { uses: [] }, () => 1);
  app.function("calling", { uses: ["resize", "mail", "mail/send"] as const }, () => 1);
  app.function("own", { uses: undefined }, () => 1);
  // @ts-expect-error: one name is a list of one
  app.function("single", { uses: "resize" }, () => 1);
  // @ts-expect-error: names, not handles
  app.function("handle", { uses: [resize] }, () => 1);
});

test("a call under an idempotency key takes the same arguments", () => {
  const once = resize.withIdempotencyKey("order-42");
  expectTypeOf(once.remote).parameters.toEqualTypeOf<[picture: Picture, width?: number]>();
  expectTypeOf(once.remote).returns.toEqualTypeOf<Promise<Thumbnail>>();
  expectTypeOf(once.spawn).returns.toEqualTypeOf<Promise<FunctionCall<Thumbnail>>>();
  // @ts-expect-error: the key is text
  resize.withIdempotencyKey(42);
  // @ts-expect-error: a map has a key for each input
  once.map([]);
});

test("the key of an input of a map is made of the item and its index", () => {
  const pictures: Picture[] = [];
  resize.map(pictures, {
    idempotencyKey: (picture, index) => {
      expectTypeOf(picture).toEqualTypeOf<Picture>();
      expectTypeOf(index).toBeNumber();
      return picture.url;
    },
  });
  resize.map(pictures, { idempotencyKey: "import", ordered: false });
  add.starmap([[1, 2]], { idempotencyKey: ([a, b]) => `${a.toFixed()} ${b.toFixed()}` });
  void resize.forEach(pictures, { idempotencyKey: ({ url }) => url });
  // @ts-expect-error: a key is text
  resize.map(pictures, { idempotencyKey: (_, index) => index });
  // @ts-expect-error: a number is no Picture
  resize.map(pictures, { idempotencyKey: (item: number) => String(item) });
});
