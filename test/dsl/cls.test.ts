import { expect, test } from "vitest";
import { App, enter, enterSnapshot, exit, preempt, stopFetchingInputs } from "windlass";
import { z } from "zod";
import { mistake, rejection } from "./mistake.ts";

const app = new App("media");

class Base {
  readonly events: string[] = [];

  [enter]() {
    this.events.push("enter base");
  }
  ping() {
    return "ping";
  }
  describe() {
    return "base";
  }
}

class Derived extends Base {
  readonly model: string;

  constructor(params: { model: string }) {
    super();
    this.model = params.model;
  }
  async [enterSnapshot]() {
    this.events.push("enter snapshot");
  }
  override async [enter]() {
    this.events.push("enter derived");
  }
  override describe() {
    return `${this.model}: ${this.#secret()}`;
  }
  history() {
    return this.events;
  }
  async *words(text: string) {
    yield* text.split(" ");
  }
  get size() {
    return 3;
  }
  #secret() {
    return "secret";
  }
}

const Model = app.cls("Model", { enableMemorySnapshot: true }, Derived);

test("methods are those of the class and its base classes, without getters and hooks", () => {
  expect(app.definitions.get("Model")).toMatchObject({
    kind: "cls",
    methods: ["describe", "history", "ping", "words"],
  });
  expect(Model.name).toBe("Model");
});

test("local builds one object, enters it once, base classes first, and calls its methods", async () => {
  const model = new Model({ model: "small" });

  await Promise.all([model.ping.local(), model.describe.local()]);

  expect(await model.describe.local()).toBe("small: secret");
  expect(await model.history.local()).toEqual(["enter snapshot", "enter base", "enter derived"]);
});

test("local of a generator method streams", async () => {
  const words: string[] = [];

  for await (const word of new Model({ model: "small" }).words.local("a b")) words.push(word);

  expect(words).toEqual(["a", "b"]);
});

test("a hook that throws fails every local call", async () => {
  const Broken = app.cls(
    "Broken",
    class {
      [enter]() {
        throw new RangeError("no weights");
      }
      run() {}
    },
  );
  const broken = new Broken();

  await expect(broken.run.local()).rejects.toThrow("no weights");
  await expect(broken.run.local()).rejects.toThrow("no weights");
});

test("handles are the same for each access, and cannot be called", () => {
  const model = new Model({ model: "small" });

  expect(model.ping).toBe(model.ping);
  expect(typeof model.ping).toBe("object");
  expect(model.ping.name).toBe("ping");
});

test("what is no class, or cannot be called remotely, is refused", () => {
  class TwoParameters {
    readonly sum: number;
    constructor(a: number, b: number) {
      this.sum = a + b;
    }
    run() {}
  }
  class OnlyFields {
    run = () => 1;
  }

  expect(
    [() => 1, {}, TwoParameters, OnlyFields]
      .map((ctor) => mistake(() => app.cls("Other", ctor as never)))
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_NOT_A_CLASS
    class "Other" must be given a class, got a function
    hint: use \`app.function\` for a function

    InvalidError WINDLASS_NOT_A_CLASS
    class "Other" must be given a class, got {}
    hint: pass a class at the end

    InvalidError WINDLASS_CLASS_CONSTRUCTOR
    the constructor of class "Other" must take one object of parameters, got 2 parameters
    hint: write \`constructor(params: { … })\`

    InvalidError WINDLASS_CLASS_WITHOUT_METHODS
    class "Other" has no method that could be called
    hint: write at least one public method; functions in fields are not methods"
  `);
});

test("hooks are methods, and a snapshot hook needs snapshots", () => {
  class NoMethod {
    get [exit]() {
      return 3;
    }
    run() {}
  }
  class Snapshot {
    [enterSnapshot]() {}
    run() {}
  }
  class Preempted {
    get [preempt]() {
      return 3;
    }
    run() {}
  }

  expect(
    [NoMethod, Snapshot, Preempted]
      .map((ctor) => mistake(() => app.cls("Other", ctor)))
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_HOOK_NOT_A_METHOD
    \`[exit]\` of class "Other" must be a method, got 3
    hint: write \`async [exit]() { … }\`

    InvalidError WINDLASS_SNAPSHOT_NOT_ENABLED
    class "Other" has an \`[enterSnapshot]\` hook, but \`enableMemorySnapshot\` is not true
    hint: set \`enableMemorySnapshot: true\`, or name the hook \`[enter]\`

    InvalidError WINDLASS_HOOK_NOT_A_METHOD
    \`[preempt]\` of class "Other" must be a method, got 3
    hint: write \`async [preempt]() { … }\`"
  `);
});

test("a class has no schedule", () => {
  expect(
    mistake(() => app.cls("Other", { schedule: 1, timeout: 3 } as object, Derived)),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_SEVERAL_MISTAKES
    class "Other" has 2 mistakes
      \`schedule\` is not an option of class "Other": only functions have schedules; schedule a function that calls the class (WINDLASS_SCHEDULE_ON_CLASS)
      \`timeout\` is not an option of class "Other": it is \`timeoutSeconds\`; use \`timeoutSeconds\` instead (WINDLASS_OPTION_RENAMED)
    hint: correct each of them"
  `);
});

test("parameters are one object that can be sent and is at most 16 KiB", () => {
  const make = (...params: readonly unknown[]) => mistake(() => Reflect.construct(Model, params));

  expect(
    [
      make("small"),
      make([1]),
      make({ model: () => 1 }),
      make({ model: "x".repeat(16 * 1024) }),
    ].join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_PARAMS
    parameters of class "Model" must be one object, got "small"
    hint: write \`new Model({ … })\`

    InvalidError WINDLASS_INVALID_PARAMS
    parameters of class "Model" must be one object, got [1]
    hint: write \`new Model({ … })\`

    SerializationError WINDLASS_VALUE_FUNCTION
    \`params.model\` is a function, and only data can be sent
    hint: send the data that the function needs, and define the function in the module that runs remotely

    RequestSizeError WINDLASS_PARAMS_TOO_LARGE
    parameters of class "Model" must have at most 16384 bytes, got 16408
    hint: pass large values to the methods, or load them in an \`[enter]\` hook"
  `);
});

const Typed = app.cls(
  "Typed",
  { params: z.object({ size: z.number().min(1), name: z.string().default("none") }) },
  class {
    readonly text: string;
    constructor({ size, name }: { size: number; name: string }) {
      this.text = `${name} of ${size}`;
    }
    describe() {
      return this.text;
    }
  },
);

test("a schema checks parameters at once, and the constructor gets what it makes of them", async () => {
  expect(await new Typed({ size: 2 }).describe.local()).toBe("none of 2");
  expect(mistake(() => new Typed({ size: 0, name: 1 } as never))).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_PARAMS
    parameters of class "Typed" are invalid
      size: Too small: expected number to be >=1
      name: Invalid input: expected string, received number
    hint: give each object what the schema in \`params\` of the class takes"
  `);
  expect(mistake(() => Reflect.construct(Typed, []))).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_PARAMS
    parameters of class "Typed" are invalid: size: Invalid input: expected number, received undefined
    hint: give each object what the schema in \`params\` of the class takes"
  `);
});

test("a schema that answers later is asked before the object is made", async () => {
  const Later = app.cls(
    "Later",
    { params: z.object({ size: z.number() }).refine(async ({ size }) => size > 1, "too small") },
    class {
      readonly size: number;
      constructor({ size }: { size: number }) {
        this.size = size;
      }
      run() {
        return this.size;
      }
    },
  );

  expect(await new Later({ size: 2 }).run.local()).toBe(2);
  expect(await rejection(new Later({ size: 1 }).run.local())).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_PARAMS
    parameters of class "Later" are invalid: too small
    hint: give each object what the schema in \`params\` of the class takes"
  `);
});

test("what is no schema is refused, and so are parameters of a function", () => {
  class Plain {
    run() {}
  }

  expect(
    [
      mistake(() => app.cls("Other", { params: { size: 1 } } as object, Plain)),
      mistake(() => app.function("other", { params: z.object({}) } as object, () => 1)),
    ].join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_SCHEMA
    \`params\` of class "Other" must be a Standard Schema, got {"size":1}
    hint: build it with a schema library, for instance \`z.object({ n: z.coerce.number() })\` of zod

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`params\` is not an option of function "other"
    hint: use one of \`gpu\`, \`cpu\`, \`memoryMiB\`, \`ephemeralDiskGiB\`, \`timeoutSeconds\`, \`startupTimeoutSeconds\`, \`retries\`, \`minContainers\`, \`maxContainers\`, \`bufferContainers\`, \`scaledownWindowSeconds\`, \`concurrency\`, \`batch\`, \`singleUseContainers\`, \`image\`, \`env\`, \`secrets\`, \`volumes\`, \`enableMemorySnapshot\`, \`snapshotCaches\`, \`blockNetwork\`, \`nonpreemptible\`, \`spot\`, \`uses\`, \`events\` or \`schedule\`"
  `);
});

test("what a container does with its inputs is refused elsewhere", () => {
  expect(mistake(() => stopFetchingInputs())).toMatchInlineSnapshot(`
    "ExecutionError WINDLASS_NOT_IN_CONTAINER
    stopFetchingInputs() was called outside of a container, where no inputs are taken
    hint: call it in a function or method, behind \`if (!isLocal())\` where that runs here too"
  `);
});

test("a generator method streams and nothing else", async () => {
  const { words, ping } = new Model({ model: "small" }) as never as Record<
    string,
    Record<string, (...args: unknown[]) => Promise<unknown>>
  >;

  expect(
    [
      await rejection(words?.remote?.("a") as never),
      await rejection(words?.spawn?.("a") as never),
      mistake(() => words?.map?.(["a"])),
      mistake(() => ping?.remoteGen?.()),
    ].join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_CALLED_GENERATOR
    method "Model.words" is a generator, which remote() cannot run
    hint: iterate its remoteGen() instead

    InvalidError WINDLASS_CALLED_GENERATOR
    method "Model.words" is a generator, which spawn() cannot run
    hint: iterate its remoteGen() instead

    InvalidError WINDLASS_CALLED_GENERATOR
    method "Model.words" is a generator, which map() cannot run
    hint: iterate its remoteGen() instead

    InvalidError WINDLASS_NOT_A_GENERATOR
    method "Model.ping" is not a generator, so it has no remoteGen()
    hint: call its remote() instead, or write it as \`function*\`"
  `);
});
