import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { StoredEntry, VolumePiece } from "../../lib/storage/volume-store.ts";
import { PageCache, VolumeTree } from "../../lib/storage/volumes/tree.ts";
import { VolumeObjects } from "../../lib/storage/volumes/volume-objects.ts";
import { contentOf, folderOf, newFolder, noise, write } from "./folders.ts";
import { DAY_MS } from "./lab.ts";
import { type MemoryBytes, memoryBytes, PREFIX, type Request, volumesIn } from "./memory-bytes.ts";

class Crash extends Error {}

const MIB = 1024 * 1024;
/** Enough for several pages beside the root. */
const FILES = 3000;

/** A volume with many files and a large one, as often as it is wanted. */
async function oldVolume(): Promise<() => MemoryBytes> {
  const bytes = memoryBytes();
  const volumes = volumesIn(bytes);
  const piece = await volumes.write("v", Buffer.from("old"));
  const large = [await volumes.write("v", noise(MIB, 1)), await volumes.write("v", noise(MIB, 2))];
  const entries = Array.from({ length: FILES }, (_, n) => fileOf(`many/d${n % 10}/f${n}`, [piece]));
  const work = ["a", "b", "c"].map((name) => fileOf(`work/${name}`, [piece]));
  const all = [...entries, ...work, fileOf("work/large", large)];
  await volumes.change(
    "v",
    all.map((entry) => ({ kind: "put", entry })),
  );
  // In no page yet.
  const recent = fileOf("work/b", [await volumes.write("v", Buffer.from("recent"))]);
  await volumes.change("v", [{ kind: "put", entry: recent }]);
  return () => memoryBytes(new Map(bytes.objects));
}

function fileOf(path: string, pieces: readonly VolumePiece[]): StoredEntry {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  return { path, type: "file", size, mode: 0o644, modifiedAt: 1, pieces, target: "" };
}

/** What readers find: every file with its bytes' hashes. All bytes that it names must be there. */
async function seen(bytes: MemoryBytes): Promise<string> {
  const objects = new VolumeObjects(memoryBytes(bytes.objects), PREFIX, Date.now);
  const files = await (await VolumeTree.read(objects, new PageCache())).all();
  const checked: Set<string> = new Set();
  for (const piece of [...files.values()].flatMap(({ pieces }) => pieces)) {
    if (!checked.has(piece.hash)) await objects.read(piece);
    checked.add(piece.hash);
  }
  return JSON.stringify(
    [...files].map(([path, { pieces }]) => [path, pieces.map(({ hash }) => hash)]),
  );
}

/** Something that makes a new version; the same from any state before it. */
type Step = (bytes: MemoryBytes) => Promise<unknown>;

async function commitFolder(bytes: MemoryBytes): Promise<void> {
  const folder = newFolder();
  const volumes = volumesIn(bytes);
  await volumes.checkOut("v", { folder, subPath: "work" });
  write(folder, "large", noise(2 * MIB, 3));
  write(folder, "new/one", "1");
  write(folder, "a", "changed");
  rmSync(join(folder, "b"), { force: true });
  await volumes.commit("v", folder);
}

async function uploadFolder(bytes: MemoryBytes): Promise<void> {
  const local = folderOf({ "d1/f1": "1", "d3/f3": "3", "d9/f9999": "9", large: noise(2 * MIB, 4) });
  const items = [{ kind: "folder", local, path: "many" }] as const;
  await volumesIn(bytes).upload("v", { items, force: true });
}

async function changeFiles(bytes: MemoryBytes): Promise<void> {
  const volumes = volumesIn(bytes);
  const piece = await volumes.write("v", Buffer.from("changed"));
  await volumes.change("v", [
    { kind: "put", entry: fileOf("many/d2/f2", [piece]) },
    { kind: "copy", from: "many/d2/f2", to: "many/d7/copied", recursive: false, isInto: false },
    { kind: "remove", path: "many/d8", recursive: true },
    { kind: "put", entry: fileOf("many/d8/f8", [piece]) },
  ]);
}

/** More than a root keeps beside its pages. */
async function changeMany(bytes: MemoryBytes): Promise<void> {
  const volumes = volumesIn(bytes);
  const piece = await volumes.write("v", Buffer.from("changed"));
  const entries = Array.from({ length: FILES / 2 }, (_, n) => fileOf(`many/d1/n${n}`, [piece]));
  await volumes.change("v", [
    ...entries.map((entry) => ({ kind: "put", entry }) as const),
    { kind: "remove", path: "many/d8", recursive: true },
    { kind: "put", entry: fileOf("many/d8/f8", [piece]) },
  ]);
}

/** Runs a step with a crash at one of its requests: point 2n before the nth, 2n + 1 after it. */
async function crashing(
  bytes: MemoryBytes,
  step: Step,
  point: number,
): Promise<Request | undefined> {
  let count = 0;
  let crashedAt: Request | undefined;
  bytes.before = (request) => {
    count += 1;
    if (crashedAt === undefined && (count - 1) * 2 !== point) return;
    crashedAt ??= request;
    // A process that has crashed asks for nothing more.
    throw new Crash(request.method);
  };
  bytes.after = (request) => {
    if (crashedAt === undefined && (count - 1) * 2 + 1 !== point) return;
    crashedAt ??= request;
    throw new Crash(request.method);
  };
  await step(bytes).catch((error: unknown) => {
    if (!(error instanceof Crash)) throw error;
  });
  bytes.before = () => {};
  bytes.after = () => {};
  return crashedAt;
}

describe("a commit that crashes at any of its requests", () => {
  it.each([
    ["of a folder that is mounted", commitFolder, 3],
    ["of an upload", uploadFolder, 2],
    ["of changes that the root keeps", changeFiles, 1],
    ["of changes that become pages", changeMany, 3],
  ])("leaves the old or the new version, and the next one works: %s", async (_, step, puts) => {
    const fresh = await oldVolume();
    const old = await seen(fresh());
    const complete = fresh();
    await step(complete);
    const whole = await seen(complete);
    expect(whole).not.toBe(old);

    const found: string[] = [];
    for (let point = 0; ; point += 1) {
      const bytes = fresh();
      const request = await crashing(bytes, step, point);
      if (request === undefined) break;
      const after = await seen(bytes);
      expect([old, whole]).toContain(after);
      found.push(`${request.method} ${after === old ? "old" : "new"}`);
      await step(bytes);
      expect(await seen(bytes)).toBe(whole);
    }
    // Before the root is replaced all is old, and then all is new.
    expect(found.filter((one) => one.startsWith("replace"))).toEqual([
      "replace old",
      "replace new",
    ]);
    expect(found.filter((one) => one === "put old").length).toBeGreaterThan(puts);
    expect(found.filter((one) => one === "put new")).toEqual([]);
  });

  it("finds its own root where only the answer was lost", async () => {
    const fresh = await oldVolume();
    const bytes = fresh();
    const { replace } = bytes;
    bytes.replace = async (...args) => {
      await replace(...args);
      return false;
    };
    await changeFiles(bytes);
    const complete = fresh();
    await changeFiles(complete);
    expect(await seen(bytes)).toBe(await seen(complete));
    const version = (one: MemoryBytes) => JSON.parse(`${one.objects.get(`${PREFIX}root`)}`).version;
    expect(version(bytes)).toBe(version(complete));
  });
});

describe("an upload", () => {
  it("goes on where it was interrupted, and sends no large part twice", async () => {
    const bytes = memoryBytes();
    const local = folderOf({ a: noise(20 * MIB, 5), b: noise(17 * MIB, 6) });
    const items = [{ kind: "folder", local, path: "" }] as const;
    let sent = 0;
    bytes.before = ({ method }) => {
      if (method !== "put") return;
      sent += 1;
      if (sent > 3) throw new Crash("put");
    };
    await expect(volumesIn(bytes).upload("v", { items, force: false })).rejects.toThrow(Crash);
    expect(bytes.objects.size).toBe(3);

    sent = -100;
    await volumesIn(bytes).upload("v", { items, force: false });
    expect(sent + 100).toBe(6 - 3);
    await seen(bytes);
  });

  it("sends bytes that the volume has, under whatever name, no second time", async () => {
    const bytes = memoryBytes();
    const [one, two] = [noise(2 * MIB, 1), noise(100, 2)];
    const local = folderOf({ "x/large": one, "x/small": two, "y/large": one, "y/small": two });
    const volumes = volumesIn(bytes);
    let sent = 0;
    bytes.before = ({ method }) => {
      if (method === "put") sent += 1;
    };
    await volumes.upload("v", { items: [{ kind: "folder", local, path: "" }], force: false });
    expect(sent).toBe(2);
    write(local, "z", Buffer.concat([two, two]));
    await volumes.upload("v", { items: [{ kind: "folder", local, path: "again" }], force: false });
    expect(sent).toBe(3);
  });
});

describe("a download", () => {
  it("goes on where it was interrupted", async () => {
    const bytes = memoryBytes();
    const local = folderOf({ large: noise(50 * MIB, 7) });
    const volumes = volumesIn(bytes);
    await volumes.upload("v", { items: [{ kind: "folder", local, path: "" }], force: false });
    const target = join(newFolder(), "large");
    const request = { path: "large", target, force: false };
    let got = 0;
    bytes.before = ({ method, key }) => {
      if (method !== "get" || !key.includes("/objects/")) return;
      got += 1;
      if (got > 4) throw new Crash("get");
    };
    await expect(volumes.download("v", request)).rejects.toThrow(Crash);
    expect(Object.keys(contentOf(join(target, "..")))).toEqual([
      expect.stringMatching(/^\.windlass-part-/),
    ]);
    got = -1000;
    await volumes.download("v", request);
    expect(got + 1000).toBe(3);
    expect(contentOf(join(target, ".."))).toEqual(contentOf(local));
  });
});

describe("bytes that are not what was written", () => {
  it("are told, whichever object they are in", async () => {
    const fresh = await oldVolume();
    const damaged = { code: "WINDLASS_VOLUME_DAMAGED" };
    const keys = [...fresh().objects.keys()].filter((key) => key.includes("/objects/"));
    expect(keys.length).toBeGreaterThan(5);
    for (const key of keys) {
      const bytes = fresh();
      const content = Buffer.from(bytes.objects.get(key) ?? "");
      content.writeUInt8((content[1] ?? 0) ^ 1, 1);
      bytes.objects.set(key, content);
      await expect(seen(bytes)).rejects.toMatchObject(damaged);
      bytes.objects.delete(key);
      await expect(seen(bytes)).rejects.toMatchObject(damaged);
    }
    const bytes = fresh();
    for (const content of bytes.objects.values()) if (content.length < 10) content.write("odd");
    const folder = newFolder();
    const checkOut = volumesIn(bytes).checkOut("v", { folder, subPath: "work" });
    await expect(checkOut).rejects.toMatchObject(damaged);
    expect(contentOf(folder)).not.toHaveProperty("a");
  });
});

describe("the collection of garbage", () => {
  it("removes nothing that a commit refers to which is made at the same time", async () => {
    const bytes = memoryBytes();
    let now = Date.now();
    const volumes = volumesIn(bytes, () => now);
    const [old, other] = [Buffer.from("old"), Buffer.from("other")];
    const entry = fileOf("old", [await volumes.write("v", old)]);
    await volumes.change("v", [{ kind: "put", entry }]);
    now += 20 * DAY_MS;
    await volumes.change("v", [{ kind: "remove", path: "old", recursive: false }]);
    now += 8 * DAY_MS;
    let deleted = "";
    bytes.before = async ({ method, key }) => {
      if (method !== "delete") return;
      bytes.before = () => {};
      deleted = key;
      // It was decided to remove the bytes of this file.
      const again = volumesIn(bytes, () => now);
      await again.change("v", [{ kind: "put", entry: { ...entry, path: "again" } }]);
    };
    const piece = await volumes.write("v", other);
    await volumes.change("v", [{ kind: "put", entry: fileOf("other", [piece]) }]);

    expect(deleted).toContain(entry.pieces[0]?.object);
    const files: [string, string[]][] = JSON.parse(await seen(bytes));
    expect(files.map(([path]) => path)).toEqual(["again", "other"]);
  });

  it("that crashes at any request harms no version, and ends what is over", async () => {
    const fresh = await oldVolume();
    const stays = fresh().objects.size;
    for (let point = 1; point < 14; point += 1) {
      const bytes = fresh();
      let now = Date.now();
      const volumes = volumesIn(bytes, () => now);
      for (let week = 0; week < 6; week += 1) {
        now += 9 * DAY_MS;
        let count = 0;
        bytes.after = ({ method }) => {
          if (method === "replace" || count > 0) count += 1;
          if (count > point && week < 3) throw new Crash("collection");
        };
        const piece = await volumes.write("v", Buffer.from(`week ${week}`));
        await volumes.change("v", [{ kind: "put", entry: fileOf("many/d3/f3", [piece]) }]);
      }
      expect(JSON.parse(await seen(bytes)).length).toBe(FILES + 4);
      // The last week's, the one before, and what says since when.
      expect(bytes.objects.size).toBeLessThan(stays + 8);
    }
  });
});
