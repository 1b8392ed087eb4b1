import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { InvalidError } from "windlass";
import { collect, failure, on } from "../case.ts";

const ROW = "calls.idempotency";

export const idempotency = [
  on(ROW, "a second remote with a key has the result of the first", async (backend) => {
    const { handles, notebook } = backend;
    const page = notebook.page();
    const once = handles.noted.withIdempotencyKey(randomUUID());
    expect(await once.remote({ page: page.url, value: 7 })).toBe(7);
    expect(await once.remote({ value: 7, page: page.url })).toBe(7);
    expect(page.lines).toEqual(["ran 7"]);
  }),

  on(
    ROW,
    "a second spawn with a key is the call that still runs",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const once = handles.noted.withIdempotencyKey(randomUUID());
      const input = { page: page.url, value: 7, line: "go" };
      const first = await once.spawn(input);
      await page.has("ran 7");
      const second = await once.spawn(input);
      expect(second.id).toBe(first.id);
      page.write("go");
      expect(await second.get()).toBe(7);
      expect(page.lines).toEqual(["ran 7", "go"]);
    },
  ),

  on(ROW, "calls with one key that are made together run once", async ({ handles, notebook }) => {
    const page = notebook.page();
    const once = handles.noted.withIdempotencyKey(randomUUID());
    const input = { page: page.url, value: 7 };
    expect(await Promise.all([1, 2, 3].map(() => once.remote(input)))).toEqual([7, 7, 7]);
    expect(page.lines).toEqual(["ran 7"]);
  }),

  on(
    ROW,
    "a key with other arguments is refused, one of another function is not",
    async (backend) => {
      const { handles, notebook } = backend;
      const key = randomUUID();
      const page = notebook.page();
      await handles.noted.withIdempotencyKey(key).remote({ page: page.url, value: 1 });
      const other = handles.noted.withIdempotencyKey(key).remote({ page: page.url, value: 2 });
      const error = await failure(other);
      expect(error).toBeInstanceOf(InvalidError);
      expect(error.code).toBe("WINDLASS_IDEMPOTENCY_KEY_REUSED");
      expect(await handles.add.withIdempotencyKey(key).remote(1, 2)).toBe(3);
    },
  ),

  on(ROW, "a failure is kept under its key", async ({ handles, notebook }) => {
    const page = notebook.page();
    const once = handles.noted.withIdempotencyKey(randomUUID());
    for (let time = 0; time < 2; time += 1) {
      const error = await failure(once.remote({ page: page.url, value: -1 }));
      expect(error).toBeInstanceOf(RangeError);
    }
    expect(page.lines).toEqual(["ran -1"]);
  }),

  on(ROW, "a cancelled call frees its key", async ({ handles, notebook }) => {
    const page = notebook.page();
    const once = handles.noted.withIdempotencyKey(randomUUID());
    const input = { page: page.url, value: 7, line: "go" };
    const first = await once.spawn(input);
    await page.has("ran 7");
    await first.cancel();
    const second = await once.spawn(input);
    expect(second.id).not.toBe(first.id);
    page.write("go");
    expect(await second.get()).toBe(7);
  }),

  on(ROW, "a map runs the inputs that have no result under their keys", async (backend) => {
    const { handles, notebook } = backend;
    const page = notebook.page();
    const run = randomUUID();
    const inputs = [1, 2, 3, 4].map((value) => ({ page: page.url, value }));
    const idempotencyKey = ({ value }: { value: number }) => `${run} ${value}`;
    expect(await collect(handles.noted.map(inputs.slice(1, 3), { idempotencyKey }))).toEqual([
      2, 3,
    ]);
    expect(await collect(handles.noted.map(inputs, { idempotencyKey }))).toEqual([1, 2, 3, 4]);
    const unordered = await collect(handles.noted.map(inputs, { idempotencyKey, ordered: false }));
    expect(unordered.sort()).toEqual([1, 2, 3, 4]);
    expect(
      await handles.noted.withIdempotencyKey(`${run} 4`).remote({ page: page.url, value: 4 }),
    ).toBe(4);
    expect([...page.lines].sort()).toEqual(["ran 1", "ran 2", "ran 3", "ran 4"]);
  }),

  on(ROW, "a map tells which inputs have keys of other arguments", async ({ handles }) => {
    const key = randomUUID();
    await handles.double.forEach([1, 2], { idempotencyKey: key });
    const outputs = await collect(
      handles.double.map([1, 3], { idempotencyKey: key, returnExceptions: true }),
    );
    expect(outputs[0]).toBe(2);
    expect((outputs[1] as { code?: string }).code).toBe("WINDLASS_IDEMPOTENCY_KEY_REUSED");
  }),

  on(ROW, "a map goes on where a caller that was killed has left it", async (backend) => {
    const { handles, notebook, otherProcess } = backend;
    const page = notebook.page();
    const key = randomUUID();
    await failure(otherProcess("map", key, page.url));
    await page.has("ran 3");
    page.write("go");
    const inputs = [1, 2, 3].map((value) => ({
      page: page.url,
      value,
      line: value === 3 ? "go" : undefined,
    }));
    expect(await collect(handles.noted.map(inputs, { idempotencyKey: key }))).toEqual([1, 2, 3]);
    const ran = page.lines.filter((line) => line.startsWith("ran"));
    // What ran with the engine of the caller that was killed runs again.
    expect(ran.filter((line) => line !== "ran 3")).toEqual(["ran 1", "ran 2"]);
  }),
];
