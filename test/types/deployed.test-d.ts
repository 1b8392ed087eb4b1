import { describe, expectTypeOf, it } from "vitest";
import {
  App,
  connect,
  DeployedCls,
  DeployedFunction,
  type FunctionStats,
} from "../../lib/index.ts";

const app = new App("media");
const resize = app.function("resize", async (url: string, width = 100) => ({ url, width }));
const count = app.function("count", async function* (to: number) {
  for (let at = 0; at < to; at += 1) yield at;
});
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
  },
);

describe("a deployed function", () => {
  const deployed = DeployedFunction.fromName<typeof resize>("media", "resize");

  it("has the types of its handle", () => {
    expectTypeOf(deployed.remote).parameters.toEqualTypeOf<[url: string, width?: number]>();
    expectTypeOf(deployed.remote("u")).resolves.toEqualTypeOf<{ url: string; width: number }>();
    expectTypeOf(deployed).not.toHaveProperty("local");
    expectTypeOf(deployed.getCurrentStats()).resolves.toEqualTypeOf<FunctionStats>();
    const llm = new (DeployedCls.fromName<typeof Llm>("media", "Llm"))({ model: "m" });
    expectTypeOf(llm.updateAutoscaler({ maxContainers: 2 })).resolves.toBeVoid();
    expectTypeOf(llm.getCurrentStats()).resolves.toEqualTypeOf<FunctionStats>();
  });

  it("has variants of its own type", () => {
    const variant = deployed.withOptions({ timeoutSeconds: 5 }).withConcurrency({ maxInputs: 2 });
    expectTypeOf(variant).toEqualTypeOf<typeof deployed>();
    expectTypeOf(variant).not.toHaveProperty("local");
    const Large = DeployedCls.fromName<typeof Llm>("media", "Llm").withOptions({ cpu: 4 });
    expectTypeOf(new Large({ model: "m" }).generate.remote("a")).resolves.toBeString();
  });

  it("yields where it is a generator", () => {
    const generator = DeployedFunction.fromName<typeof count>("media", "count");
    expectTypeOf(generator.remoteGen(3)).toEqualTypeOf<AsyncGenerator<number, void, undefined>>();
  });

  it("takes and gives anything where nobody said", () => {
    const unknown = DeployedFunction.fromName("media", "resize");
    expectTypeOf(unknown.remote(1, "two")).resolves.toBeUnknown();
  });
});

describe("a deployed class", () => {
  it("has the parameters and methods of its handle", () => {
    const Deployed = DeployedCls.fromName<typeof Llm>("media", "Llm");
    const llm = new Deployed({ model: "small" });
    expectTypeOf(llm.generate.remote("hi")).resolves.toBeString();
    expectTypeOf(llm.generate).not.toHaveProperty("local");
    // @ts-expect-error: the model is named.
    new Deployed({ modle: "small" });
  });
});

describe("a client", () => {
  it("has the handles that the module exports, and nothing else", async () => {
    const media = await connect<{
      resize: typeof resize;
      Llm: typeof Llm;
      app: typeof app;
      version: string;
    }>("media");
    expectTypeOf<keyof typeof media>().toEqualTypeOf<"resize" | "Llm">();
    expectTypeOf(media.resize.remote("u")).resolves.toHaveProperty("width");
    expectTypeOf(new media.Llm({ model: "m" }).generate.remote)
      .parameter(0)
      .toBeString();
  });
});

describe("the errors of an app", () => {
  class QuotaError extends Error {
    readonly limit: number;
    constructor(limit: number) {
      super(`no more than ${limit.toFixed()}`);
      this.limit = limit;
    }
  }
  abstract class AnyAppError extends Error {}

  it("are classes that extend Error, whatever they are made from", () => {
    new App("media", { errors: { QuotaError, AnyAppError } });
    void connect("media", { errors: { QuotaError } });
    DeployedFunction.fromName("media", "resize", { errors: { QuotaError } });
    // @ts-expect-error - no error
    new App("media", { errors: { Date } });
    // @ts-expect-error - no name
    new App("media", { errors: [QuotaError] });
    // @ts-expect-error - an object, no class
    void connect("media", { errors: { QuotaError: new QuotaError(1) } });
  });
});
