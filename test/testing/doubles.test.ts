import { expect, onTestFinished, test, vi } from "vitest";
import { connect, DeployedCls, DeployedFunction } from "windlass";
import { fakeApp, type TestApp, type TestAppOptions, testApp } from "windlass/testing";
import type * as module from "./app.ts";
import {
  app,
  bills,
  Counter,
  cache,
  count,
  double,
  hooks,
  lengths,
  queue,
  retried,
  stores,
  total,
  transcribe,
} from "./app.ts";

async function open(options: TestAppOptions = {}): Promise<TestApp> {
  const kit = await testApp(app, options);
  onTestFinished(() => kit.close());
  return kit;
}

test("a fake runs in place of a function, for other functions too", async () => {
  const kit = await open();
  const fake = vi.fn((x: number) => x + 100);
  const { restore } = kit.fake(double, fake);

  expect(await total.remote([1, 2])).toBe(203);
  expect(fake.mock.calls).toEqual([[1], [2]]);
  restore();

  expect(await total.remote([1, 2])).toBe(6);
});

test("what a fake throws is retried as the function is", async () => {
  const kit = await open();
  let runs = 0;
  kit.fake(retried, async (x) => {
    runs += 1;
    if (runs < 3) throw new Error("not yet");
    return x;
  });

  expect(await retried.remote(8)).toBe(8);

  expect(kit.calls(retried)[0]?.attempts).toHaveLength(3);
});

test("generators, batches and functions in Python can be faked", async () => {
  const kit = await open();
  kit.fake(count, (to) => [to, to]);
  kit.fake(lengths, (texts) => texts.map((text) => text.toUpperCase()));
  await expect(transcribe.remote(new Uint8Array(3))).rejects.toMatchObject({
    code: "WINDLASS_PYTHON_NOT_FAKED",
  });
  kit.fake(transcribe, async (audio) => `${audio.length} bytes`);

  const items: number[] = [];
  for await (const item of count.remoteGen(4)) items.push(item);

  expect(items).toEqual([4, 4]);
  expect(await lengths.map(["a", "b"]).toArray()).toEqual(["A", "B"]);
  expect(await transcribe.remote(new Uint8Array(3))).toBe("3 bytes");
});

test("the objects of a fake class do not enter, and keep their state", async () => {
  const kit = await open();
  hooks.length = 0;
  kit.fake(Counter, ({ name }) => {
    let sum = 0;
    return {
      add: (by) => {
        sum += by * 10;
        return sum;
      },
      upTo: function* (limit) {
        yield name.length + limit;
      },
    };
  });
  const counter = new Counter({ name: "faked" });

  expect([await counter.add.remote(1), await counter.add.remote(2)]).toEqual([10, 30]);
  const items: number[] = [];
  for await (const item of counter.upTo.remoteGen(1)) items.push(item);
  expect(items).toEqual([6]);
  expect(hooks).toEqual([]);
});

test("programs that call a deployed app are tested with an app of fakes", async () => {
  const resize = DeployedFunction.fromName<typeof module.double>("remote-kit", "double");
  const remote = fakeApp<typeof module>("remote-kit", {
    functions: { double: async (x) => x * 3 },
    classes: { Counter: ({ name }) => ({ add: (by) => by + name.length, upTo: () => [1] }) },
  });
  const kit = await testApp(remote);
  onTestFinished(() => kit.close());

  const client = await connect<typeof module>("remote-kit");
  const RemoteCounter = DeployedCls.fromName<typeof Counter>("remote-kit", "Counter");

  expect(await resize.remote(2)).toBe(6);
  expect(await client.double.map([1, 2]).toArray()).toEqual([3, 6]);
  expect(await new RemoteCounter({ name: "abc" }).add.remote(1)).toBe(4);
  expect(kit.calls(resize)).toMatchObject([{ args: [2], result: 6 }, { args: [1] }, { args: [2] }]);
});

test("apps that call each other are tested together", async () => {
  const other = fakeApp<typeof module>("billing", { functions: { double: (x) => -x } });
  const kit = await open({ otherApps: [other] });

  expect(await bills.map([1, 2]).toArray()).toEqual([-1, -2]);

  const billed = DeployedFunction.fromName<typeof double>("billing", "double");
  const parent = { function: "bills" };
  expect(kit.calls(billed)).toMatchObject([
    { args: [1], parent },
    { args: [2], parent },
  ]);
});

test("dicts, queues and secrets are those of the test", async () => {
  const kit = await open();
  await stores.map([1, 2]).toArray();

  expect([await cache.get("x1"), await cache.len()]).toEqual([1, 2]);
  expect((await queue.getMany(5)).sort()).toEqual(["x1", "x2"]);
  const waiting = queue.get({ timeoutSeconds: 60 });
  await kit.clock.advanceSeconds(59);
  await queue.put("late");
  expect(await waiting).toBe("late");
  const empty = expect(queue.get({ timeoutSeconds: 60 })).rejects.toThrow("has no item");
  await kit.clock.advanceSeconds(60);
  await empty;

  await kit.clock.advanceSeconds(8 * 86_400);
  expect(await cache.get("x1")).toBeUndefined();
});

test("a second test of an app begins with nothing", async () => {
  const first = await testApp(app);
  await double.remote(1);
  await expect(testApp(app)).rejects.toMatchObject({ code: "WINDLASS_ALREADY_RUNNING" });
  await first.close();

  const second = await open();

  expect(second.calls(double)).toEqual([]);
});

test("mistakes are told", async () => {
  const kit = await open();

  expect(() => kit.failAttempt(double, 0, "crash")).toThrow("a whole number above 0");
  // @ts-expect-error: what is no handle is refused by its type, too.
  expect(() => kit.calls(() => 1)).toThrow("takes a handle of a function or class");
  await expect(kit.clock.advanceSeconds(-1)).rejects.toThrow("from 0 on, got -1");
});
