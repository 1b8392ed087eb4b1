import { expect } from "vitest";
import { FunctionTimeoutError, gather, TimeoutError } from "windlass";
import { collect, failure, on } from "../case.ts";

export const spawned = [
  on("calls.spawn", "spawn returns before its call is done", async ({ handles, notebook }) => {
    const page = notebook.page();
    const call = await handles.waiting.spawn({ page: page.url, line: "go", value: 7 });
    expect(call.id).toMatch(/^fc-\w+\.0$/);
    page.write("go");
    expect(await call.get()).toBe(7);
  }),

  on("calls.get", "get gives the result again and again", async ({ handles }) => {
    const call = await handles.double.spawn(2);
    expect([await call.get(), await call.get()]).toEqual([4, 4]);
    expect(await call.numInputs()).toBe(1);
  }),

  on("calls.get", "get throws what the function threw, each time", async ({ handles }) => {
    const call = await handles.noThrees.spawn(3);
    for (let time = 0; time < 2; time += 1) {
      const error = await failure(call.get());
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toBe("no threes: 3");
    }
  }),

  on("calls.get.timeout", "get with a timeout of 0 looks once", async ({ handles, notebook }) => {
    const page = notebook.page();
    const call = await handles.waiting.spawn({ page: page.url, line: "go", value: 5 });
    const error = await failure(call.get({ timeoutSeconds: 0 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).not.toBeInstanceOf(FunctionTimeoutError);
    page.write("go");
    expect(await call.get()).toBe(5);
    // There is a result now: one look finds it.
    expect(await call.get({ timeoutSeconds: 0 })).toBe(5);
  }),

  on(
    "calls.get.timeout",
    "get ends when its time is up, and the call goes on",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const call = await handles.waiting.spawn({ page: page.url, line: "go", value: 6 });
      const error = await failure(call.get({ timeoutSeconds: 0.3 }));
      expect(error.code).toBe("WINDLASS_GET_TIMEOUT");
      page.write("go");
      expect(await call.get({ timeoutSeconds: 60 })).toBe(6);
    },
  ),

  on("calls.spawn-map", "spawnMap is one call with an input for each item", async ({ handles }) => {
    const inputs = Array.from({ length: 1500 }, (_, at) => at);
    const call = await handles.double.spawnMap(inputs);
    expect(await call.numInputs()).toBe(1500);
    expect(await collect(call.iter())).toEqual(inputs.map((x) => x * 2));
    expect(await call.get({ index: 1499 })).toBe(2998);
  }),

  on("calls.iter", "iter yields a part in order", async ({ handles }) => {
    const call = await handles.double.spawnMap([1, 2, 3, 4, 5]);
    expect(await collect(call.iter({ start: 1, end: 4 }))).toEqual([4, 6, 8]);
    expect(await collect(call.iter({ start: 3 }))).toEqual([8, 10]);
  }),

  on("calls.iter", "iter throws a failure in its place", async ({ handles }) => {
    const call = await handles.noThrees.spawnMap([1, 2, 3, 4]);
    const outputs: number[] = [];
    const consume = async (): Promise<void> => {
      for await (const output of call.iter()) outputs.push(output);
    };
    expect((await failure(consume())).message).toBe("no threes: 3");
    expect(outputs).toEqual([1, 2]);
  }),

  on("calls.iter", "an input or a range that is not there is refused", async ({ handles }) => {
    const call = await handles.double.spawnMap([1, 2]);
    expect((await failure(call.get({ index: 2 }))).code).toBe("WINDLASS_INVALID_INDEX");
    const backwards = call.iter({ start: 2, end: 1 }).next();
    expect((await failure(backwards)).code).toBe("WINDLASS_INVALID_RANGE");
  }),

  on(
    "calls.gather",
    "gather gives results in the order of its arguments",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const first = await handles.waiting.spawn({ page: page.url, line: "go", value: 1 });
      const second = await handles.double.spawn(1);
      const both = gather(first, second);
      await second.get();
      page.write("go");
      expect(await both).toEqual([1, 2]);
    },
  ),

  on(
    "calls.gather",
    "gather throws the first failure, though others are outstanding",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const waits = await handles.waiting.spawn({ page: page.url, line: "go" });
      const fails = await handles.noThrees.spawn(3);
      expect((await failure(gather(waits, fails))).message).toBe("no threes: 3");
      page.write("go");
      await waits.get();
    },
  ),

  on(
    "calls.from-id",
    "a call that is spawned in one process is read in another",
    async ({ handles, otherProcess }) => {
      const call = await handles.double.spawnMap([1, 2, 3]);
      expect(JSON.parse(await otherProcess("collect", call.id))).toEqual([2, 4, 6]);
      expect(await call.numInputs()).toBe(3);
    },
  ),

  on(
    "calls.from-id",
    "an unknown id is not found, and an old one has expired",
    async ({ otherProcess }) => {
      const unknown = await otherProcess("collect", `fc-${"z".repeat(25)}`);
      expect(JSON.parse(unknown)).toBe("WINDLASS_CALL_NOT_FOUND");
      const old = await otherProcess("collect", `fc-${"0".repeat(25)}`);
      expect(JSON.parse(old)).toBe("WINDLASS_OUTPUT_EXPIRED");
    },
  ),
];
