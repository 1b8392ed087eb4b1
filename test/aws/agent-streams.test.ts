import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callRemoteGen } from "../../lib/client/generator.ts";
import { callRemote } from "../../lib/client/group.ts";
import { until } from "../engine/until.ts";
import { DEPLOYED, Lab, queueOf } from "./agent-lab.ts";

let lab: Lab;

beforeEach(async () => {
  lab = new Lab();
  await lab.deploy();
});

afterEach(() => lab.close());

describe("a generator in a container", () => {
  async function collect(
    ...args: readonly unknown[]
  ): Promise<{ seen: unknown[]; error: unknown }> {
    const seen: unknown[] = [];
    const target = { app: DEPLOYED, name: "tokens", backend: lab.client() };
    try {
      for await (const item of callRemoteGen(target, args)) seen.push(item);
      return { seen, error: undefined };
    } catch (error) {
      return { seen, error };
    }
  }

  it("streams more than it may yield ahead", async () => {
    await lab.startReady("tokens");
    const { seen, error } = await collect(2500, "well");
    expect(error).toBeUndefined();
    expect(seen).toEqual(Array.from({ length: 2500 }, (_, n) => n));
    await until(() => lab.queues.bodies(queueOf("tokens")).length === 0);
  });

  it("throws, or dies, after its items", async () => {
    await lab.startReady("tokens");
    const thrown = await collect(3, "badly");
    expect(thrown.seen).toEqual([0, 1, 2]);
    expect(thrown.error).toMatchObject({ name: "RangeError", message: "in the end" });
    const died = await collect(3, "dead");
    expect(died.seen).toEqual([0, 1, 2]);
    expect(died.error).toMatchObject({ code: "WINDLASS_CONTAINER_CRASHED" });
    expect((await collect(1, "well")).seen).toEqual([0]);
  });

  it("is called from another container", async () => {
    await lab.startReady("tokens");
    await lab.startReady("telling");
    await lab.send("telling", [1200]);
    expect(await lab.results(1)).toEqual([(1199 * 1200) / 2]);
  });
});

describe("a function with `batch` in a container", () => {
  const gathered = (): { app: string; name: string; backend: ReturnType<Lab["client"]> } => ({
    app: DEPLOYED,
    name: "gathered",
    backend: lab.client(),
  });

  it("gathers the inputs of one message, at most `maxSize` of them", async () => {
    await lab.startReady("gathered");
    await lab.send("gathered", [1, 2, 3, 4, 5, 6]);
    expect(await lab.results(6)).toEqual([
      ...[1, 2, 3, 4].map((x) => ({ x, of: 4 })),
      ...[5, 6].map((x) => ({ x, of: 2 })),
    ]);
    await until(() => lab.queues.bodies(queueOf("gathered")).length === 0);
  });

  it("gathers single inputs of several messages and callers", async () => {
    await lab.startReady("gathered");
    // One by one, as calls of different moments and programs are.
    for (const x of [1, 2, 3, 4, 5]) await lab.send("gathered", [x]);
    const sizes = ((await lab.results(5)) as { of: number }[]).map(({ of }) => of);
    expect(Math.max(...sizes)).toBeGreaterThanOrEqual(3);
    const target = gathered();
    const outputs = await Promise.all([7, 8].map((x) => callRemote(target, [x])));
    expect(outputs).toEqual([
      { x: 7, of: 2 },
      { x: 8, of: 2 },
    ]);
  });

  it("is no generator, which its callers learn of it", async () => {
    await lab.startReady("gathered");
    const iterate = async (): Promise<void> => {
      for await (const _ of callRemoteGen(gathered(), [1]));
    };
    await expect(iterate()).rejects.toMatchObject({ code: "WINDLASS_NOT_A_GENERATOR" });
  });

  it("runs each input alone when its container dies, and only the guilty one fails", async () => {
    await lab.startReady("bursting");
    await lab.send("bursting", ["a", "bad", "c"]);
    const [a, bad, c] = await lab.results(3);
    expect([a, c]).toEqual(["a of 1", "c of 1"]);
    expect(bad).toMatchObject({ code: "WINDLASS_CONTAINER_CRASHED" });
  });
});
