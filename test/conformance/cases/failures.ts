import { expect } from "vitest";
import {
  ContainerCrashedError,
  FunctionTimeoutError,
  isWindlassError,
  RemoteError,
} from "windlass";
import { OutageError, QuotaError } from "../app/errors.ts";
import { failure, on } from "../case.ts";

export const failures = [
  on("errors.class", "a built-in error arrives as its class", async ({ handles }) => {
    const error = await failure(handles.failing.remote("built in"));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe("built in");
  }),

  on(
    "errors.class",
    "an error of the user's keeps name, fields and chain of causes",
    async ({ handles }) => {
      const error = await failure(handles.failing.remote("of its own class"));
      expect(error).toMatchObject({
        name: "QuotaError",
        message: "no more than 3",
        limit: 3,
        items: ["a", "b"],
        cause: { name: "RangeError", message: "first", cause: { message: "root" } },
      });
      expect(error.cause).toBeInstanceOf(RangeError);
    },
  ),

  on("errors.class", "an error of the user's is an instance of its class", async ({ handles }) => {
    const error = await failure(handles.failing.remote("without a name"));
    expect(error).toBeInstanceOf(OutageError);
    expect(error).toMatchObject({ message: "eu-west-1 is out", region: "eu-west-1", isNear: true });
    expect(error.stack).toMatch(/failures\.ts:\d+/);
    const call = await handles.failing.spawn("of its own class");
    expect(await failure(call.get())).toBeInstanceOf(QuotaError);
  }),

  on("errors.class", "it is one for a container that called, too", async ({ handles }) => {
    const error = await failure(handles.relayingFailure.remote("without a name"));
    expect(error.message).toBe("caught OutageError");
    expect(error.cause).toBeInstanceOf(OutageError);
  }),

  on(
    "errors.class",
    "it is one in another process that knows the class",
    async ({ handles, otherProcess }) => {
      const call = await handles.failing.spawn("without a name");
      await failure(call.get());
      expect(JSON.parse(await otherProcess("collect", call.id))).toBe("OutageError of eu-west-1");
    },
  ),

  on("errors.class", "an aggregate keeps its errors", async ({ handles }) => {
    const error = await failure(handles.failing.remote("aggregate"));
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors).toEqual([new RangeError("one"), new Error("two")]);
  }),

  on(
    "errors.class",
    "what is thrown and is no error arrives as the cause of one",
    async ({ handles }) => {
      const error = await failure(handles.failing.remote("no error"));
      expect(error).toBeInstanceOf(RemoteError);
      expect(error.cause).toBe("a string");
    },
  ),

  on(
    "errors.class",
    "an error whose fields cannot travel keeps the others",
    async ({ handles }) => {
      const error = await failure(handles.failing.remote("with what cannot travel"));
      expect(error).toMatchObject({ message: "half", code: 7 });
      expect(error).not.toHaveProperty("socket");
    },
  ),

  on(
    "errors.trace",
    "the stack of an error is that of the function, in its source",
    async ({ handles }) => {
      const error = await failure(handles.failing.remote("built in"));
      expect(error.stack).toMatch(/failures\.ts:\d+/);
      expect(error.stack).not.toContain("node:internal");
    },
  ),

  on("timeouts.function", "an input that waits for too long is ended", async ({ handles }) => {
    const error = await failure(handles.overtime.remote("waits"));
    expect(error).toBeInstanceOf(FunctionTimeoutError);
    expect(isWindlassError(error)).toBe(true);
    expect(await handles.overtime.remote("fine")).toBe("fine");
  }),

  on(
    "timeouts.function",
    "an input that blocks is ended, and those beside it are not",
    async ({ handles }) => {
      const modes = ["fine", "blocks", "fine", "fine"] as const;
      const outputs = await handles.overtime.map(modes, { returnExceptions: true }).toArray();
      expect(outputs).toEqual(["fine", expect.any(FunctionTimeoutError), "fine", "fine"]);
    },
  ),

  on(
    "timeouts.attempt",
    "a timeout holds for each attempt, and is retried",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      expect(await handles.overtimeOnce.remote(page.url)).toBe(1);
      expect(page.lines).toEqual(["attempt 0", "attempt 1"]);
    },
  ),

  on(
    "timeouts.startup",
    "a container that is not ready in time fails its callers",
    async ({ handles }) => {
      const error = await failure(new handles.SlowStart().run.remote());
      expect(error.code).toBe("WINDLASS_STARTUP_TIMEOUT");
    },
  ),

  on("timeouts.startup", "entering takes none of an input's time", async ({ handles }) => {
    expect(await new handles.SlowEnter().run.remote()).toBe(1);
  }),

  on(
    "crashes.fails",
    "an input that ends three containers fails with their last words",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const error = await failure(handles.crashing.remote({ page: page.url, how: "exits" }));
      expect(error).toBeInstanceOf(ContainerCrashedError);
      expect(error.message).toContain("exited with code 3");
      expect(error.message).toContain("the last words");
      expect(page.lines).toEqual(["exits", "exits", "exits"]);
    },
  ),

  on(
    "crashes.fails",
    "an error out of band ends a container and is told",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const how = "throws out of band";
      const error = await failure(handles.crashing.remote({ page: page.url, how }));
      expect(error).toBeInstanceOf(ContainerCrashedError);
      expect(error.message).toContain("thrown out of band");
    },
  ),

  on("crashes.retries", "a crash uses up no attempt", async ({ handles, notebook }) => {
    const page = notebook.page();
    const output = await handles.crashing.remote({ page: page.url, how: "exits once" });
    expect(output).toEqual({ crashed: 1, attempt: 0 });
  }),

  on(
    "crashes.neighbours",
    "only the input fails that ends its container",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const inputs = (["not at all", "not at all", "exits", "not at all"] as const).map((how) => ({
        page: page.url,
        how,
      }));
      const outputs = await handles.crashing.map(inputs, { returnExceptions: true }).toArray();
      const kinds = outputs.map((output) => output instanceof Error);
      expect(kinds).toEqual([false, false, true, false]);
      expect(outputs[2]).toBeInstanceOf(ContainerCrashedError);
    },
  ),

  on("crashes.neighbours", "what runs beside it does not fail with it", async ({ handles }) => {
    const inputs = ["a", "b", "bad", "c", "d", "e"];
    const outputs = await handles.crowd.map(inputs, { returnExceptions: true }).toArray();
    expect(outputs).toEqual(["a", "b", expect.any(ContainerCrashedError), "c", "d", "e"]);
  }),

  on(
    "errors.class",
    "what a module throws as it is loaded reaches the callers",
    async ({ handles }) => {
      const error = await failure(handles.unloadable.remote());
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toBe("this module cannot be loaded");
    },
  ),
];
