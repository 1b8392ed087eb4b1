import { expect } from "vitest";
import { failure, on } from "../case.ts";

export const contexts = [
  on(
    "context.ids",
    "each input has its own ids, also where several run at once",
    async ({ handles }) => {
      const seen = await handles.whoAmI.map([60, 20, 40, 1]).toArray();
      expect(seen.every(({ isSame }) => isSame)).toBe(true);
      expect(new Set(seen.map(({ inputId }) => inputId)).size).toBe(4);
      expect(new Set(seen.map(({ callId }) => callId)).size).toBe(1);
    },
  ),

  on("context.ids", "the id of a call is what its caller has", async ({ handles }) => {
    const call = await handles.whoAmI.spawn(1);
    expect((await call.get()).callId).toBe(call.id);
  }),

  on(
    "context.is-local",
    "isLocal is false in containers and true elsewhere",
    async ({ handles }) => {
      const { isLocal, atImport } = await handles.whoAmI.remote(1);
      expect(isLocal).toBe(false);
      expect(atImport.isLocal).toBe(false);
      // `undefined` does not travel: what was asked outside of an input has no answer.
      expect([atImport.call, atImport.inputId]).toEqual([undefined, undefined]);
    },
  ),

  on(
    "context.env",
    "a container knows its app, its function and its own id",
    async ({ handles }) => {
      const { env } = await handles.whoAmI.remote(1);
      expect(env).toEqual({
        WINDLASS_APP: "conformance",
        WINDLASS_FUNCTION: "whoAmI",
        WINDLASS_CONTAINER_ID: expect.stringMatching(/^ct-/),
      });
    },
  ),

  on(
    "concurrency.max",
    "a container runs as many inputs at once as it may, and no more",
    async ({ handles }) => {
      const peaks = await handles.gauge.map(Array.from({ length: 12 }, () => 30)).toArray();
      expect(Math.max(...peaks)).toBe(3);
    },
  ),

  on("calls.nested", "functions call functions, and themselves", async ({ handles }) => {
    expect(await handles.depth.remote(2)).toBe(2);
    expect(await handles.calling.remote("remote", 4)).toBe(8);
    expect(await handles.calling.remote("map", 100)).toBe(9900);
  }),

  on(
    "calls.nested",
    "a call that a container spawns is known outside",
    async ({ handles, otherProcess }) => {
      const { id, output } = (await handles.calling.remote("spawn", 5)) as {
        readonly id: string;
        readonly output: number;
      };
      expect(output).toBe(10);
      expect(JSON.parse(await otherProcess("collect", id))).toEqual([10]);
    },
  ),

  on(
    "calls.uses",
    "a container may not call what its function does not use",
    async ({ handles }) => {
      expect((await failure(handles.confined.remote(1))).code).toBe("WINDLASS_NOT_IN_USES");
      const abroad = await failure(handles.calling.remote("another app", 1));
      expect(abroad.code).toBe("WINDLASS_NOT_IN_USES");
    },
  ),

  on(
    "handles.missing",
    "a function that is not there is not found, and those that are are named",
    async ({ handles }) => {
      const error = await failure(handles.calling.remote("missing", 1));
      expect(error).toMatchObject({ name: "NotFoundError", code: "WINDLASS_FUNCTION_NOT_FOUND" });
      expect(error.message).toContain('no function "missing"');
      expect(error.message).toContain("double");
    },
  ),

  on("context.ids", "hooks run for no input", async ({ handles }) => {
    const saw = await new handles.Counter({ start: 50 }).hookSaw.remote();
    expect(saw).toEqual({ call: undefined, isLocal: false });
  }),
];
