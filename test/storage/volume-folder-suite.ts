import { chmodSync, rmSync, symlinkSync } from "node:fs";
import { open as openFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { contentOf, folderOf, newFolder, write } from "./folders.ts";
import { DAY_MS, type StorageLab } from "./lab.ts";
import { eachVolume, textOf } from "./volume-bench.ts";

/** What folders that show a volume do, whichever stores hold it. */
export function describeVolumeFolders(place: string, open: () => Promise<StorageLab>): void {
  describe(`a folder of a volume ${place}`, () => {
    const current = eachVolume(open);

    it("shows a folder what was committed, and others what the folder commits", async () => {
      const { lab, volume, seen, mount } = current();
      await volume.writeFile("kept", "kept");
      await volume.writeFile("gone/file", "gone");
      await volume.writeFile("changed", "before");
      const folder = await mount();
      expect(contentOf(folder)).toEqual({ kept: "kept", "gone/file": "gone", changed: "before" });

      const { volumes } = lab.stores;
      const before = await volumes.commit(volume.name, folder);
      write(folder, "changed", "after!");
      write(folder, "new/deep/file", "new");
      write(folder, "new/empty", null);
      rmSync(join(folder, "gone"), { recursive: true });
      chmodSync(join(folder, "kept"), 0o700);
      symlinkSync("../kept", join(folder, "new/link"));
      expect(await seen()).toMatchObject({ changed: "before" });
      expect(await volumes.commit(volume.name, folder)).toBe(before + 1);

      const after = {
        ...{ kept: "kept", changed: "after!", "new/deep/file": "new" },
        ...{ "new/empty": null, "new/link": "-> ../kept" },
      };
      expect(await seen()).toEqual(after);
      expect((await volume.listdir("kept"))[0]?.mode).toBe(0o700);
      expect(await textOf(volume, "new/link")).toBe("kept");
      expect(await volumes.commit(volume.name, folder)).toBe(before + 1);
      rmSync(join(folder, "new/deep/file"));
      await volumes.commit(volume.name, folder);
      expect(await seen()).toMatchObject({ "new/deep": null });
    });

    it("merges commits file by file, and the last one wins", async () => {
      const { lab, volume, seen, mount } = current();
      await volume.writeFile("both", "0");
      await volume.writeFile("removed", "0");
      await volume.writeFile("folder/a", "0");
      const [one, two] = [await mount(), newFolder()];
      const other = await lab.another();
      await other.volumes.checkOut(volume.name, { folder: two });
      write(one, "both", "one!");
      write(one, "one", "1");
      rmSync(join(one, "removed"));
      rmSync(join(one, "folder"), { recursive: true });
      write(one, "folder", "a file now");
      write(two, "both", "two!!");
      write(two, "two", "2");
      write(two, "folder/b", "b");
      await lab.stores.volumes.commit(volume.name, one);
      await other.volumes.commit(volume.name, two);

      expect(await seen()).toEqual({ both: "two!!", one: "1", two: "2", "folder/b": "b" });
      expect(contentOf(two)).not.toHaveProperty("one");
      await other.volumes.reload(volume.name, two);
      expect(contentOf(two)).toEqual(await seen());
    });

    it("loses nothing of commits that are made at the same time", async () => {
      const { lab, volume, seen } = current();
      const { volumes } = lab.stores;
      const writers = Array.from({ length: 6 }, async (_, writer) => {
        const { volumes: own } = writer % 2 === 0 ? lab.stores : await lab.another();
        const folder = newFolder();
        await own.checkOut(volume.name, { folder });
        for (let n = 0; n < 4; n += 1) {
          write(folder, `w${writer}/${n}`, `${writer} ${n}`);
          await own.commit(volume.name, folder);
        }
      });
      const direct = Array.from({ length: 6 }, (_, n) => volume.writeFile(`direct${n}`, `${n}`));
      await Promise.all([...writers, ...direct]);

      expect(Object.keys(await seen()).length).toBe(6 * 4 + 6);
      expect(await volumes.list(volume.name, { path: "w5", recursive: false })).toMatchObject({
        entries: [0, 1, 2, 3].map((n) => ({ path: `w5/${n}` })),
      });
    });

    it("fetches what is new when it is reloaded, and nothing while a file is open", async () => {
      const { lab, volume, seen, mount } = current();
      await volume.writeFile("a", "1");
      await volume.writeFile("folder/b", "1");
      const folder = await mount();
      const { volumes } = lab.stores;
      const other = await lab.another();
      await other.volumes.change(volume.name, [
        { kind: "remove", path: "folder", recursive: true },
        { kind: "copy", from: "a", to: "c/d/e", recursive: false, isInto: false },
      ]);
      write(folder, "mine", "mine");
      expect(contentOf(folder)).toMatchObject({ "folder/b": "1" });

      const file = await openFile(join(folder, "a"));
      await expect(volumes.reload(volume.name, folder)).rejects.toMatchObject({
        code: "WINDLASS_VOLUME_BUSY",
        message: expect.stringMatching(/process \d+ has ".*\/a" open/),
      });
      await file.close();
      await volumes.reload(volume.name, folder);
      expect(contentOf(folder)).toEqual({ a: "1", "c/d/e": "1", mine: "mine" });
      expect(await seen()).toEqual(contentOf(folder));
    });

    it("makes a folder that has something what it is to be", async () => {
      const { lab, volume, seen } = current();
      await volume.writeFile("same", "same");
      await volume.writeFile("other", "new!");
      await volume.writeFile("dir/file", "file");
      await volume.writeFile("plain", "plain");
      const folder = folderOf({
        same: "same",
        other: "old!",
        extra: "x",
        "plain/x": "x",
        dir: "a file",
      });
      symlinkSync("/etc", join(folder, "link"));
      await lab.stores.volumes.checkOut(volume.name, { folder });

      const content = { same: "same", other: "new!", "dir/file": "file", plain: "plain" };
      expect(contentOf(folder)).toEqual(content);
      await lab.stores.volumes.commit(volume.name, folder);
      expect(await seen()).toEqual(content);
    });

    it("mounts a folder of itself, also to be read only", async () => {
      const { lab, volume, seen, mount } = current();
      await volume.writeFile("models/a/weights", "w");
      await volume.writeFile("models/b", "b");
      const folder = await mount({ subPath: "models/a" });
      expect(contentOf(folder)).toEqual({ weights: "w" });
      write(folder, "more", "m");
      await lab.stores.volumes.commit(volume.name, folder);
      expect(await seen()).toEqual({
        "models/a/weights": "w",
        "models/a/more": "m",
        "models/b": "b",
      });

      const empty = await mount({ subPath: "none/yet", readOnly: true });
      expect(contentOf(empty)).toEqual({});
      await expect(lab.stores.volumes.commit(volume.name, empty)).rejects.toMatchObject({
        code: "WINDLASS_VOLUME_READ_ONLY",
      });
      await lab.stores.volumes.reload(volume.name, empty);
      await expect(mount({ subPath: "models/b" })).rejects.toMatchObject({
        code: "WINDLASS_VOLUME_NOT_A_FOLDER",
      });
      await expect(lab.stores.volumes.commit(volume.name, "/elsewhere")).rejects.toMatchObject({
        code: "WINDLASS_VOLUME_NOT_MOUNTED",
      });
    });

    it("keeps no link that leads out of it", async () => {
      const { lab, volume, seen, mount } = current();
      const folder = await mount();
      symlinkSync("/etc/passwd", join(folder, "out"));
      const refused = { code: "WINDLASS_VOLUME_LINK" };
      await expect(lab.stores.volumes.commit(volume.name, folder)).rejects.toMatchObject(refused);
      const upload = volume.batchUpload((batch) => batch.putDirectory(folder, "x"));
      await expect(upload).rejects.toMatchObject(refused);
      rmSync(join(folder, "out"));
      write(folder, "fine", "fine");
      await lab.stores.volumes.commit(volume.name, folder);
      expect(await seen()).toEqual({ fine: "fine" });
    });

    it("stores bytes again that only an old version has", async () => {
      const { lab, volume, seen, mount } = current();
      await volume.writeFile("old", "old");
      const folder = await mount();
      const entry = await lab.stores.volumes.find(volume.name, "old");
      lab.age(20 * DAY_MS);
      await volume.removeFile("old");
      // Before the collection of a week later.
      await lab.stores.volumes.change(volume.name, [
        { kind: "put", entry: { ...entry, path: "again" } },
      ]);
      lab.age(8 * DAY_MS);
      await volume.writeFile("x", "x");
      lab.age(2 * DAY_MS);
      await volume.writeFile("x", "y");
      expect(await seen()).toEqual({ again: "old", x: "y" });
      expect(contentOf(folder)).toEqual({ old: "old" });
    });
  });
}
