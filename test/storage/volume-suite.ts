import { chmodSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Volume } from "../../lib/storage/volume.ts";
import { contentOf, folderOf, newFolder, noise, write } from "./folders.ts";
import { all, DAY_MS, newName, type StorageLab } from "./lab.ts";
import { eachVolume, textOf } from "./volume-bench.ts";

const MIB = 1024 * 1024;

/** What volumes do, whichever stores hold them. */
export function describeVolumes(place: string, open: () => Promise<StorageLab>): void {
  describe(`a volume ${place}`, () => {
    const current = eachVolume(open);

    it("has what was written to it, and says what it does not have", async () => {
      const { lab, volume } = current();
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
      const { volume } = current();
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
      const { volume } = current();
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
      const { volume } = current();
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
      const { volume, seen } = current();
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
      const { volume, seen } = current();
      const folder = folderOf({ same: "same", text: "one", size: "1" });
      await volume.batchUpload((batch) => batch.putDirectory(folder, "/"));
      const { mtime } = statSync(join(folder, "text"));
      writeFileSync(join(folder, "text"), "two");
      utimesSync(join(folder, "text"), mtime, mtime);
      write(folder, "size", "12");
      rmSync(join(folder, "same"));
      await volume.batchUpload((batch) => batch.putDirectory(folder, "/"), { force: true });

      expect(await seen()).toEqual({ same: "same", text: "two", size: "12" });
    });

    it("removes, copies and refuses what it cannot do", async () => {
      const { volume, seen } = current();
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

    it("downloads a file and a folder, and replaces nothing unless it is told to", async () => {
      const { lab, volume } = current();
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
      const { volume, seen } = current();
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
      const { lab, volume, seen } = current();
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
  });
}
