import { describe, expectTypeOf, test } from "vitest";
import {
  App,
  Cron,
  type Deployed,
  type FunctionCall,
  type Invalid,
  type MapStream,
} from "windlass";

const app = new App("types");
const batch = { maxSize: 64, waitMs: 100 };

const embed = app.function("embed", { batch }, (texts: string[], sizes: readonly number[]) =>
  texts.map((text, index) => ({ text, size: sizes[index] ?? 0 })),
);
const double = app.function("double", { batch, memoryMiB: 256 }, async (xs: number[]) =>
  xs.map((x) => x * 2),
);

interface Vector {
  text: string;
  size: number;
}

describe("a function with `batch`", () => {
  test("is called with single inputs, though its handler takes arrays", () => {
    expectTypeOf(embed.remote).parameters.toEqualTypeOf<[texts: string, sizes: number]>();
    expectTypeOf(embed.remote).returns.toEqualTypeOf<Promise<Vector>>();
    expectTypeOf(double.remote).parameters.toEqualTypeOf<[xs: number]>();
    expectTypeOf(double.remote).returns.toEqualTypeOf<Promise<number>>();
    // @ts-expect-error: one input, not a batch of them
    double.remote([1, 2]);
  });

  test("is mapped and spawned like others", () => {
    expectTypeOf(double.map([1])).toEqualTypeOf<MapStream<number>>();
    expectTypeOf(embed.starmap([["a", 1]])).toEqualTypeOf<MapStream<Vector>>();
    expectTypeOf(double.spawn(1)).resolves.toEqualTypeOf<FunctionCall<number>>();
    // @ts-expect-error: several parameters need tuples
    embed.map(["a"]).toArray();
  });

  test("is its handler on this machine", () => {
    expectTypeOf(double.local).toEqualTypeOf<(xs: number[]) => Promise<number[]>>();
  });

  test("has no `local` where it is deployed", () => {
    expectTypeOf<Deployed<typeof double>>().not.toHaveProperty("local");
    expectTypeOf<Deployed<typeof double>["remote"]>().parameters.toEqualTypeOf<[xs: number]>();
  });

  test("takes arrays, gives back an array, and has no optional parameters", () => {
    // @ts-expect-error: its parameter is no array
    app.function("single", { batch }, (x: number) => [x]);
    // @ts-expect-error: its output is no array
    app.function("sum", { batch }, (xs: number[]) => xs.length);
    // @ts-expect-error: a generator gives back no array
    app.function("count", { batch }, function* (xs: number[]) {
      yield* xs;
    });
    const optional = app.function("optional", { batch }, (xs: number[], _ = [1]) => xs);
    expectTypeOf(optional.remote)
      .parameter(0)
      .toEqualTypeOf<
        Invalid<"a function with `batch` has no optional parameters: each is an array of the whole batch">
      >();
    // @ts-expect-error: it would be called without arguments
    app.function("hourly", { batch, schedule: new Cron("0 * * * *") }, (xs: number[]) => xs);
  });
});

test("withBatching is of handles that take batches", () => {
  const sizes = app.function("sized", { batch }, (xs: number[]) => xs);
  expectTypeOf(sizes.withBatching({ maxSize: 2, waitMs: 1 }).remote).parameters.toEqualTypeOf<
    [xs: number]
  >();
  const plain = app.function("plain", (x: number) => x);
  // @ts-expect-error: it takes single inputs
  plain.withBatching;
});

describe("a class with `batch`", () => {
  const Model = app.cls(
    "Model",
    { batch },
    class {
      readonly #factor: number;
      constructor({ factor }: { readonly factor: number }) {
        this.#factor = factor;
      }
      async predict(xs: number[], names: string[]) {
        return xs.map((x, index) => `${names[index]} ${x * this.#factor}`);
      }
    },
  );

  test("has one method, which is called with single inputs", () => {
    const model = new Model({ factor: 2 });
    expectTypeOf(model.predict.remote).parameters.toEqualTypeOf<[xs: number, names: string]>();
    expectTypeOf(model.predict.remote).returns.toEqualTypeOf<Promise<string>>();
    expectTypeOf(model.predict.local).parameters.toEqualTypeOf<[xs: number[], names: string[]]>();
    expectTypeOf(model.predict.local).returns.toEqualTypeOf<Promise<string[]>>();
  });
});
