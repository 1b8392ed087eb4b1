import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Run } from "windlass";
import type { LocalEngine } from "../../lib/local/engine.ts";
import type { Runtime } from "../../lib/runtime.ts";
import { scratchFiles } from "../bundle/temp-project.ts";
import * as fixture from "./app.ts";
import { until } from "./until.ts";

const scratch = scratchFiles();
let run: Run;

beforeAll(async () => {
  run = await fixture.app.run({ backend: "local", output: false });
});

afterAll(async () => {
  await run.close();
});

/** The pools of the running engine, as the CLI sees them. */
function engine(): ReturnType<LocalEngine["snapshot"]> {
  const registry = globalThis as unknown as Record<symbol, Runtime>;
  const backend = registry[Symbol.for("windlass.runtime")]?.backends.get(fixture.app.name);
  return (backend as LocalEngine).snapshot();
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("remoteGen", () => {
  it("yields all items in order", async () => {
    const items = await collect(fixture.countdown.remoteGen(5000));
    expect(items).toEqual(Array.from({ length: 5000 }, (_, i) => 5000 - i));
  });

  it("yields items as they were when they were yielded", async () => {
    const items = await collect(fixture.reusing.remoteGen());
    expect(items).toEqual([0, 1, 2, 3].map((n) => ({ n, bytes: new Uint8Array([n]) })));
  });

  it("fails at an item that cannot be sent, after those before it, and keeps its container", async () => {
    const seen: unknown[] = [];
    const consume = async (): Promise<void> => {
      for await (const item of fixture.yieldsFunction.remoteGen()) seen.push(item);
    };
    const containers = (): string[] =>
      engine().flatMap(({ function: name, containers }) =>
        name === "yieldsFunction" ? containers.map(({ id }) => id) : [],
      );
    await expect(consume()).rejects.toThrow("item 1.deep[0]");
    const before = containers();
    await expect(consume()).rejects.toThrow("item 1.deep[0]");
    expect(seen).toEqual([{ fine: 1 }, { fine: 1 }]);
    expect(containers()).toEqual(before);
  });

  it("throws after the items that came before the error", async () => {
    const seen: number[] = [];
    const consume = async (): Promise<void> => {
      for await (const item of fixture.countdown.remoteGen(3, true)) seen.push(item);
    };
    await expect(consume()).rejects.toThrow("after the last");
    expect(seen).toEqual([3, 2, 1]);
  });

  it("runs no further ahead of its consumer than 1,000 items, and is closed by an early break", async () => {
    const file = scratch();
    for await (const item of fixture.ticker.remoteGen(file)) if (item === 10) break;
    await until(() => fixture.notes(file).includes("closed"));
    expect(fixture.notes(file).length).toBeLessThanOrEqual(1003);
  });

  it("streams between containers", async () => {
    expect(await fixture.relayed.remote(100)).toBe(5050);
  });

  it("is the only remote call of a generator", async () => {
    const untyped = fixture.countdown as unknown as { remote(n: number): Promise<unknown> };
    await expect(untyped.remote(1)).rejects.toThrow("is a generator");
  });
});
