import { expect } from "vitest";
import { collect, failure, on } from "../case.ts";

export const generators = [
  on("generators.items", "remoteGen yields all items in order", async ({ handles }) => {
    const items = await collect(handles.yielding.remoteGen("numbers", 3000));
    expect(items).toEqual(Array.from({ length: 3000 }, (_, at) => at));
  }),

  on("generators.items", "a method of a class streams", async ({ handles }) => {
    const counter = new handles.Counter({ start: 30 });
    expect(await collect(counter.countdown.remoteGen(3))).toEqual([3, 2, 1]);
  }),

  on("generators.failures", "an error comes after the items before it", async ({ handles }) => {
    const items: unknown[] = [];
    const consume = async (): Promise<void> => {
      for await (const item of handles.yielding.remoteGen("fails at the end")) items.push(item);
    };
    expect((await failure(consume())).message).toBe("after the last");
    expect(items).toEqual([0, 1, 2]);
  }),

  on(
    "generators.failures",
    "an item that cannot be sent fails by its path",
    async ({ handles }) => {
      const items: unknown[] = [];
      const consume = async (): Promise<void> => {
        for await (const item of handles.yielding.remoteGen("cannot be sent")) items.push(item);
      };
      expect((await failure(consume())).message).toContain("item 1.deep[0]");
      expect(items).toEqual([{ fine: 1 }]);
    },
  ),

  on(
    "generators.break",
    "leaving the loop closes the generator, which is not far ahead",
    async ({ handles, notebook }) => {
      const page = notebook.page();
      for await (const item of handles.endless.remoteGen(page.url)) if (item === 10) break;
      await page.has("closed");
      expect(page.lines.length).toBeLessThanOrEqual(5);
    },
  ),

  on("generators.only", "a generator cannot be called in another way", async ({ handles }) => {
    const untyped = handles.yielding as unknown as typeof handles.echo;
    expect((await failure(untyped.remote("numbers"))).code).toBe("WINDLASS_CALLED_GENERATOR");
    const method = new handles.Counter({ start: 31 }).countdown as unknown as typeof handles.echo;
    expect((await failure(method.remote(3))).code).toBe("WINDLASS_CALLED_GENERATOR");
  }),
];
