import { chmodSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { open as openFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { Volume } from "../../lib/storage/volume.ts";
import { contentOf, folderOf, newFolder, noise, write } from "./folders.ts";
import { all, DAY_MS, newName, type StorageLab, use } from "./lab.ts";

const MIB = 1024 * 1024;

async function textOf(volume: Volume, path: string): Promise<string> {
  return Buffer.concat(await all(volume.readFile(path))).toString();
}

/** What volumes do, whichever stores hold them. */
export function describeVolumes(place: string, open: () => Promise<StorageLab>): void {
  describe(`a volume ${place}`, () => {
    let lab: StorageLab;
    let volume: Volume;
    beforeEach(async () => {
      lab = await open();
      use(lab);
      volume = Volume.fromName(newName(), { createIfMissing: true });
      await volume.info();
    });

    /** Everything in the volume as somebody else sees it. */
    async function seen(name = volume.name): Promise<Record<string, string | null>> {
      const folder = newFolder();
      await (await lab.another()).volumes.checkOut(name, { folder });
      return contentOf(folder);
    }

    async function mount(options: { subPath?: string; readOnly?: boolean } = {}): Promise<string> {
      const folder = newFolder();
      await lab.stores.volumes.checkOut(volume.name, { folder, ...options });
      return folder;
    }

    it("has what was written to it, and says what it does not have", async () => {
      await volume.writeFile("a/b.txt", "one");
      await volume.writeFile("/a/b.txt", Buffer.from("two"));
      await volume.writeFile("empty", "");

      expect(await textOf(volume, "a/b.txt")).toBe("two");
      expect(await textOf(volume, "empty")).toBe("");
      await expect(textOf(volume, "a")).rejects.toMatchObject({
        code: "WINDLASS_VOLUME_PATH_NOT_FOUND",
        message: `volume "${volume.name}" has no "a"`,
      });
      const missing = Volume.fromName(newName());
      await expect(missing.listdir()).rejects.toMatchObject({
        code: "WINDLASS_OBJECT_NOT_FOUND",
        hint: expect.stringContaining("windlass volume create"),
      });
      const { stores } = lab;
      const gone = { code: "WINDLASS_OBJECT_NOT_FOUND" };
      await expect(
        stores.volumes.list("none", { path: "", recursive: true }),
      ).rejects.toMatchObject(gone);
      await expect(stores.volumes.checkOut("none", { folder: newFolder() })).rejects.toMatchObject(
        gone,
      );
    });

    it("takes a stream of any size, and gives it back byte by byte", async () => {
      const bytes = noise(20 * MIB + 5, 1);
      const parts = async function* () {
        for (let at = 0; at < bytes.length; at += 700_001) yield bytes.subarray(at, at + 700_001);
      };
      await volume.writeFile("large", parts());

      const read = await all(volume.readFile("large"));
      expect(read.length).toBe(3);
      expect(Buffer.concat(read).equals(bytes)).toBe(true);
      const [entry] = await volume.listdir("large");
      expect(entry).toMatchObject({ path: "large", type: "file", size: bytes.length, mode: 0o644 });
    });

    it("lists folders, and all that is in them", async () => {
      const folder = folderOf({ "a/b/c": "1", "a-b": "2", "a/d": "3", e: "4", "f/empty": null });
      await volume.batchUpload((batch) => batch.putDirectory(folder, "/"));

      const paths = async (path: string, recursive: boolean) =>
        (await volume.listdir(path, { recursive }))
          .map((one) => `${one.type[0]} ${one.path}`)
          .sort();
      expect(await paths("/", false)).toEqual(["d a", "d f", "f a-b", "f e"]);
      expect(await paths("a", false)).toEqual(["d a/b", "f a/d"]);
      expect(await paths("", true)).toEqual([
        ...["d a", "d a/b", "d f", "d f/empty", "f a-b", "f a/b/c", "f a/d", "f e"],
      ]);
      expect((await all(volume.iterdir("a"))).map(({ path }) => path)).toEqual([
        "a/b",
        "a/b/c",
        "a/d",
      ]);
      await expect(volume.listdir("x")).rejects.toMatchObject({
        code: "WINDLASS_VOLUME_PATH_NOT_FOUND",
      });
    });

    it("lists more than a page as it was when the listing began", async () => {
      const files = Object.fromEntries(
        Array.from({ length: 2300 }, (_, n) => [`d${n % 7}/${n}`, `${n}`] as const),
      );
      await volume.batchUpload((batch) => batch.putDirectory(folderOf(files), "x"));

      const found: string[] = [];
      for await (const { path, type } of volume.iterdir("x")) {
        if (found.length === 0) await volume.writeFile("x/d3/new", "new");
        if (type === "file") found.push(path.slice(2));
      }
      expect(found.sort()).toEqual(Object.keys(files).sort());
      expect((await volume.listdir("x")).length).toBe(7);
    });

    it("uploads files and folders at once, or none of them", async () => {
      const folder = folderOf({ "one.txt": "1", "sub/two": "2" });
      chmodSync(join(folder, "one.txt"), 0o755);
      await volume.batchUpload(async (batch) => {
        batch.putFile(join(folder, "one.txt"), "/x/one");
        batch.putFile(join(folder, "one.txt"), "/y/", { mode: 0o600 });
        batch.putDirectory(folder, "flat", { recursive: false });
        batch.putDirectory(folder, "deep");
      });
      expect(await seen()).toEqual({
        ...{ "x/one": "1", "y/one.txt": "1", "flat/one.txt": "1" },
        ...{ "flat/sub": null, "deep/one.txt": "1", "deep/sub/two": "2" },
      });
      expect((await volume.listdir("x/one"))[0]?.mode).toBe(0o755);
      expect((await volume.listdir("y/one.txt"))[0]?.mode).toBe(0o600);

      write(folder, "new", "new");
      const again = volume.batchUpload((batch) => batch.putDirectory(folder, "deep"));
      await expect(again).rejects.toMatchObject({
        code: "WINDLASS_VOLUME_FILE_EXISTS",
        hint: expect.stringContaining("force: true"),
      });
      expect((await seen())["deep/new"]).toBeUndefined();
      await volume.batchUpload((batch) => batch.putDirectory(folder, "deep"), { force: true });
      expect((await seen())["deep/new"]).toBe("new");
      const missing = volume.batchUpload((batch) => batch.putFile("none", "none"));
      await expect(missing).rejects.toMatchObject({ code: "WINDLASS_UPLOAD_MISSING" });
    });

    it("notices every change of a folder that is uploaded again", async () => {
      const folder = folderOf({ same: "same", text: "one", size: "1" });
      await volume.batchUpload((batch) => batch.putDirectory(folder, "/"));
      const { mtime } = statSync(join(folder, "text"));
      writeFileSync(join(folder, "text"), "two");
      const { utimesSync } = await import("node:fs");
      utimesSync(join(folder, "text"), mtime, mtime);
      write(folder, "size", "12");
      rmSync(join(folder, "same"));
      await volume.batchUpload((batch) => batch.putDirectory(folder, "/"), { force: true });

      expect(await seen()).toEqual({ same: "same", text: "two", size: "12" });
    });

    it("removes, copies and refuses what it cannot do", async () => {
      await volume.writeFile("a/b", "1");
      await volume.writeFile("a/c/d", "2");
      await volume.copyFiles(["a/b"], "copy");
      await volume.copyFiles(["a/b", "copy"], "into");
      await volume.copyFiles(["a"], "/tree", { recursive: true });
      await volume.copyFiles(["a/b"], "tree");
      expect(await seen()).toEqual({
        ...{ "a/b": "1", "a/c/d": "2", copy: "1", "into/b": "1", "into/copy": "1" },
        ...{ "tree/b": "1", "tree/c/d": "2" },
      });

      await volume.removeFile("into/b");
      await volume.removeFile("into/copy");
      await volume.removeFile("tree", { recursive: true });
      expect(await seen()).toEqual({ "a/b": "1", "a/c/d": "2", copy: "1", into: null });
      const folder = { code: "WINDLASS_VOLUME_FOLDER" };
      await expect(volume.removeFile("a")).rejects.toMatchObject(folder);
      await expect(volume.copyFiles(["a"], "x")).rejects.toMatchObject(folder);
      await expect(volume.writeFile("a", "1")).rejects.toMatchObject(folder);
      await expect(volume.copyFiles(["a"], "a/c", { recursive: true })).rejects.toMatchObject({
        code: "WINDLASS_VOLUME_COPY",
      });
      await expect(volume.writeFile("copy/x", "1")).rejects.toMatchObject({
        code: "WINDLASS_VOLUME_NOT_A_FOLDER",
      });
      await expect(volume.removeFile("none")).rejects.toMatchObject({
        code: "WINDLASS_VOLUME_PATH_NOT_FOUND",
      });
      await expect(volume.writeFile("../x", "1")).rejects.toMatchObject({
        code: "WINDLASS_VOLUME_PATH",
        message: 'a path of a volume must not have ".." in it, got "../x"',
      });
    });

    it("shows a folder what was committed, and others what the folder commits", async () => {
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

    it("downloads a file and a folder, and replaces nothing unless it is told to", async () => {
      const bytes = noise(9 * MIB, 3);
      await volume.writeFile("a/large", bytes);
      await volume.writeFile("a/b/small", "small");
      const { volumes } = lab.stores;
      const folder = newFolder();
      const request = { path: "a", target: join(folder, "copy"), force: false };
      let sum = 0;
      await volumes.download(volume.name, request, (count) => {
        sum += count;
      });
      expect(contentOf(folder)).toEqual({
        "copy/large": bytes.toString(),
        "copy/b/small": "small",
      });
      expect(sum).toBe(bytes.length + 5);

      const exists = { code: "WINDLASS_FILE_EXISTS" };
      await expect(volumes.download(volume.name, request)).rejects.toMatchObject(exists);
      write(folder, "copy/b/small", "other");
      await volumes.download(volume.name, { ...request, force: true });
      const file = { path: "a/b/small", target: join(folder, "deep/one"), force: false };
      await volumes.download(volume.name, file);
      expect(contentOf(folder)).toMatchObject({ "copy/b/small": "small", "deep/one": "small" });
      await expect(volumes.download(volume.name, { ...file, path: "x" })).rejects.toMatchObject({
        code: "WINDLASS_VOLUME_PATH_NOT_FOUND",
      });
    });

    it("is listed, renamed and deleted with all that it has", async () => {
      await volume.writeFile("a", "a");
      const name = newName();
      await Volume.rename(volume.name, name);
      expect(await seen(name)).toEqual({ a: "a" });
      await expect(Volume.fromName(volume.name).info()).rejects.toMatchObject({
        code: "WINDLASS_OBJECT_NOT_FOUND",
      });
      const renamed = Volume.fromName(name);
      const { id } = await renamed.info();
      expect(await textOf(Volume.fromId(id), "a")).toBe("a");
      expect((await Volume.objects.list()).map((one) => one.name)).toContain(name);

      const taken = newName();
      await Volume.objects.create(taken);
      await expect(Volume.rename(name, taken)).rejects.toMatchObject({
        code: "WINDLASS_OBJECT_EXISTS",
      });
      await Volume.objects.delete(name);
      await expect(textOf(renamed, "a")).rejects.toMatchObject({
        code: "WINDLASS_OBJECT_NOT_FOUND",
      });
      await Volume.objects.create(name);
      expect(await seen(name)).toEqual({});
      await expect(Volume.objects.delete(newName())).rejects.toMatchObject({
        code: "WINDLASS_OBJECT_NOT_FOUND",
      });
    });

    it("without a name ends with its block", async () => {
      let id = "";
      {
        await using scratch = await Volume.ephemeral();
        await scratch.writeFile("a", "a");
        id = (await scratch.info()).id;
        expect(await textOf(Volume.fromId(id), "a")).toBe("a");
      }
      await expect(Volume.fromId(id).listdir()).rejects.toMatchObject({
        code: "WINDLASS_OBJECT_NOT_FOUND",
      });
    });

    it("keeps what is used, whatever its age, and a week long what was", async () => {
      await volume.writeFile("old", "old");
      await volume.writeFile("replaced", "replaced");
      const reading = await lab.stores.volumes.find(volume.name, "replaced");
      const [piece] = reading.pieces;
      if (piece === undefined) throw new Error("a file has a piece");
      lab.age(30 * DAY_MS);
      await volume.writeFile("replaced", "new");
      await volume.writeFile("copy", "copy");
      lab.age(6 * DAY_MS);
      await volume.writeFile("other", "other");
      expect(Buffer.from(await lab.stores.volumes.read(volume.name, piece)).toString()).toBe(
        "replaced",
      );

      lab.age(2 * DAY_MS);
      await volume.writeFile("other", "other again");
      await expect(lab.stores.volumes.read(volume.name, piece)).rejects.toMatchObject({
        code: "WINDLASS_VOLUME_DAMAGED",
      });
      expect(await seen()).toEqual({
        old: "old",
        replaced: "new",
        copy: "copy",
        other: "other again",
      });
    });

    it("stores bytes again that only an old version has", async () => {
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
