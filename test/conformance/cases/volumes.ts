import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { failure, on } from "../case.ts";

export const volumes = [
  on(
    "storage.volume",
    "what a container commits, others see when they reload",
    async ({ handles }) => {
      const name = randomUUID();
      expect(await handles.readFileOf.remote(name, false)).toBe("none");
      await handles.writeFileOf.remote(name, "committed", true);
      expect(await handles.readFileOf.remote(name, false)).toBe("none");
      expect(await handles.readFileOf.remote(name, true)).toBe("committed");
    },
  ),

  on(
    "storage.volume",
    "changes are committed in the background, within seconds",
    async ({ handles }) => {
      const name = randomUUID();
      await handles.writeFileOf.remote(name, "by itself", false);
      // The case's own timeout bounds it.
      while ((await handles.readNewestOf.remote(name)) !== "by itself");
    },
  ),

  on("storage.volume", "no volume is reloaded while its files are open", async ({ handles }) => {
    const error = await failure(handles.reloadWhileOpen.remote());
    expect(error).toMatchObject({ name: "ExecutionError", code: "WINDLASS_VOLUME_BUSY" });
  }),
];
