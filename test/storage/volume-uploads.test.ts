import { mkdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { PageCache, VolumeTree } from "../../lib/storage/volumes/tree.ts";
import { VolumeObjects } from "../../lib/storage/volumes/volume-objects.ts";
import { contentOf, folderOf, newFolder, write } from "./folders.ts";
import { type MemoryBytes, memoryBytes, PREFIX, type Request, volumesIn } from "./memory-bytes.ts";

class Crash extends Error {}

const FILES = 1500;
const FOLDERS = 30;

beforeEach(() => {
  vi.stubEnv("XDG_CACHE_HOME", newFolder());
  // What was written within the last two seconds is not yet known by its times.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
  return () => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  };
});

interface Uploaded {
  readonly bytes: MemoryBytes;
  readonly local: string;
  /** The requests of an upload by a new process. */
  again(): Promise<string[]>;
}

/** A folder that was uploaded, with a file of somebody else beside it. */
async function uploaded(): Promise<Uploaded> {
  const files = Array.from({ length: FILES }, (_, n) => [`d${n % FOLDERS}/f${n}`, `text ${n}`]);
  const local = folderOf({ ...Object.fromEntries(files), empty: null });
  const bytes = memoryBytes();
  const again = async (): Promise<string[]> => {
    const requests: string[] = [];
    bytes.after = ({ method }: Request) => void requests.push(method);
    const items = [{ kind: "folder", local, path: "at" }] as const;
    await volumesIn(bytes).upload("v", { items, force: true });
    bytes.after = () => {};
    return requests;
  };
  await again();
  // Of its pages, none is in the root.
  expect(JSON.parse(`${bytes.objects.get(`${PREFIX}root`)}`).page).toHaveProperty("pages");
  return { bytes, local, again };
}

/** One file of each folder changes. */
function changeSome(local: string): void {
  for (let n = 0; n < FOLDERS; n += 1) write(local, `d${n}/f${n}`, `changed ${n}`);
}

/** What is in a folder of the volume as another process reads it. */
async function seen(bytes: MemoryBytes, at = "at"): Promise<Record<string, string | null>> {
  const objects = new VolumeObjects(bytes, PREFIX, Date.now);
  const found: Record<string, string | null> = {};
  for await (const { path, type, pieces } of (
    await VolumeTree.read(objects, new PageCache())
  ).below(at)) {
    const parts = await Promise.all(pieces.map((piece) => objects.read(piece)));
    const text = type === "directory" ? null : Buffer.concat(parts).toString();
    found[path.slice(at.length + 1)] = text;
  }
  return found;
}

async function putOther(bytes: MemoryBytes, path: string): Promise<void> {
  const volumes = volumesIn(bytes);
  const piece = await volumes.write("v", Buffer.from("of somebody else"));
  const entry = { path, type: "file", size: 16, mode: 0o644, modifiedAt: 1 } as const;
  await volumes.change("v", [{ kind: "put", entry: { ...entry, pieces: [piece], target: "" } }]);
}

describe("a folder that is uploaded again", () => {
  it("reads its root, and writes one object and the root", async () => {
    const { bytes, local, again } = await uploaded();
    rmSync(join(local, "empty"), { recursive: true });
    changeSome(local);
    expect(await again()).toEqual(["get", "put", "replace"]);
    expect(await again()).toEqual(["get"]);
    const { empty, ...files } = await seen(bytes);
    expect(empty).toBe(null);
    expect(files).toEqual(contentOf(local));
  });

  it("makes no version of files that were only touched, and one of those that are new", async () => {
    const { bytes, local, again } = await uploaded();
    utimesSync(join(local, "d1/f1"), 1, 1);
    expect(await again()).not.toContain("replace");
    write(local, "d1/new", "new");
    mkdirSync(join(local, "d1/empty"));
    expect(await again()).toContain("replace");
    expect(await seen(bytes)).toEqual(contentOf(local));
  });

  it.each([
    ["changed", (bytes: MemoryBytes) => putOther(bytes, "at/d2/f2")],
    ["replaced by a folder", (bytes: MemoryBytes) => replaceByFolder(bytes, "at/d2/f2")],
    [
      "removed",
      (bytes: MemoryBytes) =>
        volumesIn(bytes).change("v", [{ kind: "remove", path: "at/d2", recursive: true }]),
    ],
  ])("restores what somebody else has %s before", async (_, change) => {
    const { bytes, local, again } = await uploaded();
    write(local, "d1/f1", "changed");
    await change(bytes);
    // A folder takes the place of no file by itself.
    await again().catch(() => rmSync(join(local, "d2/f2")));
    await again();
    const { "d2/f2/in": __, ...files } = await seen(bytes);
    expect(files).toEqual(contentOf(local));
  });

  it("restores what somebody else changes meanwhile", async () => {
    const { bytes, local, again } = await uploaded();
    changeSome(local);
    bytes.before = async ({ method }) => {
      if (method !== "replace") return;
      bytes.before = () => {};
      await putOther(bytes, "at/d2/f62");
      await putOther(bytes, "at/d2/f2");
    };
    await again();
    expect(await seen(bytes)).toEqual(contentOf(local));
  });

  it("knows nothing of a volume that was made again", async () => {
    const { bytes, local, again } = await uploaded();
    bytes.objects.clear();
    await again();
    expect(await seen(bytes)).toEqual(contentOf(local));
  });

  it("to another place is there too", async () => {
    const { bytes, local } = await uploaded();
    const items = [{ kind: "folder", local, path: "other" }] as const;
    await volumesIn(bytes).upload("v", { items, force: true });
    expect(await seen(bytes, "other")).toEqual(contentOf(local));
  });

  it("is all there or not at all where it crashes at any request", async () => {
    const { bytes, local, again } = await uploaded();
    const old = await seen(bytes);
    rmSync(join(local, "empty"), { recursive: true });
    changeSome(local);
    const saved = new Map(bytes.objects);
    for (const [point, isNew] of [false, false, true].entries()) {
      for (const side of ["before", "after"] as const) {
        let count = 0;
        bytes.objects.clear();
        for (const [key, content] of saved) bytes.objects.set(key, content);
        const one = await crashAt(bytes, local, { side, isThis: () => count++ >= point });
        expect(one).toBeInstanceOf(Crash);
        expect(await seen(bytes)).toEqual(
          isNew && side === "after" ? { ...contentOf(local), empty: null } : old,
        );
      }
    }
    await again();
    expect(await seen(bytes)).toEqual({ ...contentOf(local), empty: null });
  });
});

interface CrashPoint {
  readonly side: "before" | "after";
  isThis(): boolean;
}

async function crashAt(bytes: MemoryBytes, local: string, point: CrashPoint): Promise<unknown> {
  bytes[point.side] = () => {
    if (point.isThis()) throw new Crash("upload");
  };
  const items = [{ kind: "folder", local, path: "at" }] as const;
  const uploading = volumesIn(bytes).upload("v", { items, force: true });
  const error = await uploading.then(
    () => undefined,
    (problem: unknown) => problem,
  );
  bytes[point.side] = () => {};
  return error;
}

async function replaceByFolder(bytes: MemoryBytes, path: string): Promise<void> {
  await volumesIn(bytes).change("v", [{ kind: "remove", path, recursive: false }]);
  await putOther(bytes, `${path}/in`);
}
