import { describe, expect, it } from "vitest";
import type { RowKey } from "../../lib/aws/keys.ts";
import type { Rows } from "../../lib/aws/rows.ts";

/** What the protocol needs of a table, whichever holds it. */
export function describeRows(name: string, open: () => Rows): void {
  let last = 0;

  function newKey(sk = "a"): RowKey {
    last += 1;
    return { pk: `app#contract-${name}-${last}`, sk };
  }

  describe(`rows in ${name}`, () => {
    it("are not there before they are written", async () => {
      expect(await open().get(newKey())).toBeUndefined();
    });

    it("count their writes, and are written over only by who knows the count", async () => {
      const rows = open();
      const key = newKey();
      expect(await rows.put(key, { n: 1 }, 0)).toBe(true);
      expect(await rows.put(key, { n: 2 }, 0)).toBe(false);
      expect(await rows.put(key, { n: 3 }, 1)).toBe(true);
      expect(await rows.put(key, { n: 4 }, 1)).toBe(false);
      expect(await rows.get(key)).toEqual({ sk: "a", body: { n: 3 }, version: 2 });
    });

    it("let one of fifty writers win", async () => {
      const rows = open();
      const key = newKey();
      const won = await Promise.all(Array.from({ length: 50 }, (_, n) => rows.put(key, { n }, 0)));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await rows.get(key))?.body).toEqual({ n: won.indexOf(true) });
    });

    it("are written together or not at all", async () => {
      const rows = open();
      const [one, two] = [newKey(), newKey()];
      await rows.put(one, { n: 1 }, 0);
      const writeBoth = (expected: number): Promise<boolean> =>
        rows.transact([
          { kind: "put", key: one, body: { n: 2 }, expected },
          { kind: "put", key: two, body: { n: 2 }, expected: 0 },
        ]);
      expect(await writeBoth(7)).toBe(false);
      expect(await rows.get(two)).toBeUndefined();
      expect(await writeBoth(1)).toBe(true);
      expect(await rows.get(one)).toEqual({ sk: "a", body: { n: 2 }, version: 2 });
      expect(await rows.get(two)).toEqual({ sk: "a", body: { n: 2 }, version: 1 });
    });

    it("are not written while another is in the state that forbids it", async () => {
      const rows = open();
      const [call, range] = [newKey(), newKey()];
      const write = (expected: number): Promise<boolean> =>
        rows.transact([
          { kind: "put", key: range, body: {}, expected },
          { kind: "unless", key: call, state: "cancelled" },
        ]);
      expect(await write(0)).toBe(true);
      await rows.put(call, { state: "open" }, 0);
      expect(await write(1)).toBe(true);
      await rows.put(call, { state: "cancelled" }, 1);
      expect(await write(2)).toBe(false);
    });

    it("are listed by their sort keys, all of a partition and no other", async () => {
      const rows = open();
      const { pk } = newKey();
      await rows.put({ pk: `${pk}0`, sk: "x" }, { n: 9 }, 0);
      for (const n of [2, 0, 1]) await rows.put({ pk, sk: String(n) }, { n }, 0);
      expect((await rows.list(pk)).map(({ body }) => body)).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
    });

    it("are gone once they are deleted", async () => {
      const rows = open();
      const key = newKey();
      await rows.put(key, {}, 0);
      await rows.delete(key);
      expect(await rows.get(key)).toBeUndefined();
      await rows.delete(key);
    });
  });
}
