import { expect } from "vitest";
import { InputCancellation } from "windlass";
import { failure, on } from "../case.ts";

export const cancellation = [
  on(
    "calls.cancel",
    "cancel aborts the signal of a running input and answers at once",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const call = await handles.waiting.spawn({ page: page.url, value: 1, line: "never" });
      await page.has("started 1");
      await call.cancel();
      expect(await failure(call.get())).toBeInstanceOf(InputCancellation);
      await page.has("aborted 1: InputCancellation");
    },
  ),

  on("calls.cancel", "inputs that wait never start", async ({ handles, notebook }) => {
    const [running, waits] = [notebook.page(), notebook.page()];
    const holder = await handles.queued.spawn(running.url);
    await running.has("started");
    const call = await handles.queued.spawnMap([waits.url, waits.url]);
    await call.cancel();
    expect(await failure(call.get({ index: 1 }))).toBeInstanceOf(InputCancellation);
    running.write("go");
    await holder.get();
    // Its container is free: whatever waited before this would have run by now.
    const last = notebook.page();
    last.write("go");
    await handles.queued.remote(last.url);
    expect(waits.lines).toEqual([]);
  }),

  on(
    "calls.cancel",
    "a container whose input does not stop is ended, and the next call has another",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const before = await handles.stuck.remote(page.url, false);
      const again = notebook.page();
      const call = await handles.stuck.spawn(again.url);
      await again.has("started");
      await call.cancel();
      expect(await failure(call.get())).toBeInstanceOf(InputCancellation);
      const after = await handles.stuck.remote(page.url, false);
      expect(typeof before === "string" && typeof after === "string").toBe(true);
      expect(again.lines).toEqual(["started"]);
    },
  ),

  on("retries.cancelled", "a cancelled input is not retried", async ({ handles, notebook }) => {
    const page = notebook.page();
    const call = await handles.retriedSlowly.spawn({ page: page.url, fails: 99 });
    while (page.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await call.cancel();
    expect(await failure(call.get())).toBeInstanceOf(InputCancellation);
    // Its next attempt would have been due before that of this one.
    const other = notebook.page();
    expect(await handles.retriedSlowly.remote({ page: other.url, fails: 1 })).toBe(1);
    expect(page.lines).toHaveLength(1);
  }),

  on(
    "calls.cancel",
    "cancelling one call leaves those alone that were made with it",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const [first, second] = await Promise.all(
        [1, 2].map((value) => handles.waiting.spawn({ page: page.url, value, line: "go" })),
      );
      await Promise.all(["started 1", "started 2"].map((line) => page.has(line)));
      await second?.cancel();
      await page.has("aborted 2: InputCancellation");
      page.write("go");
      expect(await first?.get()).toBe(1);
      expect(await failure(second?.get() ?? Promise.resolve())).toBeInstanceOf(InputCancellation);
    },
  ),

  on("calls.cancel", "cancelling what is done changes nothing", async ({ handles }) => {
    const call = await handles.double.spawn(2);
    expect(await call.get()).toBe(4);
    await call.cancel();
    await call.cancel({ terminateContainers: true });
    expect(await call.get()).toBe(4);
  }),

  on(
    "calls.cancel",
    "an unknown call cannot be cancelled, and an old one has expired",
    async ({ otherProcess }) => {
      const unknown = await otherProcess("cancel", `fc-${"z".repeat(25)}`);
      expect(JSON.parse(unknown)).toBe("WINDLASS_CALL_NOT_FOUND");
      const old = await otherProcess("cancel", `fc-${"0".repeat(25)}`);
      expect(JSON.parse(old)).toBe("WINDLASS_OUTPUT_EXPIRED");
    },
  ),

  on(
    "calls.cancel",
    "cancelling a call cancels what it waits for, and not what it has spawned",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const call = await handles.relaying.spawn({ page: page.url });
      await Promise.all(["started 1", "started 2"].map((line) => page.has(line)));
      await call.cancel();
      expect(await failure(call.get())).toBeInstanceOf(InputCancellation);
      await page.has("aborted 1: InputCancellation");
      page.write("go");
      await page.has("done 2");
    },
  ),

  on(
    "calls.cancel",
    "terminateContainers ends the container at once, and its neighbours run again",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const stays = await handles.neighbour.spawn({ page: page.url, name: "one" });
      const goes = await handles.neighbour.spawn({ page: page.url, name: "other" });
      await Promise.all(["one is here", "other is here"].map((line) => page.has(line)));
      await goes.cancel({ terminateContainers: true });
      expect(await failure(goes.get())).toBeInstanceOf(InputCancellation);
      await page.count("one is here", 2);
      page.write("go");
      expect(await stays.get()).toBe("one");
      expect(page.lines.filter((line) => line === "other is here")).toHaveLength(1);
      expect(page.lines).not.toContain("other was told");
    },
  ),

  on(
    "calls.cancel",
    "a cancelled input that does not stop ends its container, and its neighbours run again",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      const guest = { page: page.url, name: "quiet", isDeaf: false };
      const quiet = await handles.guests.spawn(guest);
      await page.has("quiet is here");
      const deaf = await handles.guests.spawn({ ...guest, name: "deaf", isDeaf: true });
      await page.has("deaf is here");
      await deaf.cancel();
      expect(await failure(deaf.get())).toBeInstanceOf(InputCancellation);
      await page.count("quiet is here", 2);
      page.write("go");
      expect(await quiet.get()).toBe("quiet");
      expect(page.lines.filter((line) => line === "deaf is here")).toHaveLength(1);
    },
  ),
];
