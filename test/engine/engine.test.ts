import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ContainerCrashedError,
  ContainerStartupError,
  FunctionCall,
  FunctionTimeoutError,
  gather,
  InputCancellation,
  isWindlassError,
  NoBackendError,
  type Run,
  SerializationError,
  TimeoutError,
  zip,
} from "windlass";
import { rejection } from "../dsl/mistake.ts";
import * as fixture from "./app.ts";
import { until } from "./until.ts";

const folder = mkdtempSync(join(tmpdir(), "windlass-engine-"));
let files = 0;
/** A fresh scratch file. */
function scratch(): string {
  files += 1;
  return join(folder, `notes-${files}`);
}

let run: Run;

beforeAll(async () => {
  await expect(fixture.double.remote(1)).rejects.toThrow(NoBackendError);
  run = await fixture.app.run({ backend: "local", output: false });
});

afterAll(async () => {
  await run.close();
  rmSync(folder, { recursive: true });
});

describe("remote", () => {
  it("returns what the function returns", async () => {
    expect(await fixture.double.remote(21)).toBe(42);
    expect(await fixture.add.remote(1, 2)).toBe(3);
  });

  it("carries values that JSON lacks, both ways", async () => {
    const value = {
      when: new Date(0),
      map: new Map([[1n, new Set([undefined, Number.NaN])]]),
      bytes: new Uint8Array([1, 2, 3]),
    };
    expect(await fixture.echo.remote(value)).toEqual(value);
  });

  it("gathers calls of one turn and settles each on its own", async () => {
    const settled = await Promise.allSettled([1, 2, 3, 4].map((x) => fixture.failing.remote(x)));
    expect(settled.map((s) => s.status)).toEqual([
      "fulfilled",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
  });

  it("sends the arguments as they were when the call was made", async () => {
    const value = { n: 1 };
    const call = fixture.echo.remote(value);
    value.n = 2;
    expect(await call).toEqual({ n: 1 });
  });

  it("throws the error of the function, with its class, cause and TypeScript line", async () => {
    const error = await fixture.failing.remote(3).catch((e: unknown) => e as RangeError);
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: "no threes: 3", cause: { message: "the cause" } });
    expect((error as RangeError).stack).toMatch(/engine\/app\.ts:\d+/);
  });

  it("rejects an argument that cannot be sent, naming its path", async () => {
    await expect(fixture.echo.remote({ list: [() => 1] })).rejects.toThrow(/args\[0\]\.list\[0\]/);
  });

  it("fails at the callee when the result cannot be sent, naming its path", async () => {
    const error = await fixture.unserializable.remote("bad").catch((e: unknown) => e);
    expect(error).toBeInstanceOf(SerializationError);
    expect((error as Error).message).toContain("result.items[0].fn");
    expect(await fixture.unserializable.remote("fine")).toBe("fine");
  });
});

describe("map", () => {
  const numbers = Array.from({ length: 5000 }, (_, i) => i);

  it("yields in the order of the inputs", async () => {
    expect(await fixture.double.map(numbers).toArray()).toEqual(numbers.map((x) => x * 2));
  });

  it("yields in the order of completion when told to", async () => {
    const outputs = await fixture.sleepy.map([400, 1], { ordered: false }).toArray();
    expect(outputs).toEqual([1, 400]);
  });

  it("takes tuples by starmap and zip, to the shortest", async () => {
    const sums = await fixture.add.starmap(zip([1, 2, 3], [10, 20])).toArray();
    expect(sums).toEqual([11, 22]);
  });

  it("yields nothing for no inputs", async () => {
    expect(await fixture.double.map([]).toArray()).toEqual([]);
  });

  it("does nothing before it is consumed", async () => {
    let pulled = 0;
    function* inputs() {
      for (;;) {
        pulled += 1;
        yield pulled;
      }
    }
    const outputs = fixture.double.map(inputs());
    await fixture.double.remote(1);
    expect(pulled).toBe(0);
    for await (const output of outputs) if (output === 20) break;
    expect(pulled).toBeGreaterThan(0);
  });

  it("pulls an endless generator no further than 1,000 inputs ahead", async () => {
    let pulled = 0;
    function* inputs() {
      for (;;) {
        pulled += 1;
        yield pulled;
      }
    }
    const outputs = fixture.double.map(inputs());
    await outputs.next();
    await fixture.double.remote(1);
    expect(pulled).toBeLessThanOrEqual(1001);
    await outputs.return?.();
  });

  it("takes async iterables and passes on what they throw", async () => {
    async function* inputs() {
      yield 1;
      throw new Error("no more inputs");
    }
    await expect(fixture.double.map(inputs()).toArray()).rejects.toThrow("no more inputs");
  });

  it("raises a failure when it arrives, though earlier outputs are outstanding", async () => {
    const outputs = fixture.sleepy.map([1, "x" as unknown as number, 20_000], {});
    const mixed = fixture.failing.map([1, 2, 3, 4]);
    await expect(mixed.toArray()).rejects.toThrow("no threes: 3");
    await outputs.return?.();
  });

  it("yields errors as values when told to", async () => {
    const outputs = await fixture.failing.map([1, 2, 3, 4], { returnExceptions: true }).toArray();
    expect(outputs[2]).toBeInstanceOf(RangeError);
    expect([outputs[0], outputs[1], outputs[3]]).toEqual([1, 2, 4]);
  });

  it("keeps generated objects as they were when they were yielded", async () => {
    function* reused() {
      const object = { n: 0 };
      for (object.n = 0; object.n < 3; object.n += 1) yield object;
    }
    expect(await fixture.echo.map(reused()).toArray()).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  });

  it("runs forEach to the end and throws its first failure unless told to ignore it", async () => {
    await fixture.double.forEach(numbers);
    await expect(fixture.failing.forEach([1, 3])).rejects.toThrow("no threes: 3");
    await fixture.failing.forEach([1, 3], { ignoreExceptions: true });
  });

  it("splits what a slow input holds up over idle containers", async () => {
    await fixture.sleepy.map([1, 1, 1, 1]).toArray();
    const started = performance.now();
    const inputs = [1500, ...Array.from({ length: 40 }, () => 20)];
    await fixture.sleepy.map(inputs).toArray();
    expect(performance.now() - started).toBeLessThan(2800);
  });
});

describe("retries", () => {
  it("runs a failed input again, with the same id, until it succeeds", async () => {
    const file = scratch();
    expect(await fixture.flaky.remote(file, 2)).toEqual({ attempts: 3, attempt: 2 });
    expect(new Set(fixture.notes(file)).size).toBe(1);
  });

  it("throws the last error when the attempts are used up", async () => {
    await expect(fixture.flaky.remote(scratch(), 99)).rejects.toThrow("attempt 4");
  });

  it("does not run a NonRetriableError again", async () => {
    const file = scratch();
    await expect(fixture.stubborn.remote(file)).rejects.toThrow("it will never work");
    expect(fixture.notes(file)).toEqual(["ran"]);
  });
});

describe("timeouts", () => {
  it.each(["waits", "blocks"] as const)("ends an input that %s for too long", async (mode) => {
    await expect(fixture.overtime.remote(mode)).rejects.toThrow(FunctionTimeoutError);
    expect(await fixture.overtime.remote("fine")).toBe("fine");
  });

  it("blames only the input that ran too long", async () => {
    await fixture.overtime.map(Array.from({ length: 2000 }, () => "fine" as const)).toArray();
    const modes = [
      ...Array.from({ length: 20 }, () => "fine" as const),
      "blocks" as const,
      "fine" as const,
    ];
    const outputs = await fixture.overtime.map(modes, { returnExceptions: true }).toArray();
    expect(outputs.filter((output) => output === "fine")).toHaveLength(21);
    expect(outputs[20]).toBeInstanceOf(FunctionTimeoutError);
  });
});

describe("crashes", () => {
  it.each(["exit", "throw"] as const)("fails an input whose container ends by %s", async (how) => {
    const file = scratch();
    const error = await fixture.crashing.remote(how, file).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ContainerCrashedError);
    expect(fixture.notes(file)).toEqual([how, how, how]);
    if (how === "exit") expect((error as Error).message).toContain("exited with code 3");
    else expect((error as Error).message).toContain("thrown out of band");
  });

  it("runs an input again whose container was killed, without using up a retry", async () => {
    expect(await fixture.crashing.remote("once", scratch())).toBe("once");
  });

  it("fails only the input that crashes", async () => {
    const file = scratch();
    const inputs = ["none", "none", "exit", "none"] as const;
    const outputs = await fixture.crashing
      .starmap(
        inputs.map((how) => [how, file] as const),
        { returnExceptions: true },
      )
      .toArray();
    expect([outputs[0], outputs[1], outputs[3]]).toEqual(["none", "none", "none"]);
    expect(outputs[2]).toBeInstanceOf(ContainerCrashedError);
  });

  it("says what an enter hook threw", async () => {
    const broken = new fixture.Broken();
    const error = await broken.run.remote().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe("cannot enter");
    expect(error).not.toBeInstanceOf(ContainerStartupError);
  });
});

describe("cancellation", () => {
  it("aborts the signal of a running input and answers at once", async () => {
    const file = scratch();
    const call = await fixture.abortable.spawn(file);
    await until(() => fixture.notes(file).includes("started"));
    await call.cancel();
    await expect(call.get()).rejects.toThrow(InputCancellation);
    await until(() => fixture.notes(file).includes("aborted: InputCancellation"));
  });

  it("kills a container whose input does not stop, and the next call gets a new one", async () => {
    const file = scratch();
    const call = await fixture.stuck.spawn(file);
    await until(() => fixture.notes(file).includes("started"));
    await call.cancel();
    await expect(call.get()).rejects.toThrow(InputCancellation);
  });

  it("cancels inputs that wait", async () => {
    const blocker = await fixture.sleepy.spawnMap([500, 500, 500, 500, 500, 500]);
    await blocker.cancel();
    await expect(blocker.get({ index: 5 })).rejects.toThrow(InputCancellation);
  });

  it("cancels what is left of a map when its loop is left", async () => {
    const file = scratch();
    for await (const _ of fixture.flaky.starmap([[file, 0], ...Array(3).fill([file, 0])])) break;
    expect(await fixture.double.remote(2)).toBe(4);
  });
});

describe("spawned calls", () => {
  it("get and gather wait for results, again and again", async () => {
    const calls = [await fixture.double.spawn(1), await fixture.double.spawn(2)] as const;
    expect(await gather(...calls)).toEqual([2, 4]);
    expect(await calls[0].get()).toBe(2);
    expect(await FunctionCall.fromId<number>(calls[1].id).get()).toBe(4);
  });

  it("get with a timeout of 0 looks once", async () => {
    const call = await fixture.sleepy.spawn(700);
    const error = await call.get({ timeoutSeconds: 0 }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).not.toBeInstanceOf(FunctionTimeoutError);
    expect(await call.get()).toBe(700);
  });

  it("keep results of a map, in order", async () => {
    const inputs = Array.from({ length: 2500 }, (_, i) => i);
    const call = await fixture.double.spawnMap(inputs);
    expect(await call.numInputs()).toBe(2500);
    const outputs: number[] = [];
    for await (const output of call.iter({ start: 10, end: 2000 })) outputs.push(output);
    expect(outputs).toEqual(inputs.slice(10, 2000).map((x) => x * 2));
    expect(await call.get({ index: 2499 })).toBe(4998);
    await expect(call.get({ index: 2500 })).rejects.toMatchObject({
      code: "WINDLASS_INVALID_INDEX",
    });
    await expect(call.iter({ start: 2, end: 1 }).next()).rejects.toMatchObject({
      code: "WINDLASS_INVALID_RANGE",
    });
  });

  it("keep failures", async () => {
    const call = await fixture.failing.spawn(3);
    await expect(call.get()).rejects.toThrow("no threes: 3");
  });

  it("are unknown by a wrong id, and expired by an old one", async () => {
    const unknown = FunctionCall.fromId(`fc-${"z".repeat(25)}`);
    await expect(unknown.get()).rejects.toMatchObject({ code: "WINDLASS_CALL_NOT_FOUND" });
    const old = FunctionCall.fromId(`fc-${"0".repeat(25)}`);
    await expect(old.get()).rejects.toMatchObject({ code: "WINDLASS_OUTPUT_EXPIRED" });
  });
});

describe("in containers", () => {
  it("functions call functions, and a recursion has no deadlock", async () => {
    expect(await fixture.sumOfDoubles.remote(1000)).toBe(999_000);
    expect(await fixture.fib.remote(7)).toBe(13);
  });

  it.each(["remote", "map", "spawn"] as const)(
    "a %s to an app that nobody runs fails: it neither waits nor runs a namesake",
    async (how) => {
      await expect(fixture.callsElsewhere.remote(how)).rejects.toThrow(
        'function "callsElsewhere" may not call "double" of app "elsewhere"',
      );
    },
  );

  it("functions spawn and get", async () => {
    const { id, value } = await fixture.spawner.remote(5);
    expect(value).toBe(10);
    expect(await FunctionCall.fromId(id).get()).toBe(10);
  });

  it("ids belong to the input that asks, also under concurrency", async () => {
    const seen = await fixture.whoAmI.map([30, 10, 20, 1]).toArray();
    for (const { before, after, isLocal } of seen) {
      expect(after).toEqual(before);
      expect(isLocal).toBe(false);
    }
    expect(new Set(seen.map(({ before }) => before[1])).size).toBe(4);
    expect(new Set(seen.map(({ before }) => before[0])).size).toBe(1);
  });

  it("take no more inputs at a time than maxInputs", async () => {
    const peaks = await fixture.gauge.map(Array.from({ length: 12 }, () => 20)).toArray();
    expect(Math.max(...peaks)).toBe(3);
  });

  it("do not fail of what another crashes that runs beside them", async () => {
    const inputs = ["a", "b", "bad", "c", "d", "e"];
    const results = await fixture.crowd.map(inputs, { returnExceptions: true }).toArray();
    const [, , bad, ...rest] = results;
    expect(bad).toMatchObject({ code: "WINDLASS_CONTAINER_CRASHED" });
    expect([...results.slice(0, 2), ...rest]).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("see the environment of their function", async () => {
    expect(await fixture.talkative.remote("you")).toMatch(/^ct-/);
  });

  it("serve one input each with singleUseContainers", async () => {
    const pids = await fixture.single.starmap([[], [], []]).toArray();
    expect(new Set(pids).size).toBe(3);
  });
});

describe("classes", () => {
  it("enter once, keep state, and exit when idle for long enough", async () => {
    const file = scratch();
    const counter = new fixture.Counter({ file, start: 10 });
    expect(await counter.increment.remote(1)).toBe(11);
    expect(await counter.increment.map([1, 1, 1]).toArray()).toEqual([12, 13, 14]);
    await until(() => fixture.notes(file).includes("exit 14"));
    expect(fixture.notes(file)).toEqual(["enter 10", "exit 14"]);
  });

  it("have a pool for each set of parameters", async () => {
    const [a, b] = [1, 2].map((start) => new fixture.Counter({ file: scratch(), start }));
    const pids = await Promise.all([a?.pid.remote(), b?.pid.remote()]);
    expect(pids[0]).not.toBe(pids[1]);
  });
});

it("brands its errors for other copies of the package", async () => {
  const error = await fixture.overtime.remote("waits").catch((e: unknown) => e);
  expect(isWindlassError(error)).toBe(true);
});

describe("a function with `uses`", () => {
  it("calls those, and is refused others as it would be on AWS", async () => {
    expect(await rejection(fixture.closed.remote(1))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_NOT_IN_USES
      function "closed" may not call "double": it is not in its \`uses\`
      hint: add "double" to \`uses\` of function "closed""
    `);
    expect(await rejection(fixture.spawns.remote(1))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_NOT_IN_USES
      function "spawns" may not call "double": it is not in its \`uses\`
      hint: add "double" to \`uses\` of function "spawns""
    `);
  });

  it("is what a call of another app needs", async () => {
    expect(await rejection(fixture.abroad.remote(1))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_NOT_IN_USES
      function "abroad" may not call "double" of app "elsewhere": it is not in its \`uses\`
      hint: without \`uses\`, function "abroad" calls its own app only: write \`uses: ["engine-test", "elsewhere/double"]\`"
    `);
  });
});

describe("connect in a container", () => {
  it("knows what the function may call, and calls it", async () => {
    const { names, doubled } = await fixture.connected.remote("engine-test");
    expect(names.sort()).toEqual(["connected", "double"]);
    expect(doubled).toBe(8);
  });

  it("is refused for an app that the function does not use", async () => {
    expect(await rejection(fixture.connected.remote("elsewhere"))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_NOT_IN_USES
      function "connected" may not connect to app "elsewhere": it is not in its \`uses\`
      hint: add "elsewhere" to \`uses\` of function "connected""
    `);
  });
});

describe("the autoscaler", () => {
  it("starts containers at once and ends them by the window that it sets", async () => {
    const counts = async (): Promise<number> =>
      (await fixture.scaled.getCurrentStats()).numTotalRunners;
    expect(await fixture.scaled.getCurrentStats()).toEqual({ backlog: 0, numTotalRunners: 0 });

    await fixture.scaled.updateAutoscaler({ minContainers: 2 });
    expect(await counts()).toBe(2);

    await fixture.scaled.updateAutoscaler({ bufferContainers: 1 });
    expect(await fixture.scaled.remote()).toBe("done");
    expect(await counts()).toBeGreaterThanOrEqual(2);
    await fixture.scaled.updateAutoscaler({ minContainers: 0, scaledownWindowSeconds: 2 });
    while ((await counts()) > 0) await fixture.double.remote(1);
  });

  it("is that of one parameter set of a class", async () => {
    const [one, other] = [new fixture.Scaled({ name: "one" }), new fixture.Scaled({ name: "two" })];
    await one.updateAutoscaler({ minContainers: 1 });
    expect(await one.getCurrentStats()).toEqual({ backlog: 0, numTotalRunners: 1 });
    expect(await other.getCurrentStats()).toEqual({ backlog: 0, numTotalRunners: 0 });
  });

  it("refuses what a definition would, all at once", async () => {
    const wrong = { minContainers: -1, maxContainers: 0, cpu: 2 };
    const error: unknown = await fixture.scaled.updateAutoscaler(wrong).catch((thrown) => thrown);
    expect(isWindlassError(error) && error.code).toBe("WINDLASS_SEVERAL_MISTAKES");
    expect(String(error)).toContain("WINDLASS_INVALID_MIN_CONTAINERS");
    expect(String(error)).toContain("WINDLASS_INVALID_MAX_CONTAINERS");
    expect(String(error)).toContain("`cpu`");
    const crossed = fixture.scaled.updateAutoscaler({ minContainers: 3, maxContainers: 2 });
    await expect(crossed).rejects.toMatchObject({ code: "WINDLASS_MIN_OVER_MAX_CONTAINERS" });
  });

  it("is reached from a container, for its own app", async () => {
    expect(await fixture.scales.remote(1)).toEqual({ backlog: 0, numTotalRunners: 1 });
    await fixture.scales.remote(0);
    await expect(fixture.scalesAbroad.remote()).rejects.toMatchObject({
      code: "WINDLASS_SCALED_OTHER_APP",
    });
  });
});
