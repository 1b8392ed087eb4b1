import { beforeEach, describe, expect, it } from "vitest";
import { Dict } from "../../lib/storage/dict.ts";
import { all, DAY_MS, HOUR_MS, newName, type StorageLab, use } from "./lab.ts";

const MIB = 1024 * 1024;

/** What dicts do, whichever stores hold them. */
export function describeDicts(place: string, open: () => Promise<StorageLab>): void {
  describe(`a dict ${place}`, () => {
    let lab: StorageLab;
    beforeEach(async () => {
      lab = await open();
      use(lab);
    });

    function newDict<Value>(): Dict<Value> {
      return Dict.fromName<Value>(newName(), { createIfMissing: true });
    }

    it("has what was put into it, and a fallback for what was not", async () => {
      const dict = newDict<number>();
      expect(await dict.get("a")).toBeUndefined();
      expect(await dict.get("a", 7)).toBe(7);
      await dict.put("a", 1);
      await dict.put("a", 2);
      expect(await dict.get("a", 7)).toBe(2);
      expect(await dict.contains("a")).toBe(true);
      expect(await dict.contains("b")).toBe(false);
    });

    it("keeps every kind of value that calls carry", async () => {
      const dict = newDict();
      const value = {
        when: new Date(5),
        big: 10n ** 30n,
        nothing: undefined,
        map: new Map([["a", new Set([1])]]),
        bytes: new Float32Array([1.5, -0]),
        __proto__: null,
      };
      await dict.put("a", value);
      expect(await dict.get("a")).toEqual({ ...value });
      await dict.put("undefined", undefined);
      expect(await dict.contains("undefined")).toBe(true);
      expect(await dict.get("undefined", 1)).toBeUndefined();
    });

    it("names the path of what it cannot keep, and keys that are none", async () => {
      const dict = newDict();
      await expect(dict.put("a", { items: [() => 1] })).rejects.toMatchObject({
        code: "WINDLASS_VALUE_FUNCTION",
        message: expect.stringContaining('value of "a".items[0]'),
      });
      const invalid = { code: "WINDLASS_INVALID_DICT_KEY" };
      await expect(dict.get("")).rejects.toMatchObject(invalid);
      await expect(dict.put("k".repeat(1001), 1)).rejects.toMatchObject(invalid);
      await expect(dict.get("\ud800")).rejects.toMatchObject(invalid);
      await expect(dict.get(3 as never)).rejects.toThrow("must be a string, got 3");
    });

    it("takes a value when it is given: later changes of it are not stored", async () => {
      const dict = newDict<number[]>();
      const value = [1];
      const put = dict.put("a", value);
      value.push(2);
      await put;
      expect(await dict.get("a")).toEqual([1]);
    });

    it("keeps large values, until they are replaced or taken", async () => {
      const dict = newDict<Uint8Array>();
      const large = new Uint8Array(2 * MIB).fill(7, MIB);
      await dict.put("a", large);
      expect(Buffer.compare((await dict.get("a")) ?? large.subarray(1), large)).toBe(0);
      await dict.put("a", large.subarray(0, MIB));
      expect(await dict.pop("a")).toHaveLength(MIB);
      expect(await dict.get("a")).toBeUndefined();
    });

    it("takes keys as they are: bytes of any script, and what looks like a path", async () => {
      const dict = newDict<number>();
      const keys = ["é", "日本", "a#b", "a/b", "\0", "a\0", "a", "__proto__", "k".repeat(1000)];
      await dict.update(keys.map((key, index) => [key, index] as const));
      expect((await all(dict.keys())).sort()).toEqual([...keys].sort());
      for (const [index, key] of keys.entries()) expect(await dict.get(key)).toBe(index);
    });

    it("puts a value where there is none, for one of many who try", async () => {
      const dict = newDict<number>();
      const tries = Array.from({ length: 20 }, (_, n) => dict.putIfAbsent("lock", n));
      const won = await Promise.all(tries);
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await dict.get("lock")).toBe(won.indexOf(true));
    });

    it("gives a popped value to one of many who ask, and says when there is none", async () => {
      const dict = newDict<string>();
      await dict.put("a", "x");
      const popped = await Promise.all(Array.from({ length: 20 }, () => dict.pop("a", null)));
      expect(popped.filter((value) => value === "x")).toHaveLength(1);
      await expect(dict.pop("a")).rejects.toMatchObject({ code: "WINDLASS_KEY_NOT_FOUND" });
      expect(await dict.pop("a", undefined)).toBeUndefined();
    });

    it("loses no change of many who modify one value at once", async () => {
      const dict = newDict<number>();
      const add = () => dict.modify("count", (count = 0) => count + 1);
      await Promise.all(Array.from({ length: 10 }, add));
      expect(await dict.get("count")).toBe(10);
    });

    it("sets many values at once, from objects, maps and iterables", async () => {
      const dict = newDict<number>();
      await dict.update({ a: 1, b: 2 });
      await dict.update(new Map([["b", 3]]));
      await dict.update([
        ["c", 4],
        ["c", 5],
      ]);
      expect(new Map(await all(dict.items()))).toEqual(
        new Map([
          ["a", 1],
          ["b", 3],
          ["c", 5],
        ]),
      );
      expect((await all(dict.values())).sort()).toEqual([1, 3, 5]);
    });

    it("counts, iterates in pages and clears 2,500 entries", async () => {
      const dict = newDict<number>();
      await dict.update(Array.from({ length: 2500 }, (_, n) => [`key-${n}`, n] as const));
      expect(await dict.len()).toBe(2500);
      const items = await all(dict.items());
      expect(new Set(items.map(([key]) => key)).size).toBe(2500);
      expect(items.every(([key, value]) => key === `key-${value}`)).toBe(true);
      await dict.clear();
      expect(await dict.len()).toBe(0);
      expect(await all(dict.keys())).toEqual([]);
      expect(await dict.get("key-1")).toBeUndefined();
    });

    it("shows others at once that it was cleared, also those who have used it", async () => {
      const dict = newDict<number>();
      await dict.put("a", 1);
      const { dicts } = await lab.another();
      expect(await dicts.has(dict.name, "a")).toBe(true);
      await dict.clear();
      expect(await dicts.has(dict.name, "a")).toBe(false);
      await dicts.put(dict.name, {
        key: "b",
        value: Buffer.from([0, 0, 0, 0, 0, 0x5b, 0x31, 0x5d]),
      });
      expect(await dict.get("b")).toBe(1);
    });

    it("forgets entries seven days after they were last read or written", async () => {
      const dict = newDict<number>();
      await dict.update({ read: 1, idle: 2 });
      lab.age(4 * DAY_MS);
      expect(await dict.get("read")).toBe(1);
      lab.age(3 * DAY_MS + HOUR_MS);
      expect(await dict.get("idle")).toBeUndefined();
      expect(await dict.contains("idle")).toBe(false);
      expect(await dict.len()).toBe(1);
      expect(await all(dict.keys())).toEqual(["read"]);
      expect(await dict.putIfAbsent("idle", 3)).toBe(true);
      expect(await dict.get("read")).toBe(1);
    });

    it("does not exist before it is created, and says which do", async () => {
      const [name, other] = [newName(), newName()];
      await Dict.objects.create(other);
      await expect(Dict.fromName(name).get("a")).rejects.toMatchObject({
        code: "WINDLASS_OBJECT_NOT_FOUND",
        message: expect.stringContaining(`there is no dict "${name}"; there are `),
      });
      await expect(Dict.objects.delete(name)).rejects.toThrow(`there is no dict "${name}"`);
      await Dict.objects.delete(name, { allowMissing: true });
      await expect(Dict.objects.create(other)).rejects.toMatchObject({
        code: "WINDLASS_OBJECT_EXISTS",
      });
      await Dict.objects.create(other, { allowExisting: true });
      expect((await Dict.objects.list()).map((info) => info.name)).toContain(other);
    });

    it("is another one when its name is used again: the id of the old one finds nothing", async () => {
      const dict = newDict<number>();
      await dict.put("a", 1);
      const { id, name } = await dict.info();
      expect(await Dict.fromId<number>(id).get("a")).toBe(1);
      await Dict.objects.delete(name);
      await expect(Dict.fromName(name).get("a")).rejects.toThrow("there is no dict");
      await Dict.objects.create(name);
      expect(await Dict.fromName(name).get("a")).toBeUndefined();
      await expect(Dict.fromId(id).get("a")).rejects.toMatchObject({
        code: "WINDLASS_OBJECT_REPLACED",
      });
    });

    it("without a name is there for who knows its id, until the end of its block", async () => {
      let id = "";
      {
        await using dict = await Dict.ephemeral<number>();
        await dict.put("a", 1);
        ({ id } = await dict.info());
        expect(await Dict.fromId(id).get("a")).toBe(1);
        expect((await Dict.objects.list()).map((info) => info.id)).not.toContain(id);
      }
      await expect(Dict.fromId(id).get("a")).rejects.toThrow("this dict without a name is no more");
    });
  });
}
