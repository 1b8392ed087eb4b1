import { expect, onTestFinished, test } from "vitest";
import {
  ContainerCrashedError,
  FunctionTimeoutError,
  InputCancellation,
  NonRetriableError,
  TimeoutError,
} from "windlass";
import { type TestApp, type TestAppOptions, testApp } from "windlass/testing";
import { app, double, quits, retried, retriedSlowly, waits } from "./app.ts";

async function open(options: TestAppOptions = {}): Promise<TestApp> {
  const kit = await testApp(app, options);
  onTestFinished(() => kit.close());
  return kit;
}

test("a planned failure is retried after the delay that the option says", async () => {
  const kit = await open();
  for (const attempt of [1, 2, 3, 4]) {
    kit.failAttempt(retriedSlowly, attempt, new RangeError(`attempt ${attempt}`));
  }

  expect(await retriedSlowly.remote(7)).toBe(7);

  const [call] = kit.calls(retriedSlowly);
  expect(call?.attempts.map(({ startedAtSeconds }) => startedAtSeconds)).toEqual([
    0, 10, 30, 70, 130,
  ]);
  expect(call?.attempts.map(({ error }) => (error as Error | undefined)?.message)).toEqual([
    "attempt 1",
    "attempt 2",
    "attempt 3",
    "attempt 4",
    undefined,
  ]);
});

test("a number of retries is a second apart, and the last error is the caller's", async () => {
  const kit = await open();
  for (const attempt of [1, 2, 3, 4]) kit.failAttempt(retried, attempt, new Error(`no ${attempt}`));

  await expect(retried.remote(1)).rejects.toThrow("no 4");

  expect(kit.calls(retried)).toMatchObject([{ status: "failed", error: { message: "no 4" } }]);
  expect(kit.clock.nowSeconds).toBeCloseTo(3, 5);
});

test("a failure is planned for some inputs alone", async () => {
  const kit = await open();
  kit.failAttempt(double, { attempt: 1, when: (x) => x === 2 }, new Error("not this one"));

  const outputs = await double.map([1, 2, 3], { returnExceptions: true }).toArray();

  expect(outputs).toMatchObject([2, { message: "not this one" }, 6]);
});

test("a NonRetriableError is final", async () => {
  const kit = await open();
  kit.failAttempt(retried, 1, new NonRetriableError("for good"));

  await expect(retried.remote(1)).rejects.toThrow("for good");

  expect(kit.calls(retried)[0]?.attempts).toHaveLength(1);
});

test("a manual clock stands still between the attempts", async () => {
  const kit = await open({ time: "manual" });
  kit.failAttempt(retried, 1, new Error("once"));
  const output = retried.remote(5);

  await kit.clock.settle();
  expect(kit.calls(retried)).toMatchObject([{ status: "waiting", attempts: [{ number: 1 }] }]);
  await kit.clock.advanceSeconds(0.9);
  expect(kit.calls(retried)[0]?.attempts).toHaveLength(1);
  await kit.clock.advanceSeconds(0.2);

  expect(await output).toBe(5);
  expect(kit.calls(retried)[0]?.attempts).toHaveLength(2);
});

test("an input that runs for too long fails when its time is over", async () => {
  const kit = await open();
  const failed = expect(waits.remote(undefined)).rejects.toBeInstanceOf(FunctionTimeoutError);

  await kit.clock.advanceSeconds(29);
  expect(kit.calls(waits)).toMatchObject([{ status: "waiting" }]);
  await kit.clock.advanceSeconds(1);

  await failed;
  expect(await waits.remote({ open: true })).toBe("done");
});

test("an attempt that is planned to time out is retried, and nobody waits for it", async () => {
  const kit = await open();
  kit.failAttempt(retried, 1, "timeout");

  expect(await retried.remote(3)).toBe(3);

  expect(kit.clock.nowSeconds).toBeGreaterThanOrEqual(301);
  expect(kit.clock.nowSeconds).toBeLessThan(302);
});

test("an input whose container ends runs again, and fails when three have", async () => {
  const kit = await open();
  kit.failAttempt(double, { attempt: 1, when: (x) => x === 1 }, "crash");

  expect(await double.remote(1)).toBe(2);
  const [call] = kit.calls(double);
  expect(new Set(call?.attempts.map(({ container }) => container)).size).toBe(2);

  await expect(quits.remote(3)).rejects.toBeInstanceOf(ContainerCrashedError);
  expect(process.exitCode).toBeUndefined();
});

test("a cancelled input hears of it, and its caller at once", async () => {
  const kit = await open();
  const call = await waits.spawn(undefined);
  await kit.clock.settle();

  await call.cancel();

  await expect(call.get()).rejects.toBeInstanceOf(InputCancellation);
  expect(kit.calls(waits)).toMatchObject([{ status: "cancelled" }]);
});

test("get waits on the clock of the test", async () => {
  const kit = await open();
  const call = await waits.spawn(undefined);
  const failed = expect(call.get({ timeoutSeconds: 20 })).rejects.toBeInstanceOf(TimeoutError);

  await kit.clock.advanceSeconds(20);

  await failed;
  await expect(call.get({ timeoutSeconds: 0 })).rejects.toThrow("no result after 0 s");
});

test("results are gone after seven days", async () => {
  const kit = await open();
  const call = await double.spawn(1);
  expect(await call.get()).toBe(2);

  await kit.clock.advanceSeconds(7 * 86_400 + 1);

  await expect(call.get()).rejects.toMatchObject({ code: "WINDLASS_OUTPUT_EXPIRED" });
});
