import { expect } from "vitest";
import { FunctionTimeoutError } from "windlass";
import { failure, on } from "../case.ts";

export const handles = [
  on(
    "handles.options",
    "withOptions runs in containers of its own, with what it changes",
    async ({ handles }) => {
      const changed = handles.described.withOptions({ env: { COLOUR: "red" }, timeoutSeconds: 1 });
      const [own, other] = await Promise.all([handles.described.remote(0), changed.remote(0)]);
      expect(own).toMatchObject({ colour: "of the function", shape: "round" });
      expect(other).toMatchObject({ colour: "red", shape: "round" });
      expect(other.container).not.toBe(own.container);
      expect(await failure(changed.remote(60_000))).toBeInstanceOf(FunctionTimeoutError);
      expect((await handles.described.remote(0)).container).toBe(own.container);
    },
  ),

  on(
    "handles.options",
    "further options are added, and the later ones win",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const once = handles.retriedOnce
        .withOptions({ retries: 0 })
        .withOptions({ maxContainers: 1 });
      const error = await failure(once.remote({ page: page.url, fails: 9 }));
      expect(error.message).toBe("attempt 1 failed");
      const again = once.withOptions({ retries: 1 });
      expect(await again.remote({ page: page.url, fails: 2 })).toBe(1);
    },
  ),

  on(
    "handles.options",
    "handles with the same options share their containers",
    async ({ handles }) => {
      const one = handles.described.withOptions({ env: { COLOUR: "blue" }, maxContainers: 1 });
      const other = handles.described
        .withOptions({ maxContainers: 1 })
        .withOptions({ env: { COLOUR: "blue" } });
      const first = await one.remote(0);
      expect((await other.remote(0)).container).toBe(first.container);
      expect(await one.map([0, 0]).toArray()).toEqual([first, first]);
      const call = await other.spawn(0);
      expect(await call.get()).toEqual(first);
    },
  ),

  on(
    "handles.concurrency",
    "withConcurrency runs so many inputs at a time",
    async ({ handles }) => {
      const wide = handles.overlap
        .withConcurrency({ maxInputs: 5 })
        .withOptions({ maxContainers: 1 });
      const peaks = await wide.map(Array.from({ length: 10 }, () => 60)).toArray();
      expect(Math.max(...peaks)).toBe(5);
      const peaksBefore = await handles.overlap.map([1, 1]).toArray();
      expect(peaksBefore).toEqual([1, 1]);
    },
  ),

  on(
    "handles.options",
    "a class has variants too, each with its parameter sets",
    async ({ handles }) => {
      const Large = handles.Counter.withOptions({ memoryMiB: 256, maxContainers: 1 });
      const [own, large] = [new handles.Counter({ start: 40 }), new Large({ start: 40 })];
      expect(await large.increment.remote(1)).toBe(41);
      expect(await own.increment.remote(2)).toBe(42);
      expect(await large.container.remote()).not.toBe(await own.container.remote());
    },
  ),

  on(
    "handles.options",
    "a variant scales its own containers, and needs none of its function's minContainers",
    async ({ handles }) => {
      const variant = handles.warm.withOptions({ timeoutSeconds: 77 });
      expect(await variant.getCurrentStats()).toEqual({ backlog: 0, numTotalRunners: 0 });
      expect(await variant.remote()).toBe("warm");
      expect((await variant.getCurrentStats()).numTotalRunners).toBe(1);
      await variant.updateAutoscaler({ scaledownWindowSeconds: 2 });
    },
  ),

  on(
    "handles.options",
    "options that are none, or wrong, are refused at once",
    async ({ handles }) => {
      const vary = (options: object) => async (): Promise<unknown> =>
        handles.described.withOptions(options);
      expect((await failure(vary({ timeoutSeconds: 0 })())).code).toBe(
        "WINDLASS_INVALID_TIMEOUT_SECONDS",
      );
      expect((await failure(vary({ minContainers: 1 })())).code).toBe("WINDLASS_OPTION_UNKNOWN");
      const wrong = async (): Promise<unknown> => handles.overlap.withConcurrency({ maxInputs: 0 });
      expect((await failure(wrong())).code).toBe("WINDLASS_INVALID_MAX_INPUTS");
    },
  ),
];
