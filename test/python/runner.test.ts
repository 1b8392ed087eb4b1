import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ContainerCrashedError,
  FunctionTimeoutError,
  InputCancellation,
  type Run,
  SerializationError,
} from "windlass";
import { scratchFiles } from "../bundle/temp-project.ts";
import { until } from "../engine/until.ts";
import * as fixture from "./app.ts";

const scratch = scratchFiles();

function notes(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
}

async function caught(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Error & Record<string, unknown>;
}

async function all(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const item of items) found.push(item);
  return found;
}

let run: Run;

beforeAll(async () => {
  run = await fixture.app.run({ backend: "local", output: false });
});

afterAll(async () => {
  await run.close();
});

describe("a Python function", () => {
  it("returns what it returns", async () => {
    expect(await fixture.double.remote(21)).toBe(42);
    expect(await fixture.add.remote(1)).toBe(11);
    expect(await fixture.add.remote(1, 2)).toBe(3);
  });

  it("maps in order, awaited or not", async () => {
    const inputs = Array.from({ length: 3000 }, (_, i) => i);
    const doubled = inputs.map((n) => n * 2);
    expect(await fixture.double.map(inputs).toArray()).toEqual(doubled);
    expect(await fixture.doubleLater.map(inputs).toArray()).toEqual(doubled);
    expect(await fixture.add.starmap(inputs.map((n) => [n, n] as const)).toArray()).toEqual(
      doubled,
    );
  });

  it("may be any object that can be called", async () => {
    expect(await fixture.laterObject.remote(4)).toBe(8);
    expect(await fixture.laterPartial.remote(4)).toBe(8);
  });

  it("takes a trailing object as its keyword-only parameters", async () => {
    expect(await fixture.options.remote(1)).toEqual([1, 1, false]);
    expect(await fixture.options.remote(1, { deep: true, width: 3 })).toEqual([1, 3, true]);
    expect(await fixture.options.remote(1, {})).toEqual([1, 1, false]);
    const error = await caught(fixture.options.remote(1, { other: 3 }));
    expect(error.message).toContain("positional argument");
  });

  it("sends a result as it is when it is returned", async () => {
    const inputs = Array.from({ length: 500 }, (_, i) => i);
    const results = await fixture.grow.map(inputs).toArray();
    expect(results.map(({ length }) => length)).toEqual(inputs.map((i) => i + 1));
  });

  it("lies in a package, and imports what is beside it", async () => {
    expect(await fixture.tool.remote("quiet")).toBe("QUIET");
  });

  it("can ask about its input, and sees its environment", async () => {
    const { call, input, ...rest } = await fixture.where.remote();
    expect(rest).toEqual({ local: false, attempt: 0, env: "hello" });
    expect(String(input)).toBe(String(call).replace("fc-", "in-"));
    expect(call).toMatch(/^fc-.+\.0$/);
  });
});

describe("values", () => {
  it("are those of Python", async () => {
    const described = await fixture.describe.remote([
      1,
      1.5,
      null,
      undefined,
      2n ** 70n,
      new Date(0),
      new Map<unknown, unknown>([[1, "one"]]),
      new Set([3]),
      Uint8Array.of(1, 2),
      Number.NaN,
      { a: 1 },
    ]);
    expect(described).toEqual([
      ["int", "1"],
      ["float", "1.5"],
      ["NoneType", "None"],
      ["NoneType", "None"],
      ["int", String(2n ** 70n)],
      ["datetime", "datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)"],
      ["dict", "{1: 'one'}"],
      ["set", "{3}"],
      ["bytes", "b'\\x01\\x02'"],
      ["float", "nan"],
      ["dict", "{'a': 1}"],
    ]);
    expect(await fixture.pattern.remote(/a+/i)).toEqual(["a+", true]);
  });

  it("come back as they were sent", async () => {
    const value = {
      when: new Date(86_400_000),
      map: new Map<unknown, unknown>([[1, new Set(["x"])]]),
      bytes: Uint8Array.of(1, 2, 3),
      big: 2n ** 70n + 1n,
      special: [Number.NaN, Number.POSITIVE_INFINITY, -0, 0.1],
      text: "é😀\ud800",
      $w: "NaN",
    };
    expect(await fixture.echo.remote(value)).toEqual(value);
    const large = Array.from({ length: 600 }, (_, i) => (i % 3 === 0 ? new Date(i) : i));
    expect(await fixture.echo.map(large).toArray()).toEqual(large);
  });

  it("may be nested 500 deep, with anything inside", async () => {
    const nest = (depth: number, inside: unknown): unknown => {
      let value = inside;
      for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { value };
      return value;
    };
    for (const inside of [1, new Date(0)]) {
      const value = nest(495, inside);
      expect(await fixture.echo.remote(value)).toEqual(value);
    }
    const error = await caught(fixture.deep.remote(600));
    expect(error["code"]).toBe("WINDLASS_VALUE_TOO_DEEP");
  });

  it("may be large, among small ones", async () => {
    const sizes = [1, 5_000_001, 2, 5_000_000, 3];
    const results = await fixture.large.map(sizes).toArray();
    expect(results.map((value) => (typeof value === "string" ? value : value[0])?.length)).toEqual(
      sizes,
    );
    const error = await caught(fixture.large.remote(70_000_000));
    expect(error).toMatchObject({ code: "WINDLASS_VALUE_TOO_LARGE" });
    const bytes = await fixture.manyBytes.map([0, 10, 3_000_000]).toArray();
    expect(bytes.map(({ length }) => length)).toEqual([0, 10, 3_000_000]);
  });

  it("of bytes and numbers travel as they are", async () => {
    for (const size of [3_000_000, 40_000_001]) {
      const [name, length, first] = await fixture.bytesOf.remote(new Uint8Array(size).fill(7));
      expect([name, length, first]).toEqual(["bytes", size, Uint8Array.of(7, 7, 7)]);
    }
    const numbers = Float64Array.from({ length: 1000 }, (_, i) => i);
    expect((await fixture.total.remote(numbers))[1]).toBe(499_500);
    expect(await fixture.halve.remote(Float64Array.of(1, 2))).toEqual(Float64Array.of(0.5, 2));
  });
});

describe("errors", () => {
  it("arrive with name, message, stack, cause and fields", async () => {
    const error = await caught(fixture.pay.remote(3));
    expect(error).toMatchObject({ name: "PaymentError", message: "declined", amount: 3 });
    expect(error).toBeInstanceOf(fixture.PaymentError);
    expect(error).not.toHaveProperty("socket");
    expect(error.stack).toMatch(
      /^PaymentError: declined\n {4}at pay \(.*test\/python\/functions\.py:\d+\)$/,
    );
    expect(error.cause).toMatchObject({ name: "KeyError", message: "'account'" });
  });

  it("arrive with all their causes, each with the lines of the user", async () => {
    const error = await caught(fixture.failDeep.remote());
    expect(error).toMatchObject({ name: "LookupError", message: "outer" });
    expect(error.cause).toMatchObject({
      name: "PaymentError",
      amount: 5,
      stack: expect.stringMatching(/^PaymentError: declined\n {4}at pay \(.*functions\.py:\d+\)/),
      cause: { name: "KeyError" },
    });
  });

  it("are of the class of the user where it was imported, through TypeScript too", async () => {
    const expected = ["declined", 3, "KeyError", true];
    expect(await fixture.callPay.remote("pay")).toEqual(expected);
    expect(await fixture.callPay.remote("relayPay")).toEqual(expected);
  });

  it("of TypeScript arrive in Python with all their causes and fields", async () => {
    const expected = ["DeepError", "DeepError: outer", "RangeError", 3, "TypeError('inner')"];
    expect(await fixture.callDeepError.remote()).toEqual(expected);
  });

  it("that are final end an input at once, others are tried again", async () => {
    const error = await caught(fixture.refuse.remote("never"));
    expect(error).toMatchObject({ name: "NonRetriableError", message: "never", hint: "do not" });
    expect(await fixture.countAttempts.remote(scratch())).toBe(3);
  });

  it.each([
    ["function", "WINDLASS_VALUE_FUNCTION", "`result.items[3].fn` is a function"],
    [
      "object",
      "WINDLASS_VALUE_CLASS_INSTANCE",
      "`result.when` is an instance of class datetime.date",
    ],
    ["cycle", "WINDLASS_VALUE_CYCLE", "`result.items[1].again` refers back to `result.items`"],
    ["generator", "WINDLASS_VALUE_GENERATOR", "`result` is a generator"],
    [
      "bytes in a set",
      "WINDLASS_VALUE_CLASS_INSTANCE",
      "`result.bad` is an instance of class object",
    ],
  ])("of a result that cannot be sent name the path: %s", async (kind, code, message) => {
    const error = await caught(fixture.unserializable.remote(kind));
    expect(error).toBeInstanceOf(SerializationError);
    expect(error["code"]).toBe(code);
    expect(error.message).toContain(message);
  });

  it("come of sys.exit, and of the end of the process", async () => {
    expect(await caught(fixture.leave.remote(3))).toMatchObject({
      name: "SystemExit",
      message: "3",
    });
    const error = await caught(fixture.crash.remote());
    expect(error).toBeInstanceOf(ContainerCrashedError);
    expect(error.message).toContain("exited with code 7");
  });
});

describe("generators", () => {
  it("yield items as they come, awaited or not", async () => {
    const expected = Array.from({ length: 2500 }, (_, i) => i);
    expect(await all(fixture.countTo.remoteGen(2500))).toEqual(expected);
    expect(await all(fixture.countLater.remoteGen(2500))).toEqual(expected);
    expect(await all(fixture.countTogether.remoteGen(3))).toEqual([0, 1, 2]);
  });

  it("fail after what they yielded", async () => {
    const items: number[] = [];
    const read = async (): Promise<void> => {
      for await (const item of fixture.countThenFail.remoteGen(3)) items.push(item);
    };
    expect(await caught(read())).toMatchObject({ name: "ValueError", message: "enough" });
    expect(items).toEqual([0, 1, 2]);
  });

  it("are closed when their caller stops", async () => {
    const path = scratch();
    for await (const item of fixture.countForEver.remoteGen(path)) if (item === 2000) break;
    await until(() => notes(path).includes("closed"));
  });

  it("and functions are told apart", async () => {
    const asGenerator = fixture.notGenerator as unknown as typeof fixture.countTo;
    const error = await caught(all(asGenerator.remoteGen(3)));
    expect(error["code"]).toBe("WINDLASS_NOT_A_GENERATOR");
  });
});

describe("an input that is cancelled", () => {
  it.each([
    ["blocks its thread", fixture.sleep, ["started", "cancelled", "finally"]],
    ["awaits", fixture.sleepLater, ["started", "cancelled"]],
    ["runs beside others in a thread", fixture.sleepTogether, ["started"]],
    ["runs beside others as a task", fixture.sleepLaterTogether, ["started", "cancelled"]],
  ])("is interrupted while it %s", async (_, target, expected) => {
    const path = scratch();
    const call = await target.spawn(100, path);
    await until(() => notes(path).length > 0);
    await call.cancel();
    await expect(call.get()).rejects.toThrow(InputCancellation);
    await until(() => notes(path).length >= expected.length);
    expect(notes(path).slice(0, expected.length)).toEqual(expected);
  });
});

describe("an input that takes too long", () => {
  it.each([
    ["sleeps", () => fixture.shortSleep, ["started", "cancelled", "finally"]],
    ["awaits", () => fixture.shortSleepLater, ["started", "cancelled"]],
  ])("is interrupted while it %s, and its container stays", async (_, target, expected) => {
    const path = scratch();
    const pid = await target().remote(0, scratch());
    const error = await caught(target().remote(100, path));
    expect(error).toBeInstanceOf(FunctionTimeoutError);
    expect(notes(path)).toEqual(expected);
    expect(await target().remote(0, scratch())).toBe(pid);
  });

  it("is interrupted in a loop", async () => {
    const path = scratch();
    expect(await caught(fixture.spin.remote(path))).toBeInstanceOf(FunctionTimeoutError);
    expect(notes(path)).toEqual(["started", "finally"]);
  });

  it("is killed when it does not react", async () => {
    const path = scratch();
    expect(await caught(fixture.stubborn.remote(path))).toBeInstanceOf(FunctionTimeoutError);
    const [first = ""] = notes(path);
    expect(notes(path)).toContain("swallowed");
    await until(() => !existsSync(`/proc/${first.replace("pid ", "")}/cmdline`));
  });
});

describe("a container with several inputs", () => {
  it.each([
    ["threads", fixture.meet, false],
    ["tasks", fixture.meetLater, true],
  ])("runs them as %s", async (_, target, isMain) => {
    const met = await Promise.all(Array.from({ length: 8 }, () => target.remote(0.2)));
    expect(Math.max(...met.map(([most]) => most))).toBe(8);
    expect(met.every(([, main]) => main === isMain)).toBe(true);
    expect(new Set(met.map(([, , id]) => id)).size).toBe(8);
  });
});

describe("a Python class", () => {
  it("has an object a set of parameters, which keeps its state", async () => {
    const counter = new fixture.Counter({ start: 10 });
    expect(await counter.add.remote(1)).toBe(11);
    expect(await counter.add.remote(1)).toBe(12);
    expect(await new fixture.Counter().add.remote(1)).toBe(1);
    expect(await all(counter.items.remoteGen(3))).toEqual([0, 1, 2]);
  });

  it("enters base classes first", async () => {
    expect(await new fixture.Counter({ start: 1 }).entered.remote()).toEqual([
      "base enter",
      "enter",
    ]);
  });

  it("has the methods that are decorated", async () => {
    const error = await caught(new fixture.Counter({ start: 10 }).hidden.remote());
    expect(error).toMatchObject({
      code: "WINDLASS_NO_SUCH_METHOD",
      hint: "decorate it with `@windlass.method`",
    });
  });
});

describe("calls from Python", () => {
  it("reach functions of TypeScript and of Python", async () => {
    expect(await fixture.callTypescript.remote("you")).toBe("hello you");
    expect(await fixture.callPython.remote(2500)).toBe(2500 * 2499);
    expect(await fixture.callLater.remote(5)).toEqual([
      [0, 2, 4, 6, 8],
      [0, 1, 2],
    ]);
    expect(await fixture.callClass.remote("four")).toBe(104);
    expect(await fixture.genFromTypescript.remote(1200)).toHaveLength(1200);
  });

  it("raise errors of TypeScript", async () => {
    expect(await fixture.callTypescriptError.remote()).toEqual([
      "TypeError",
      "bad name",
      "E_NAME",
      true,
    ]);
    expect(await fixture.mapWithErrors.remote()).toEqual([
      0,
      "RangeError: 1 is odd",
      2,
      "RangeError: 3 is odd",
    ]);
  });

  it("fail with what Python has no value for, and their container goes on", async () => {
    const code = "WINDLASS_PAGE_TAG_INVALID";
    expect(await fixture.callUnreadable.remote()).toEqual([code, code, code]);
  });

  it("can be spawned", async () => {
    expect(await fixture.spawnAndGet.remote(21)).toEqual([42, 42]);
    expect(await fixture.spawnMany.remote(1500)).toEqual(
      Array.from({ length: 1500 }, (_, i) => i * 2),
    );
  });
});

describe("a batch", () => {
  it("gives the function lists, and each caller its own result", async () => {
    const calls = [1, 2, 3, 4].map((n) => fixture.doubleAll.remote(n, `x${n}`));
    expect(await Promise.all(calls)).toEqual(["2x1 of 4", "4x2 of 4", "6x3 of 4", "8x4 of 4"]);
    const inputs = Array.from({ length: 30 }, (_, n) => n);
    expect(await fixture.doubleAllLater.map(inputs).toArray()).toEqual(inputs.map((n) => n * 2));
  });

  it("fails as a whole for what it raises, and for a list of another length", async () => {
    const failed = await Promise.all([1, 2].map((n) => caught(fixture.failAll.remote(n))));
    expect(failed.map(({ message }) => message)).toEqual(["'of 2'", "'of 2'"]);
    const wrong = await Promise.all([1, 2, 3].map((n) => caught(fixture.tooFew.remote(n))));
    for (const error of wrong) {
      expect(error).toMatchObject({
        code: "WINDLASS_BATCH_OUTPUTS",
        message:
          '"tooFew" must return a list with an output for each of the 3 inputs of its batch, got one of 2',
      });
    }
  });
});

it("a batch of a class without the method fails, and its container goes on", async () => {
  const doubler = new fixture.Doubler();
  const calls = [doubler.double.remote(1), caught(doubler.hidden.remote(1))] as const;
  const [two, error] = await Promise.all(calls);
  expect(two).toBe(2);
  expect(error["code"]).toBe("WINDLASS_NO_SUCH_METHOD");
});

it("saves and leaves when its container is taken away", async () => {
  const path = scratch();
  const saver = new fixture.Saver({ path });
  const waiting = saver.wait.spawn();
  await until(() => notes(path).includes("waits"));
  process.kill(await saver.pid.remote(), "SIGTERM");
  await until(() => notes(path).length === 4);
  await (await waiting).cancel();
  const [first, ...later] = notes(path);
  expect([first, later.sort()]).toEqual(["waits", ["leaves", "saves", "waits"]]);
  expect(notes(path).indexOf("saves")).toBeLessThan(notes(path).indexOf("leaves"));
});
