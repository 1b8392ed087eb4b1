import { expect } from "vitest";
import { zip } from "windlass";
import { failure, on } from "../case.ts";

const numbers = Array.from({ length: 10_000 }, (_, at) => at);

/** Endless, and counts how far it was asked. */
function counting(): { readonly inputs: Iterable<number>; pulled(): number } {
  let pulled = 0;
  function* inputs(): Generator<number> {
    for (;;) {
      pulled += 1;
      yield pulled;
    }
  }
  return { inputs: inputs(), pulled: () => pulled };
}

export const maps = [
  on("calls.map.order", "a map yields in the order of its inputs", async ({ handles }) => {
    expect(await handles.double.map(numbers).toArray()).toEqual(numbers.map((x) => x * 2));
  }),

  on(
    "calls.map.order",
    "a map yields in the order of completion when told to",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const inputs = [
        { page: page.url, value: 1, line: "go" },
        { page: page.url, value: 2 },
      ];
      const outputs: number[] = [];
      for await (const output of handles.waiting.map(inputs, { ordered: false })) {
        outputs.push(output);
        page.write("go");
      }
      expect(outputs).toEqual([2, 1]);
    },
  ),

  on(
    "calls.map.lazy",
    "a map runs nothing before it is consumed",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const { inputs, pulled } = counting();
      const outputs = handles.double.map(inputs);
      const others = handles.waiting.map([{ page: page.url }]);
      await handles.double.remote(1);
      expect(pulled()).toBe(0);
      expect(page.lines).toEqual([]);
      for await (const output of outputs) if (output === 20) break;
      expect(pulled()).toBeGreaterThan(0);
      await others.return?.();
      expect(page.lines).toEqual([]);
    },
  ),

  on("calls.map.window", "a map pulls no further than 1,000 inputs ahead", async ({ handles }) => {
    const { inputs, pulled } = counting();
    // In order, outputs that wait for the first one would make room for more inputs.
    const outputs = handles.double.map(inputs, { ordered: false });
    await outputs.next();
    await handles.double.remote(1);
    expect(pulled()).toBeGreaterThan(1);
    expect(pulled()).toBeLessThanOrEqual(1001);
    await outputs.return?.();
  }),

  on("calls.map.inputs", "a map of nothing yields nothing", async ({ handles }) => {
    expect(await handles.double.map([]).toArray()).toEqual([]);
  }),

  on(
    "calls.map.inputs",
    "what the inputs of a map throw reaches its caller",
    async ({ handles }) => {
      async function* inputs(): AsyncGenerator<number> {
        yield 1;
        throw new Error("no more inputs");
      }
      await expect(handles.double.map(inputs()).toArray()).rejects.toThrow("no more inputs");
    },
  ),

  on("calls.map.inputs", "an input is taken as it is when it is yielded", async ({ handles }) => {
    function* reused(): Generator<{ n: number }> {
      const object = { n: 0 };
      for (object.n = 0; object.n < 3; object.n += 1) yield object;
    }
    expect(await handles.echo.map(reused()).toArray()).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  }),

  on(
    "calls.map.failures",
    "a map raises a failure when it arrives, though earlier outputs are outstanding",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const inputs = [
        { page: page.url, value: 1, line: "never" },
        { page: page.url, value: 2, fails: "the second" },
      ];
      const outputs: number[] = [];
      const consume = async (): Promise<void> => {
        for await (const output of handles.waiting.map(inputs)) outputs.push(output);
      };
      await expect(consume()).rejects.toThrow("the second");
      expect(outputs).toEqual([]);
      // Nobody wants the other output any more.
      await page.has("aborted 1: InputCancellation");
    },
  ),

  on(
    "calls.map.failures",
    "a map yields errors in their places when told to",
    async ({ handles }) => {
      const outputs = await handles.noThrees
        .map([1, 2, 3, 4], { returnExceptions: true })
        .toArray();
      expect(outputs).toEqual([1, 2, expect.any(RangeError), 4]);
    },
  ),

  on("calls.map.break", "leaving the loop cancels what is left", async ({ handles, notebook }) => {
    const page = notebook.page();
    const inputs = [
      { page: page.url, value: 1 },
      { page: page.url, value: 2, line: "never" },
    ];
    for await (const output of handles.waiting.map(inputs)) {
      expect(output).toBe(1);
      await page.has("started 2");
      break;
    }
    await page.has("aborted 2: InputCancellation");
  }),

  on(
    "calls.starmap",
    "starmap takes tuples, and zip ends with its shortest",
    async ({ handles }) => {
      const tuples = zip([1, 2, 3], [10, 20]);
      expect(await handles.add.starmap(tuples).toArray()).toEqual([11, 22]);
    },
  ),

  on("calls.for-each", "forEach runs at once and waits for all", async ({ handles, notebook }) => {
    const page = notebook.page();
    const inputs = [1, 2, 3].map((value) => ({ page: page.url, value, line: "go" }));
    const ended = handles.waiting.forEach(inputs);
    await Promise.all(["started 1", "started 2", "started 3"].map((line) => page.has(line)));
    page.write("go");
    expect(await ended).toBeUndefined();
    expect(page.lines.filter((line) => line.startsWith("done"))).toHaveLength(3);
  }),

  on(
    "calls.for-each",
    "forEach throws its first failure unless told to ignore it",
    async ({ handles }) => {
      expect((await failure(handles.noThrees.forEach([1, 3]))).message).toBe("no threes: 3");
      await handles.noThrees.forEach([1, 3, 4], { ignoreExceptions: true });
    },
  ),
];
