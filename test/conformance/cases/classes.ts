import { expect } from "vitest";
import { failure, on } from "../case.ts";

export const classes = [
  on("classes.state", "an object enters once and keeps its state", async ({ handles }) => {
    const counter = new handles.Counter({ start: 10, other: 1 });
    expect(await counter.increment.remote(1)).toBe(11);
    expect(await counter.increment.map([1, 1, 1]).toArray()).toEqual([12, 13, 14]);
    const call = await counter.increment.spawn(1);
    expect(await call.get()).toBe(15);
  }),

  on("classes.pools", "each set of parameters has containers of its own", async ({ handles }) => {
    const [one, two] = [2, 3].map((start) => new handles.Counter({ start }));
    const ids = await Promise.all([one?.container.remote(), two?.container.remote()]);
    expect(ids[0]).not.toBe(ids[1]);
  }),

  on(
    "classes.pools",
    "all methods share them, and so do objects with equal parameters",
    async ({ handles }) => {
      const first = new handles.Counter({ start: 4, other: 5 });
      const second = new handles.Counter({ other: 5, start: 4 });
      await first.increment.remote(2);
      expect(await second.increment.remote(2)).toBe(8);
      expect(await first.container.remote()).toBe(await second.container.remote());
    },
  ),

  on(
    "classes.hooks",
    "hooks run in order, base classes first, and in reverse at the exit",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const object = new handles.Lifecycle({ page: page.url });
      await object.work.remote();
      await page.has("base exits");
      expect(page.lines).toEqual([
        "base enters its snapshot",
        "derived enters its snapshot",
        "base enters",
        "derived enters",
        "works",
        "derived exits",
        "base exits",
      ]);
    },
  ),

  on(
    "classes.inheritance",
    "methods are inherited, and those of the class win",
    async ({ handles, notebook }) => {
      const object = new handles.Lifecycle({ page: notebook.page().url });
      expect(await object.inherited.remote()).toBe("inherited");
      expect(await object.whose.remote()).toBe("of the derived class");
    },
  ),

  on(
    "classes.enter-fails",
    "what an enter hook throws reaches the callers",
    async ({ handles }) => {
      const error = await failure(new handles.Broken().run.remote());
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toBe("cannot enter");
    },
  ),

  on("classes.missing-method", "a method that is not there is not found", async ({ handles }) => {
    const error = await failure(handles.calling.remote("missing method", 5));
    expect(error).toMatchObject({ name: "NotFoundError", code: "WINDLASS_NO_SUCH_METHOD" });
  }),

  on(
    "classes.params",
    "parameters are checked by their schema, which fills in defaults",
    async ({ handles }) => {
      expect(await new handles.Typed({ size: 2 }).describe.remote()).toBe("unnamed of 2");
      expect(await new handles.Typed({ size: 3, name: "big" }).describe.remote()).toBe("big of 3");
    },
  ),

  on("classes.params", "parameters that the schema refuses are told", async ({ handles }) => {
    const describe = async (): Promise<unknown> =>
      await new handles.Typed({ size: 0.5 }).describe.remote();
    const error = await failure(describe());
    expect(error).toMatchObject({ name: "InvalidError", code: "WINDLASS_INVALID_PARAMS" });
    expect(error.message).toMatch(/parameters of class "Typed" are invalid/);
    expect(error.message).toContain("size: ");
  }),

  on("classes.params", "parameters of more than 16 KiB are refused", async ({ handles }) => {
    const make = async (): Promise<unknown> =>
      new handles.Lifecycle({ page: "x".repeat(16 * 1024) });
    expect((await failure(make())).code).toBe("WINDLASS_PARAMS_TOO_LARGE");
  }),

  on(
    "classes.preempt",
    "a container that is taken away runs its hooks, and its input runs again",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      expect(await new handles.Preempted({ page: page.url }).work.remote()).toBe("done");
      await page.has("exits");
      const of = (line: string): number => page.lines.filter((other) => other === line).length;
      expect([of("works"), of("preempted")]).toEqual([2, 1]);
      expect(page.lines.indexOf("preempted")).toBeLessThan(page.lines.indexOf("exits"));
    },
  ),

  on(
    "classes.stop-fetching",
    "a container that fetches no more inputs finishes, exits and is replaced",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const object = new handles.Retiring({ page: page.url });
      const [first, last, other] = await object.work.map([false, true, false]).toArray();
      expect(last).toBe(first);
      expect(other).not.toBe(first);
      await page.has("exits");
    },
  ),

  on(
    "concurrency.local",
    "a container changes how many inputs it runs at once",
    async ({ handles }) => {
      const object = new handles.Throttled();
      expect(await object.throttle.remote(2)).toBe(2);
      const peaks = await object.peak.map(Array.from({ length: 8 }, () => 30)).toArray();
      expect(Math.max(...peaks)).toBe(2);
      // No more than its function may.
      expect(await object.throttle.remote(9)).toBe(4);
      expect((await failure(object.throttle.remote(0))).code).toBe(
        "WINDLASS_INVALID_LOCAL_CONCURRENCY",
      );
    },
  ),

  on(
    "functions.single-use",
    "singleUseContainers give each input a process of its own",
    async ({ handles }) => {
      const ids = await new handles.Single().process.starmap([[], [], []]).toArray();
      expect(new Set(ids).size).toBe(3);
    },
  ),
];
