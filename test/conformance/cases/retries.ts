import { expect } from "vitest";
import { SerializationError } from "windlass";
import { failure, on } from "../case.ts";

export const retries = [
  on(
    "retries.attempts",
    "a failed input runs again, with the same id, until it succeeds",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      expect(await handles.retried.remote({ page: page.url, fails: 2 })).toBe(2);
      const attempts = page.lines.map((line) => /attempt (\d) of (\S+)/.exec(line));
      expect(attempts.map((attempt) => attempt?.[1])).toEqual(["0", "1", "2"]);
      expect(new Set(attempts.map((attempt) => attempt?.[2])).size).toBe(1);
    },
  ),

  on(
    "retries.attempts",
    "the last error is what the caller sees",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const error = await failure(handles.retried.remote({ page: page.url, fails: 99 }));
      expect(error.message).toBe("attempt 3 failed");
      expect(page.lines).toHaveLength(3);
    },
  ),

  on(
    "retries.attempts",
    "inputs of a map have their own attempts",
    async ({ handles, notebook }) => {
      const inputs = [0, 1, 2].map((fails) => ({ page: notebook.page().url, fails }));
      expect(await handles.retried.map(inputs).toArray()).toEqual([0, 1, 2]);
    },
  ),

  on("retries.attempts", "a spawned input has its attempts", async ({ handles, notebook }) => {
    const call = await handles.retried.spawn({ page: notebook.page().url, fails: 1 });
    expect(await call.get()).toBe(1);
  }),

  on("retries.delay", "a number of retries is one second apart", async ({ handles, notebook }) => {
    const page = notebook.page();
    expect(await handles.retriedOnce.remote({ page: page.url, fails: 1 })).toBe(1);
    const [first = 0, second = 0] = page.lines.map((line) => Number(line.split(" at ")[1]));
    expect(second - first).toBeGreaterThanOrEqual(990);
    expect((await failure(handles.retriedOnce.remote({ page: page.url, fails: 99 }))).message).toBe(
      "attempt 4 failed",
    );
  }),

  on("retries.final", "a NonRetriableError is final", async ({ handles, notebook }) => {
    const page = notebook.page();
    const wanted = { page: page.url, fails: 1, how: "for good" as const };
    expect((await failure(handles.retried.remote(wanted))).message).toBe("attempt 1 failed");
    expect(page.lines).toHaveLength(1);
  }),

  on("retries.final", "a result that cannot be sent is final", async ({ handles, notebook }) => {
    const page = notebook.page();
    const wanted = { page: page.url, fails: 1, how: "result" as const };
    expect(await failure(handles.retried.remote(wanted))).toBeInstanceOf(SerializationError);
    expect(page.lines).toHaveLength(1);
  }),
];
