import { describe, expect, it } from "vitest";
import type { StoredEntry, VolumeChange, VolumePiece } from "../../lib/storage/volume-store.ts";
import type { ChunkedVolumes } from "../../lib/storage/volumes/chunked-volumes.ts";
import { contentOf, newFolder } from "./folders.ts";
import { DAY_MS } from "./lab.ts";
import { type MemoryBytes, memoryBytes, volumesIn } from "./memory-bytes.ts";

/** Enough for several pages beside the root. */
const FILES = 3000;

function put(path: string, piece: VolumePiece): VolumeChange {
  const entry: StoredEntry = {
    ...{ path, type: "file", size: piece.length, mode: 0o644 },
    ...{ modifiedAt: 1, pieces: [piece], target: "" },
  };
  return { kind: "put", entry };
}

async function withPages(now?: () => number): Promise<MemoryBytes> {
  const bytes = memoryBytes();
  const volumes = volumesIn(bytes, now);
  const piece = await volumes.write("v", Buffer.from("old"));
  const changes = Array.from({ length: FILES }, (_, n) => put(`d${n % 30}/f${n}`, piece));
  await volumes.change("v", changes);
  return bytes;
}

/** All paths, as a new process lists them. */
async function listed(bytes: MemoryBytes): Promise<string[]> {
  const paths: string[] = [];
  const volumes = volumesIn(bytes);
  let after: string | undefined;
  do {
    const page = await volumes.list("v", { path: "", recursive: true, after });
    paths.push(...page.entries.filter(({ type }) => type === "file").map(({ path }) => path));
    after = page.next;
  } while (after !== undefined);
  return paths;
}

async function textOf(volumes: ChunkedVolumes, path: string): Promise<string> {
  const { pieces } = await volumes.find("v", path);
  const parts = await Promise.all(pieces.map((piece) => volumes.read("v", piece)));
  return Buffer.concat(parts).toString();
}

/** Removes those that are there, and answers them. */
function removeFrom(paths: Set<string>, some: readonly string[]): string[] {
  return some.filter((path) => paths.delete(path));
}

/** Counts the writes of objects; the root is none. */
function countPuts(bytes: MemoryBytes): () => number {
  let puts = 0;
  bytes.before = ({ method }) => {
    if (method === "put") puts += 1;
  };
  return () => puts;
}

describe("changes of a volume with many files", () => {
  it("write no page while there are few, and pages once there are many", async () => {
    const bytes = await withPages();
    const wanted = new Set(await listed(bytes));
    const volumes = volumesIn(bytes);
    const pages: number[] = [];
    for (let round = 0; round < 25; round += 1) {
      const piece = await volumes.write("v", Buffer.from(`round ${round}`));
      // Before the first page, in all of them, and after the last.
      const added = [`a${round}`, `z${round}`];
      for (let n = 0; n < 60; n += 1) added.push(`d${n % 30}/f${(round * 61 + n * 47) % FILES}`);
      for (const path of added) wanted.add(path);
      const gone = removeFrom(wanted, [`d${round}/f${round + 300}`, `a${round - 1}`]);
      const puts = countPuts(bytes);
      await volumes.change("v", [
        ...added.map((path) => put(path, piece)),
        ...gone.map((path) => ({ kind: "remove", path, recursive: false }) as const),
      ]);
      pages.push(puts());
      if (round % 6 === 0) expect(await listed(bytes)).toEqual([...wanted].sort());
      for (const path of gone) await expect(volumesIn(bytes).find("v", path)).rejects.toThrow();
      expect(await textOf(volumesIn(bytes), `z${round}`)).toBe(`round ${round}`);
    }
    expect(pages.filter((count) => count === 0).length).toBeGreaterThan(15);
    expect(pages.filter((count) => count > 1).length).toBeGreaterThan(0);
    const folder = newFolder();
    await volumesIn(bytes).checkOut("v", { folder });
    expect(Object.keys(contentOf(folder)).filter((path) => wanted.has(path)).length).toBe(
      wanted.size,
    );
  });

  it("are all there when many commit at the same time, and of one file the last stays", async () => {
    const bytes = await withPages();
    const before = await listed(bytes);
    const writers = Array.from({ length: 8 }, (_, n) => ({ n, volumes: volumesIn(bytes) }));
    await Promise.all(
      writers.map(async ({ n, volumes }) => {
        for (let turn = 0; turn < 5; turn += 1) {
          const piece = await volumes.write("v", Buffer.from(`${n} ${turn}`));
          await volumes.change("v", [put(`new/${n}-${turn}`, piece), put("same", piece)]);
        }
      }),
    );
    const added = writers.flatMap(({ n }) => [0, 1, 2, 3, 4].map((turn) => `new/${n}-${turn}`));
    expect(await listed(bytes)).toEqual([...before, ...added, "same"].sort());
    for (const { n } of writers) {
      expect(await textOf(volumesIn(bytes), `new/${n}-4`)).toBe(`${n} 4`);
    }
    expect(await textOf(volumesIn(bytes), "same")).toMatch(/^\d 4$/);
  });

  it("keep their bytes when garbage is collected, which takes those that they replaced", async () => {
    let now = Date.now();
    const bytes = await withPages(() => now);
    const volumes = volumesIn(bytes, () => now);
    const change = async (path: string, text: string): Promise<string> => {
      const piece = await volumes.write("v", Buffer.from(text));
      await volumes.change("v", [put(path, piece)]);
      return piece.object;
    };
    const first = await change("d1/f1", "first");
    const second = await change("d1/f1", "second");
    const held = (object: string) => [...bytes.objects.keys()].some((key) => key.endsWith(object));
    for (let week = 0; week < 5; week += 1) {
      now += 9 * DAY_MS;
      await change("d2/f2", `week ${week}`);
    }
    expect([held(first), held(second)]).toEqual([false, true]);
    const another = volumesIn(bytes, () => now);
    expect(await textOf(another, "d1/f1")).toBe("second");
    expect(await textOf(another, "d3/f3")).toBe("old");
  });
});
