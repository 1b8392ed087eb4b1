import { expect, onTestFinished, test } from "vitest";
import {
  App,
  type CallFailedEvent,
  type ContainerStartedEvent,
  type ContainerStoppedEvent,
  type WindlassEvent,
} from "windlass";
import { type TestApp, testApp } from "windlass/testing";

async function open(app: App): Promise<TestApp> {
  const kit = await testApp(app);
  onTestFinished(() => kit.close());
  return kit;
}

/** An app whose function fails for odd numbers. */
function oddApp(events?: "off" | "failures" | "all" | { sampleRate: number }) {
  const app = new App("watched");
  const half = app.function("half", { retries: 1, events }, (x: number) => {
    if (x % 2 === 1) throw new RangeError(`${x} is odd\nwhich is all`);
    return x / 2;
  });
  return { app, half };
}

test("a function hears of calls that failed for good, after all attempts, those together that are alike", async () => {
  const { app, half } = oddApp();
  const alarm = app.function("alarm", (event: CallFailedEvent) => event.function);
  app.on("call.failed", alarm);
  const kit = await open(app);

  await half.map([2, 3, 4], { returnExceptions: true }).toArray();

  await kit.clock.settle();
  const calls = kit.calls(alarm);
  expect(calls).toHaveLength(1);
  expect(calls[0]?.args[0]).toMatchObject({
    ...{ version: 1, name: "call.failed", environment: "local", app: "watched" },
    ...{ function: "half", method: null, deployment: null, inputs: { start: 1, end: 2 } },
    ...{ failure: "error", attempts: 2, callId: expect.stringMatching(/^fc-/) },
    error: { name: "RangeError", code: null, message: "3 is odd" },
  });
});

test("a handler becomes a function of the app, and hears of completed calls", async () => {
  const { app, half } = oddApp();
  const seen: WindlassEvent[] = [];
  app.on("call.completed", (event) => {
    seen.push(event);
  });
  const kit = await open(app);

  await half.remote(4);
  await expect(half.remote(5)).rejects.toThrow("odd");

  await kit.clock.settle();
  expect(seen).toMatchObject([{ name: "call.completed", inputs: { start: 0, end: 1 } }]);
  expect([...app.definitions.keys()]).toEqual(["half", "on-call-completed"]);
});

test("a function that hears of events tells of none: its failure does not call it again", async () => {
  const { app, half } = oddApp();
  let calls = 0;
  app.on("call.failed", () => {
    calls += 1;
    throw new Error("the pager is down");
  });
  const kit = await open(app);

  await expect(half.remote(1)).rejects.toThrow("odd");
  await kit.close();

  expect(calls).toBe(1);
});

test("a function whose events are off tells of none", async () => {
  const { app, half } = oddApp("off");
  let calls = 0;
  app.on("call.failed", () => {
    calls += 1;
  });
  const kit = await open(app);

  await expect(half.remote(1)).rejects.toThrow("odd");
  await kit.close();

  expect(calls).toBe(0);
});

test("a share of calls tells of their completion, a map with all of its inputs or with none", async () => {
  const { app, half } = oddApp({ sampleRate: 0.5 });
  const told = new Map<string, number>();
  let calls = 0;
  app.on("call.completed", ({ callId, inputs: { start, end } }) => {
    calls += 1;
    told.set(callId, (told.get(callId) ?? 0) + end - start);
  });
  const kit = await open(app);

  for (let n = 0; n < 60; n += 1) await half.remote(2);
  await kit.clock.settle();
  const single = calls;
  told.clear();
  for (let n = 0; n < 20; n += 1) await half.map([2, 4, 6]).toArray();
  await kit.close();

  // Chances of either are below one in ten million.
  expect(single).toBeGreaterThan(10);
  expect(single).toBeLessThan(50);
  expect(new Set(told.values())).toEqual(new Set([3]));
  expect(told.size).toBeLessThan(20);
});

test("containers tell when they start and end", async () => {
  const { app, half } = oddApp();
  const seen: (ContainerStartedEvent | ContainerStoppedEvent)[] = [];
  app.on("container.started", (event) => void seen.push(event));
  app.on("container.stopped", (event) => void seen.push(event));
  const kit = await open(app);

  await half.remote(2);
  await kit.clock.advanceSeconds(120);

  const [started, stopped] = seen;
  expect(started).toMatchObject({ name: "container.started", function: "half" });
  expect(stopped).toMatchObject({
    ...{ name: "container.stopped", containerId: started?.containerId },
    ...{ isFailure: false, reason: "it was not needed any more" },
  });
});

test("an app that includes another hears what functions of that do", async () => {
  const { app, half } = oddApp();
  const whole = new App("whole");
  let failed = "";
  app.on("call.failed", (event) => {
    failed = event.app;
  });
  whole.include(app);
  const kit = await open(whole);

  await expect(half.remote(1)).rejects.toThrow("odd");
  await kit.close();

  expect(failed).toBe("whole");
});
