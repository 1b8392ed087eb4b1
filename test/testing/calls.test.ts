import { expect, onTestFinished, test } from "vitest";
import { gather, SerializationError } from "windlass";
import { type TestApp, type TestAppOptions, testApp } from "windlass/testing";
import { app, Counter, count, double, echo, hooks, lengths, total, whoAmI } from "./app.ts";

async function open(options: TestAppOptions = {}): Promise<TestApp> {
  const kit = await testApp(app, { secrets: { token: { TOKEN: "t" } }, ...options });
  onTestFinished(() => kit.close());
  return kit;
}

test("calls of all kinds run in this process", async () => {
  await open();

  const call = await double.spawn(4);
  const all = await double.spawnMap([5, 6]);

  expect(await double.remote(2)).toBe(4);
  expect(await double.map([1, 2, 3]).toArray()).toEqual([2, 4, 6]);
  expect(await double.starmap([[7]]).toArray()).toEqual([14]);
  expect(await gather(call, await double.spawn(1))).toEqual([8, 2]);
  expect([await all.get(), await all.get({ index: 1 }), await all.numInputs()]).toEqual([
    10, 12, 2,
  ]);
  const items: number[] = [];
  for await (const item of count.remoteGen(3)) items.push(item);
  expect(items).toEqual([0, 1, 2]);
});

test("calls are remembered with arguments, results and who made them", async () => {
  const kit = await open();

  await total.remote([1, 2]);

  const [outer] = kit.calls(total);
  expect(outer).toMatchObject({ args: [[1, 2]], status: "done", result: 6 });
  expect(outer?.parent).toBeUndefined();
  const parent = { function: "total", inputId: outer?.inputId };
  expect(kit.calls(double)).toMatchObject([
    { args: [1], result: 2, parent, attempts: [{ number: 1, startedAtSeconds: 0 }] },
    { args: [2], result: 4, parent },
  ]);
});

test("what a generator yields is remembered", async () => {
  const kit = await open();

  for await (const item of count.remoteGen(5)) if (item === 2) break;
  await kit.clock.settle();

  expect(kit.calls(count)).toMatchObject([{ args: [5], status: "cancelled" }]);
  for await (const _ of count.remoteGen(2));
  expect(kit.calls(count)[1]).toMatchObject({ args: [2], items: [0, 1], status: "done" });
});

test("values travel as they do between machines", async () => {
  await open();
  const bytes = new Uint8Array([1, 2]);
  const value = { at: new Date(0), bytes, list: [1] };

  const sent = echo.remote(value);
  bytes[0] = 9;
  value.list.push(2);

  expect(await sent).toEqual({ at: new Date(0), bytes: new Uint8Array([1, 2]), list: [1] });
  await expect(echo.remote({ fn: () => 1 })).rejects.toBeInstanceOf(SerializationError);
});

test("a container has its variables, its secrets and its ids", async () => {
  const kit = await open();

  const seen = await whoAmI.remote();

  expect(seen.isLocal).toBe(false);
  expect(seen.inputId).toBe(kit.calls(whoAmI)[0]?.inputId);
  expect(seen.env).toEqual({ COLOUR: "blue", SHAPE: "round", TOKEN: "t", function: "whoAmI" });
  expect(process.env["TOKEN"]).toBeUndefined();
});

test("an object enters once, keeps its state, and exits when it was idle for long", async () => {
  const kit = await open();
  hooks.length = 0;
  const [one, other] = ["one", "other"].map((name) => new Counter({ name }));

  expect(await one?.add.remote(2)).toBe(2);
  expect(await one?.add.remote(3)).toBe(5);
  expect(await other?.add.remote(1)).toBe(1);
  expect(hooks).toEqual(["one enters", "other enters"]);
  await kit.clock.advanceSeconds(19);
  expect(hooks).toHaveLength(2);
  await kit.clock.advanceSeconds(3);

  expect(hooks.slice(2).sort()).toEqual(["one exits", "other exits"]);
  expect(kit.calls(Counter)).toMatchObject([
    { method: "add", params: { name: "one" }, args: [2] },
    { method: "add", params: { name: "one" }, args: [3] },
    { method: "add", params: { name: "other" }, args: [1] },
  ]);
  expect(one && kit.calls(one.add)).toHaveLength(2);
});

test("a batch gathers what is called together, and time passes for what is missing", async () => {
  const kit = await open();

  const outputs = await Promise.all(
    ["a", "bb", "ccc", "d", "ee"].map((text) => lengths.remote(text)),
  );

  expect(outputs).toEqual(["1 of 4", "2 of 4", "3 of 4", "1 of 4", "2 of 1"]);
  expect(kit.clock.nowSeconds).toBeCloseTo(0.5, 1);
});
