import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ContainerCrashedError,
  FunctionTimeoutError,
  InputCancellation,
  InvalidError,
  type Run,
  zip,
} from "windlass";
import { scratchFiles } from "../bundle/temp-project.ts";
import { note, notes } from "./app.ts";
import * as fixture from "./batch-app.ts";
import { until } from "./until.ts";

const scratch = scratchFiles();

let run: Run;

beforeAll(async () => {
  run = await fixture.app.run({ backend: "local", output: false });
});

afterAll(async () => {
  await run.close();
});

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe("withBatching", () => {
  it("runs the same in batches of another size", async () => {
    const large = fixture.sizes.withBatching({ maxSize: 20, waitMs: 100 });
    const sizes = await Promise.all(range(20).map((x) => large.remote(x)));
    expect(new Set(sizes)).toEqual(new Set([20]));
  });

  it("is refused for who takes single inputs, and with sizes that no definition may have", async () => {
    const plain = fixture.plain as unknown as typeof fixture.sizes;
    await expect(plain.withBatching({ maxSize: 2, waitMs: 0 }).remote(1)).rejects.toMatchObject({
      code: "WINDLASS_WITH_BATCHING",
      message:
        'withBatching() needs a definition with `batch`, which function "plain" does not have: it takes single inputs',
    });
    expect(() => fixture.sizes.withBatching({ maxSize: 0, waitMs: 0 })).toThrow(
      "`maxSize` of withBatching()",
    );
  });
});

describe("a function with `batch`", () => {
  it("is called with single inputs, each of which gets its own output", async () => {
    const outputs = await Promise.all(range(100).map((x) => fixture.double.remote(x)));
    expect(outputs).toEqual(range(100).map((x) => x * 2));
  });

  it("runs what came before `waitMs` was over, and never more than `maxSize`", async () => {
    expect(await Promise.all([1, 2, 3].map((x) => fixture.sizes.remote(x)))).toEqual([3, 3, 3]);
    const sizes = await Promise.all(range(20).map((x) => fixture.sizes.remote(x)));
    expect(sizes.sort()).toEqual([...Array(4).fill(4), ...Array(16).fill(8)]);
  });

  it("gathers calls of different turns, of maps and of groups", async () => {
    const map = fixture.sizes.map([1, 2, 3]).toArray();
    const lone = fixture.sizes.remote(4);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const late = fixture.sizes.remote(5);
    expect(await Promise.all([map, lone, late])).toEqual([[5, 5, 5], 5, 5]);
  });

  it("gives one array a parameter", async () => {
    const pairs = zip(["a", "b", "c"], [1, 2, 3]);
    expect(await fixture.join.starmap(pairs).toArray()).toEqual([
      { text: "a", of: 3 },
      { text: "bb", of: 3 },
      { text: "ccc", of: 3 },
    ]);
    expect(await fixture.join.remote("x", 2)).toEqual({ text: "xx", of: 1 });
  });

  it("makes few batches of many calls", async () => {
    const file = scratch();
    const outputs = await Promise.all(range(1000).map((x) => fixture.spread.remote(x, file)));
    expect(outputs).toEqual(range(1000).map((x) => x * 2));
    expect(notes(file).length).toBeLessThanOrEqual(20);
    expect(notes(file).reduce((sum, size) => sum + Number(size), 0)).toBe(1000);
  });

  it("maps, in full batches", async () => {
    const sizes = await fixture.sizes.map(range(800)).toArray();
    expect(sizes.filter((size) => size === 8).length).toBeGreaterThan(760);
    expect(await fixture.double.map(range(5000)).toArray()).toEqual(range(5000).map((x) => x * 2));
  });

  it("is spawned, and called from containers", async () => {
    const call = await fixture.double.spawnMap(range(100));
    const outputs: number[] = [];
    for await (const output of call.iter()) outputs.push(output);
    expect(outputs).toEqual(range(100).map((x) => x * 2));
    expect(await (await fixture.double.spawn(4)).get()).toBe(8);
    expect(await fixture.outer.remote(10)).toEqual(range(10).map((x) => x * 2));
  });

  it("runs without waiting where `waitMs` is 0", async () => {
    const sizes = await Promise.all(range(50).map((x) => fixture.eager.remote(x)));
    expect(sizes).toEqual(Array(50).fill(50));
  });

  it("runs at once when a batch is full, however long it would wait", async () => {
    const outputs = await Promise.all([fixture.patient.remote(1), fixture.patient.remote(2)]);
    expect(outputs).toEqual([1, 2]);
  });

  it("runs several batches at once with `concurrency`", async () => {
    const calls = await Promise.all(range(6).map(() => fixture.parallel.remote(60)));
    expect(Math.max(...calls.map(({ most }) => most))).toBe(3);
    // Its context is that of the first input of its batch.
    expect(new Set(calls.map(({ inputId }) => inputId)).size).toBe(3);
    const started = performance.now();
    const [fast] = await Promise.all([
      Promise.all([fixture.parallel.remote(1), fixture.parallel.remote(1)]).then(() =>
        performance.now(),
      ),
      Promise.all([fixture.parallel.remote(500), fixture.parallel.remote(500)]),
    ]);
    expect(fast - started).toBeLessThan(400);
  });

  it("is the one method of a class", async () => {
    const model = new fixture.Model({ factor: 3 });
    expect(await Promise.all([1, 2].map((x) => model.predict.remote(x)))).toEqual([
      { value: 3, of: 2 },
      { value: 6, of: 2 },
    ]);
    expect(await model.predict.local([5])).toEqual([{ value: 15, of: 1 }]);
    expect(fixture.double.local([1, 2])).toEqual([2, 4]);
  });
});

describe("a batch that fails", () => {
  it.each([
    ["short", "an array of 1"],
    ["text", "got string"],
    ["nothing", "got undefined"],
  ] as const)("by its outputs (%s) is refused once for all its inputs", async (how, got) => {
    const outcomes = await Promise.allSettled(range(3).map(() => fixture.wrong.remote(how)));
    for (const outcome of outcomes) {
      const error = outcome.status === "rejected" ? outcome.reason : undefined;
      expect(error).toBeInstanceOf(InvalidError);
      expect(error).toMatchObject({ code: "WINDLASS_BATCH_OUTPUTS" });
      expect(error.message).toContain(got);
      expect(error.message).toContain("3 inputs");
    }
  });

  it("by an exception fails all its inputs with it", async () => {
    const outcomes = await Promise.allSettled(range(3).map((x) => fixture.throwing.remote(x)));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ reason: { name: "RangeError", message: "of 3" } });
    }
  });

  it("is retried, together again", async () => {
    const file = scratch();
    await Promise.all(range(3).map(() => fixture.flaky.remote(file)));
    expect(notes(file)).toEqual(["3 of attempt 0", "3 of attempt 1"]);
  });

  it("by its time does so for all, whose time begins with the batch", async () => {
    // A second in all, of which 400 ms are spent waiting for others: that does not count.
    expect(await fixture.slow.remote(800)).toBe(800);
    const outcomes = await Promise.allSettled([fixture.slow.remote(0), fixture.slow.remote(5000)]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ reason: expect.any(FunctionTimeoutError) });
    }
  });

  it("by the end of its container does so for the input alone that was the cause", async () => {
    const file = scratch();
    const names = ["a", "bad", "c", "d"];
    const outcomes = await Promise.allSettled(
      names.map((name) => fixture.crashing.remote(name, file)),
    );
    expect(outcomes.map((outcome) => "value" in outcome && outcome.value)).toEqual([
      "a!",
      false,
      "c!",
      "d!",
    ]);
    expect(outcomes[1]).toMatchObject({ reason: expect.any(ContainerCrashedError) });
    expect(notes(file)[0]).toBe("a bad c d");
    // Each alone, and without a wait for others.
    expect(notes(file).slice(1).sort()).toEqual(["a", "bad", "bad", "bad", "c", "d"]);
  });
});

describe("cancelling", () => {
  it("one input of a batch drops its output, and the batch goes on", async () => {
    const file = scratch();
    const calls = await Promise.all(range(3).map(() => fixture.waiting.spawn(file)));
    await until(() => notes(file).includes("started 3"));
    await calls[1]?.cancel();
    await expect(calls[1]?.get()).rejects.toBeInstanceOf(InputCancellation);
    note(file, "go");
    expect(await calls[0]?.get()).toBe(0);
    expect(await calls[2]?.get()).toBe(2);
    expect(notes(file)).toContain("went");
  });

  it("all inputs of a batch aborts it, and its container stays", async () => {
    const file = scratch();
    const call = await fixture.waiting.spawnMap([file, file]);
    await until(() => notes(file).includes("started 2"));
    await call.cancel();
    await expect(call.get()).rejects.toBeInstanceOf(InputCancellation);
    await until(() => notes(file).includes("aborted"));
  });

  it("inputs that gather keeps them out of the batch", async () => {
    const gone = await fixture.patient.spawn(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await gone.cancel();
    expect(await fixture.patient.remote(2)).toBe(2);
  });
});
