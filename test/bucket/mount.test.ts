import { execFile } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import {
  appendFile,
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rmdir,
  stat,
  unlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fuseProblem } from "../../runtime-shim/agent/bucket-process.ts";
import { FuseDevice } from "../../runtime-shim/bucket-mount/device.ts";
import { BucketFileSystem } from "../../runtime-shim/bucket-mount/file-system.ts";
import { until } from "../engine/until.ts";
import { MemoryBucket } from "./memory-bucket.ts";

const MIB = 1024 * 1024;

/** Bytes that differ from place to place. */
function pattern(length: number): Buffer {
  // No range is a multiple of a prime: pieces in a wrong order are seen.
  return Buffer.alloc(
    length,
    Uint8Array.from({ length: 251 }, (_, index) => index),
  );
}

// Only asynchronous calls: this process serves what they ask.
describe.skipIf(fuseProblem() !== undefined)("a bucket that is mounted", () => {
  let bucket: MemoryBucket;
  let device: FuseDevice;
  let root = "";

  function mount(given: { readonly isReadOnly: boolean }): void {
    root = mkdtempSync(join(tmpdir(), "windlass-bucket-"));
    const options = { bucket, keyPrefix: "in/", now: Date.now, ...given };
    const fileSystem = new BucketFileSystem(options);
    device = FuseDevice.mount(root, { ...given, serve: (request) => fileSystem.serve(request) });
  }

  beforeEach(() => {
    bucket = new MemoryBucket();
    mount({ isReadOnly: false });
  });

  afterEach(async () => {
    device.unmount();
    await device.ended;
    rmdirSync(root);
  });

  it("has the objects below its prefix as files and folders, however many", async () => {
    for (const key of [
      "in/a.txt",
      "in/b/c.txt",
      "in/b/d.txt",
      "out/secret",
      "in/e",
      "in/f",
      "in/g",
    ]) {
      bucket.set(key, key);
    }

    expect((await readdir(root)).sort()).toEqual(["a.txt", "b", "e", "f", "g"]);
    expect(await readdir(join(root, "b"))).toEqual(["c.txt", "d.txt"]);
    expect(await readFile(join(root, "b/c.txt"), "utf8")).toBe("in/b/c.txt");
    expect(await stat(join(root, "a.txt"))).toMatchObject({ size: 8, mtimeMs: 1_700_000_000_000 });
    await expect(stat(join(root, "none"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("reads ahead in ever larger ranges where a program reads on", async () => {
    const bytes = pattern(24 * MIB);
    bucket.set("in/large", bytes);

    expect((await readFile(join(root, "large"))).equals(bytes)).toBe(true);
    const sizes = bucket.asked.map((line) => {
      const [start = 0, end = 0] = (line.split(" ")[2] ?? "").split("-").map(Number);
      return end - start;
    });
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(24 * MIB);
    expect(Math.max(...sizes)).toBe(8 * MIB);
    expect(sizes.length).toBeLessThan(15);
  });

  it("fetches little where a program reads here and there", async () => {
    bucket.set("in/large", pattern(24 * MIB));
    const file = await open(join(root, "large"));
    const found = Buffer.alloc(8);
    await file.read(found, 0, 8, 20 * MIB);
    await file.close();

    expect(found.equals(pattern(24 * MIB).subarray(20 * MIB, 20 * MIB + 8))).toBe(true);
    const fetched = bucket.asked.map((line) => {
      const [start = 0, end = 0] = (line.split(" ")[2] ?? "").split("-").map(Number);
      return end - start;
    });
    expect(fetched.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(2 * MIB);
  });

  it("has what was written once the file is closed, in parts where it is large", async () => {
    const bytes = pattern(20 * MIB);
    await writeFile(join(root, "large"), bytes);
    await writeFile(join(root, "small"), "hello");
    await writeFile(join(root, "empty"), "");

    expect(bucket.bytesOf("in/large")?.equals(bytes)).toBe(true);
    expect(bucket.asked.filter((line) => line.startsWith("part"))).toHaveLength(3);
    expect(bucket.bytesOf("in/small")?.toString()).toBe("hello");
    // Of a file without bytes, the kernel tells its end and waits for no answer.
    await until(() => bucket.bytesOf("in/empty") !== undefined);
    expect(await readFile(join(root, "small"), "utf8")).toBe("hello");
  });

  it("replaces an object that is written anew, and takes what a shell and cp write", async () => {
    bucket.set("in/a", "before, and longer");
    await writeFile(join(root, "a"), "after");
    await promisify(execFile)(
      "sh",
      ["-c", "echo shell > b && cp -p b c && mkdir -p d/e && mv a.none f || cat b"],
      {
        cwd: root,
      },
    );

    expect(bucket.bytesOf("in/a")?.toString()).toBe("after");
    expect(bucket.bytesOf("in/b")?.toString()).toBe("shell\n");
    expect(bucket.bytesOf("in/c")?.toString()).toBe("shell\n");
    await copyFile(join(root, "b"), join(root, "d/e/f"));
    expect(bucket.bytesOf("in/d/e/f")?.toString()).toBe("shell\n");
  });

  it("removes objects and empty folders", async () => {
    bucket.set("in/a", "a");
    await mkdir(join(root, "folder"));
    expect((await readdir(root)).sort()).toEqual(["a", "folder"]);
    await writeFile(join(root, "folder/file"), "x");
    await expect(rmdir(join(root, "folder"))).rejects.toMatchObject({ code: "ENOTEMPTY" });
    await unlink(join(root, "folder/file"));
    await rmdir(join(root, "folder"));
    await unlink(join(root, "a"));

    expect(await readdir(root)).toEqual([]);
    expect(bucket.bytesOf("in/a")).toBeUndefined();
  });

  it("refuses to change an object in part, to append to it and to rename it", async () => {
    bucket.set("in/a", "whole");
    const path = join(root, "a");

    await expect(appendFile(path, "more")).rejects.toMatchObject({ code: "EPERM" });
    await expect(open(path, "r+")).rejects.toMatchObject({ code: "EPERM" });
    await expect(rename(path, join(root, "b"))).rejects.toMatchObject({ code: "ENOSYS" });
    const file = await open(join(root, "new"), "w");
    await file.write("0123");
    await expect(file.write(Buffer.from("x"), 0, 1, 1)).rejects.toMatchObject({ code: "EINVAL" });
    await file.close();
    expect(bucket.bytesOf("in/a")?.toString()).toBe("whole");
  });

  it("ends a read of an object that was replaced meanwhile with an error", async () => {
    bucket.set("in/a", pattern(2 * MIB));
    const file = await open(join(root, "a"));
    bucket.set("in/a", pattern(2 * MIB));

    await expect(file.read(Buffer.alloc(8), 0, 8, MIB)).rejects.toMatchObject({ code: "EIO" });
    await file.close();
  });

  it("takes no writes where it is mounted to be read only", async () => {
    device.unmount();
    await device.ended;
    rmdirSync(root);
    mount({ isReadOnly: true });
    bucket.set("in/a", "a");

    await expect(writeFile(join(root, "b"), "b")).rejects.toMatchObject({ code: "EROFS" });
    await expect(unlink(join(root, "a"))).rejects.toMatchObject({ code: "EROFS" });
    expect(await readFile(join(root, "a"), "utf8")).toBe("a");
  });
});
