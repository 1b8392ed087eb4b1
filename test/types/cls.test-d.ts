import { expectTypeOf, test } from "vitest";
import { App, enter, exit, type MapStream } from "windlass";
import { z } from "zod";

const app = new App("types");

const Llm = app.cls(
  "Llm",
  { gpu: "H100" },
  class {
    readonly model: string;
    #session = "";
    private readonly secret = 1;

    constructor(params: { model: string; layers?: number }) {
      this.model = params.model;
    }
    async [enter]() {
      this.#session = this.model;
    }
    async [exit]() {}
    generate(prompt: string, temperature = 0.5) {
      return `${this.#session} ${prompt} ${temperature}`;
    }
    async *stream(prompt: string) {
      yield* prompt.split(" ");
    }
    compare(a: string, b: string) {
      return a === b && this.#hidden() && this.concealed();
    }
    #hidden() {
      return true;
    }
    private concealed() {
      return this.secret > 0;
    }
    protected guarded() {
      return this.secret;
    }
  },
);

test("new takes the parameters of the constructor", () => {
  expectTypeOf(Llm).constructorParameters.toEqualTypeOf<
    [params: { model: string; layers?: number }]
  >();
  // @ts-expect-error: the model is a string
  new Llm({ model: 3 });
  // @ts-expect-error: the model is missing
  new Llm({});
  // @ts-expect-error: parameters are missing
  new Llm();
  // @ts-expect-error: an unknown parameter
  new Llm({ model: "small", size: 3 });
});

test("a class without parameters needs none", () => {
  const Counter = app.cls(
    "Counter",
    class {
      add(n: number) {
        return n + 1;
      }
    },
  );

  expectTypeOf(new Counter().add.remote(1)).toEqualTypeOf<Promise<number>>();
  // @ts-expect-error: there are no parameters
  new Counter({ start: 1 });
});

test("a constructor of two parameters is an error", () => {
  class Two {
    readonly sum: number;
    constructor(a: number, b: number) {
      this.sum = a + b;
    }
    run() {
      return this.sum;
    }
  }

  // @ts-expect-error: one object of parameters
  app.cls("Two", Two);
});

test("callers give what the schema takes, and the constructor gets what it makes", () => {
  const Typed = app.cls(
    "Typed",
    { params: z.object({ size: z.coerce.number(), name: z.string().default("none") }) },
    class {
      readonly text: string;
      constructor({ size, name }: { size: number; name: string }) {
        this.text = `${name} ${size}`;
      }
      title() {
        return this.text;
      }
    },
  );

  expectTypeOf(new Typed({ size: "3" }).title.remote()).toEqualTypeOf<Promise<string>>();
  // @ts-expect-error: the name is a string
  new Typed({ size: 3, name: 4 });
  // @ts-expect-error: the schema makes a number
  app.cls(
    "Mistyped",
    { params: z.object({ size: z.number() }) },
    class {
      readonly size: string;
      constructor({ size }: { size: string }) {
        this.size = size;
      }
      run() {
        return this.size;
      }
    },
  );
});

test("variants are handles of the same type", () => {
  const Large = Llm.withOptions({ memoryMiB: 8192 }).withConcurrency({ maxInputs: 2 });

  expectTypeOf(Large).toEqualTypeOf<typeof Llm>();
  // @ts-expect-error: there is no variant without its function's containers
  Llm.withOptions({ minContainers: 1 });
});

test("only public methods are remote: no fields, no #private, private or symbol-keyed members", () => {
  const llm = new Llm({ model: "small" });

  expectTypeOf<keyof typeof llm>().toEqualTypeOf<
    "generate" | "stream" | "compare" | "updateAutoscaler" | "getCurrentStats"
  >();
  // @ts-expect-error: private
  llm.concealed;
  // @ts-expect-error: protected
  llm.guarded;
  // @ts-expect-error: a field lives in the container
  llm.model;
  // @ts-expect-error: a hook
  llm[enter];
});

test("methods are typed as functions are", () => {
  const llm = new Llm({ model: "small" });

  expectTypeOf(llm.generate.remote).parameters.toEqualTypeOf<
    [prompt: string, temperature?: number]
  >();
  expectTypeOf(llm.generate.remote("a")).toEqualTypeOf<Promise<string>>();
  expectTypeOf(llm.generate.local("a")).toEqualTypeOf<Promise<string>>();
  expectTypeOf(llm.generate.map(["a"], { returnExceptions: true })).toEqualTypeOf<
    MapStream<string | Error>
  >();
  expectTypeOf(llm.compare.starmap([["a", "b"]])).toEqualTypeOf<MapStream<boolean>>();
  expectTypeOf(llm.stream.remoteGen("a")).toEqualTypeOf<AsyncGenerator<string, void, undefined>>();
  expectTypeOf(llm.stream.local("a")).toEqualTypeOf<AsyncGenerator<string, void, undefined>>();
  // @ts-expect-error: the prompt is a string
  llm.generate.remote(3);
  // @ts-expect-error: two required parameters need starmap
  llm.compare.map(["a"]).toArray();
  // @ts-expect-error: a method handle is no function
  llm.generate("a");
});

test("methods of base classes are remote", () => {
  class Base {
    ping(n: number) {
      return n;
    }
  }
  const Derived = app.cls(
    "Derived",
    class extends Base {
      pong(text: string) {
        return text;
      }
    },
  );
  const derived = new Derived();

  expectTypeOf(derived.ping.remote(1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(derived.pong.remote("a")).toEqualTypeOf<Promise<string>>();
});
