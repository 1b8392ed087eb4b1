import { afterAll, beforeAll, expect, it, test } from "vitest";
import { sparingly } from "../../runtime-shim/web/failed-requests.ts";
import { tempProject } from "../bundle/temp-project.ts";
import { app } from "./failing/app.ts";
import { type ServedEngine, serveEngine } from "./served-engine.ts";

let served: ServedEngine;
beforeAll(async () => {
  served = await serveEngine(app, tempProject({}, afterAll));
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
});

const failuresOf = (name: string): readonly unknown[] =>
  served.events.filter((event) => event.name === "call.failed" && event.function === name);

it.each([
  ["Endpoints", "/throws", 500, "error", { name: "RangeError", message: "13 is odd" }],
  ["fetching", "/", 500, "error", { name: "Error", message: "no answer" }],
  ["listening", "/", 500, "error", { name: "TypeError", message: "no listener" }],
  ["python", "/", 500, "error", { code: "WINDLASS_WEB_APP_FAILED" }],
  ["overdue", "/", 504, "timeout", { code: "WINDLASS_FUNCTION_TIMEOUT" }],
])("a request of %s that fails is a failed call", async (...row) => {
  const [name, path, status, failure, error] = row;
  expect((await fetch(served.url(name, path))).status).toBe(status);

  await expect.poll(() => failuresOf(name)).toHaveLength(1);
  expect(failuresOf(name)).toMatchObject([
    {
      ...{ app: "failing", method: name === "Endpoints" ? "throws" : null, inputs: { end: 1 } },
      ...{ callId: expect.stringMatching(/^fc-/), failure, error, attempts: 1 },
      containerId: expect.stringMatching(/^ct-/),
    },
  ]);
});

test("requests that a container had when it ended have failed", async () => {
  await expect(fetch(served.url("dies"))).rejects.toThrow();

  await expect
    .poll(() => failuresOf("dies"))
    .toMatchObject([{ failure: "crashed", error: { code: "WINDLASS_CONTAINER_CRASHED" } }]);
});

test("what a handler means to answer is no failure, and events may be off", async () => {
  const before = failuresOf("Endpoints").length;
  expect((await fetch(served.url("Endpoints", "/refuses"))).status).toBe(404);
  expect((await fetch(served.url("silent"))).status).toBe(500);
  const ready = (): boolean =>
    served.events.some(
      (event) => event.name === "container.started" && event.function === "fetching",
    );

  expect([failuresOf("Endpoints").length, failuresOf("silent").length]).toEqual([before, 0]);
  expect(ready()).toBe(true);
});

test("a container tells of one failure a second", () => {
  let now = 0;
  const told: unknown[] = [];
  const tell = sparingly(({ error }) => told.push(error), { now: () => now });

  tell({ kind: "error", error: 1 });
  now = 999;
  tell({ kind: "error", error: 2 });
  now = 1000;
  tell({ kind: "error", error: 3 });

  expect(told).toEqual([1, 3]);
});
