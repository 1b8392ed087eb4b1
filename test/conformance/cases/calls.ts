import { expect } from "vitest";
import { SerializationError } from "windlass";
import { failure, on } from "../case.ts";

export const calls = [
  on("calls.remote.returns", "remote returns what the function returns", async ({ handles }) => {
    expect(await handles.double.remote(21)).toBe(42);
    expect(await handles.add.remote(1, 2)).toBe(3);
  }),

  on("calls.remote.returns", "a parameter keeps its default", async ({ handles }) => {
    expect(await handles.greet.remote("Ada")).toMatchObject({ text: "hello Ada" });
    expect(await handles.greet.remote("Ada", "ciao")).toMatchObject({ text: "ciao Ada" });
  }),

  on(
    "calls.values",
    "values that JSON lacks arrive as they were, both ways",
    async ({ handles }) => {
      const value = {
        when: new Date(0),
        map: new Map([[1n, new Set([undefined, Number.NaN, -0])]]),
        bytes: new Uint8Array([1, 2, 3]),
        pattern: /a+/gi,
        error: new RangeError("as a value"),
      };
      expect(await handles.echo.remote(value)).toEqual(value);
    },
  ),

  on("calls.values", "arguments and results of megabytes arrive", async ({ handles }) => {
    const value = { text: "x".repeat(3_000_000), bytes: new Uint8Array(2_000_000).fill(7) };
    const output = (await handles.echo.remote(value)) as typeof value;
    expect(output.text === value.text).toBe(true);
    expect(Buffer.compare(output.bytes, value.bytes)).toBe(0);
  }),

  on("calls.values", "arguments are taken when the call is made", async ({ handles }) => {
    const value = { n: 1 };
    const call = handles.echo.remote(value);
    value.n = 2;
    expect(await call).toEqual({ n: 1 });
  }),

  on(
    "calls.values",
    "an argument that cannot be sent is refused by its path",
    async ({ handles }) => {
      const error = await failure(handles.echo.remote({ list: [() => 1] }));
      expect(error).toBeInstanceOf(SerializationError);
      expect(error.message).toContain("args[0].list[0]");
    },
  ),

  on(
    "calls.values",
    "a result that cannot be sent fails at the callee by its path",
    async ({ handles }) => {
      const error = await failure(handles.failing.remote("as its result"));
      expect(error).toBeInstanceOf(SerializationError);
      expect(error.message).toContain("result.items[0].fn");
      expect(await handles.failing.remote("never")).toBe("fine");
    },
  ),

  on("calls.remote.returns", "calls made together settle each on its own", async ({ handles }) => {
    const settled = await Promise.allSettled([1, 2, 3, 4].map((x) => handles.noThrees.remote(x)));
    const outcomes = settled.map((one) => (one.status === "fulfilled" ? one.value : "failed"));
    expect(outcomes).toEqual([1, 2, "failed", 4]);
  }),

  on("calls.direct", "a handle cannot be called itself", async ({ handles }) => {
    expect(typeof handles.double).toBe("object");
    expect(typeof new handles.Counter({ start: 0 }).increment).toBe("object");
  }),

  on("functions.env", "a function has its variables and those of its app", async ({ handles }) => {
    const { env } = await handles.greet.remote("Ada");
    expect(env).toEqual({
      SHARED: "of the app",
      BOTH: "of the function",
      OWN: "of the function",
    });
  }),
];
