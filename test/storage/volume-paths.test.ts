import { existsSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isWindlassError } from "../../lib/errors.ts";
import { isFilePath, toVolumePath } from "../../lib/storage/volume-path.ts";
import type { StoredEntry } from "../../lib/storage/volume-store.ts";
import type { RootFields } from "../../lib/storage/volumes/tree.ts";
import { contentOf, folderOf, newFolder, write } from "./folders.ts";
import { memoryBytes, PREFIX, volumesIn } from "./memory-bytes.ts";

const RUNS = 300;

/** Names as programs and people make them: of any script, with spaces, long, like options, like paths. */
const oddName = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
  fc.string({ unit: "binary", minLength: 1, maxLength: 60 }),
  fc.constantFrom(
    "-rf",
    "--help",
    " ",
    " a ",
    "a\nb",
    "*",
    "~",
    "$HOME",
    "\\",
    "C:\\x",
    "...",
    ".a",
    "a.",
  ),
  fc.constantFrom(
    "é",
    "e\u0301",
    "ﬀ",
    "🙂",
    "�",
    "con",
    "#",
    "%2e%2e",
    "..a",
    "a..",
    "x".repeat(255),
  ),
  fc.integer({ min: 1, max: 63 }).map((count) => "🙂".repeat(count)),
);
const validName = oddName.filter((name) => isFilePath(name) && !name.includes("/"));
const validPath = fc
  .array(validName, { minLength: 1, maxLength: 4 })
  .map((names) => names.join("/"));

/** What leads somewhere else, or that no file system could hold. */
const evilName = fc.constantFrom("..", "a\0b", "\ud800", "x".repeat(256), "🙂".repeat(64));
const evilPath = fc
  .tuple(fc.array(oddName, { maxLength: 3 }), evilName, fc.array(oddName, { maxLength: 3 }))
  .map(([before, evil, after]) => [...before, evil, ...after].join("/"));

describe("a path of a volume", () => {
  it("is kept exactly, from the disk to the volume and back, whatever is in its names", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(validPath, { minLength: 1, maxLength: 5 }), async (paths) => {
        // No file can be in a file.
        const files = paths.filter((one) => !paths.some((other) => other.startsWith(`${one}/`)));
        const local = newFolder();
        for (const path of files) write(local, path, `in ${path}`);
        const volumes = volumesIn(memoryBytes());
        const items = [{ kind: "folder", local, path: "" }] as const;
        await volumes.upload("v", { items, force: false });
        const folder = newFolder();
        await volumes.checkOut("v", { folder });
        expect(contentOf(folder)).toEqual(contentOf(local));
        for (const path of files) {
          expect((await volumes.find("v", path)).path).toBe(path);
          await volumes.change("v", [
            { kind: "copy", from: path, to: `copies/${path}`, recursive: false, isInto: false },
            { kind: "remove", path, recursive: false },
          ]);
        }
        await volumes.reload("v", folder);
        expect(contentOf(join(folder, "copies"))).toEqual(contentOf(local));
      }),
      { numRuns: 100, examples: [[["-", "a/--", "é/e\u0301", `${"x".repeat(255)}/ `]]] },
    );
  });

  it("that leads out of it, or that nothing can hold, is refused by all that take one", async () => {
    const volumes = volumesIn(memoryBytes());
    const entry: Omit<StoredEntry, "path"> = {
      ...{ type: "file", size: 0, mode: 0o644, modifiedAt: 1, pieces: [], target: "" },
    };
    await volumes.change("v", [{ kind: "put", entry: { ...entry, path: "there" } }]);
    const refused = { code: "WINDLASS_VOLUME_PATH" };
    const local = join(folderOf({ file: "1" }), "file");
    await fc.assert(
      fc.asyncProperty(evilPath, async (path) => {
        const attempts = [
          () => volumes.find("v", path),
          () => volumes.list("v", { path, recursive: true }),
          () => volumes.change("v", [{ kind: "put", entry: { ...entry, path } }]),
          () => volumes.change("v", [{ kind: "remove", path, recursive: true }]),
          () =>
            volumes.change("v", [
              { kind: "copy", from: "there", to: path, recursive: true, isInto: true },
            ]),
          () => volumes.upload("v", { items: [{ kind: "file", local, path }], force: true }),
          () => volumes.download("v", { path, target: "/nowhere", force: true }),
          () => volumes.checkOut("v", { folder: "/nowhere", subPath: path }),
        ];
        for (const attempt of attempts) {
          await expect((async () => attempt())()).rejects.toMatchObject(refused);
        }
      }),
      { numRuns: RUNS },
    );
    expect((await volumes.list("v", { path: "", recursive: true })).entries.length).toBe(1);
    expect(existsSync("/nowhere")).toBe(false);
  });

  it("means the same however many slashes and dots it is written with", () => {
    const filler = fc.constantFrom("", ".");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(filler, validName), { minLength: 1, maxLength: 5 }),
        (parts) => {
          const plain = parts.map(([, name]) => name).join("/");
          fc.pre(Buffer.byteLength(plain) < 3000);
          expect(toVolumePath(`/${parts.flat().join("/")}/`)).toBe(plain);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe("a link", () => {
  const target = fc
    .array(fc.constantFrom("..", ".", "a", "b", "link", "/", "/etc/passwd", ""), { maxLength: 6 })
    .map((names) => names.join("/"));
  const place = fc.constantFrom("link", "a/link", "a/b/link", "a/b/c/link");

  it("stays in the volume, or is refused: nothing outside is read or written by way of it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(place, target), { maxLength: 4 }), async (links) => {
        const outer = newFolder();
        write(outer, "secret", "secret");
        const folder = join(outer, "mount");
        const volumes = volumesIn(memoryBytes());
        await volumes.checkOut("v", { folder });
        write(folder, "a/b/c/file", "file");
        for (const [path, to] of links) {
          if (to !== "" && !existsOrLink(join(folder, path))) symlinkSync(to, join(folder, path));
        }
        const committed = await volumes.commit("v", folder).then(
          () => true,
          (error: unknown) => {
            expect(error).toMatchObject({ code: "WINDLASS_VOLUME_LINK" });
            return false;
          },
        );
        const leadOut = Object.entries(contentOf(folder))
          .filter(([, content]) => content?.startsWith("-> "))
          .some(([path]) => !staysIn(folder, join(folder, path)));
        if (leadOut) expect(committed).toBe(false);
        if (!committed) return;
        const other = join(newFolder(), "mount");
        await volumes.checkOut("v", { folder: other });
        expect(contentOf(other)).toEqual(contentOf(folder));
      }),
      { numRuns: RUNS },
    );
  });

  it("in the place of a folder is replaced, not followed, when files are put there", async () => {
    const volumes = volumesIn(memoryBytes());
    const local = folderOf({ "a/b/file": "1", "a/other": "2" });
    await volumes.upload("v", { items: [{ kind: "folder", local, path: "" }], force: false });
    for (const at of ["a", "a/b"]) {
      const outside = folderOf({ "b/file": "outside", file: "outside" });
      const folder = newFolder();
      mkdirSync(join(folder, "a"));
      rmSync(join(folder, at), { recursive: true, force: true });
      symlinkSync(outside, join(folder, at));
      await volumes.checkOut("v", { folder });
      expect(contentOf(folder)).toEqual({ "a/b/file": "1", "a/other": "2" });
      expect(contentOf(outside)).toEqual({ "b/file": "outside", file: "outside" });

      const target = newFolder();
      mkdirSync(join(target, "a"));
      rmSync(join(target, at), { recursive: true, force: true });
      symlinkSync(outside, join(target, at));
      const download = volumes.download("v", { path: "", target, force: true });
      await expect(download).rejects.toMatchObject({ code: "WINDLASS_FILE_EXISTS" });
      expect(contentOf(outside)).toEqual({ "b/file": "outside", file: "outside" });
    }
  });
});

describe("a manifest that Windlass did not write", () => {
  const evilEntry = fc.oneof(
    evilPath.map((path) => [[path, 420, 1, []]]),
    fc
      .constantFrom("/etc/passwd", "/a", "a/", "a//b", "./a", "")
      .map((path) => [[path, 420, 1, []]]),
    fc
      .constantFrom("/etc", "..", "../..", "a/../../x", "x/../../y", "")
      .map((target) => [["link", 511, 1, target]]),
    fc.constant([
      ["a", 511, 1, "b"],
      ["a/file", 420, 1, []],
    ]),
  );

  it("puts nothing outside of a folder", async () => {
    await fc.assert(
      fc.asyncProperty(evilEntry, async (entries) => {
        const page = { objects: [], entries } as unknown as RootFields["page"];
        const root: RootFields = { format: 1, version: 1, commit: "x", collectedAt: 0, page };
        const bytes = memoryBytes(new Map([[`${PREFIX}root`, Buffer.from(JSON.stringify(root))]]));
        const outer = newFolder();
        const folder = join(outer, "mount");
        const refusal = await volumesIn(bytes)
          .checkOut("v", { folder })
          .then(
            () => undefined,
            (error: unknown) => error,
          );
        expect(isWindlassError(refusal)).toBe(true);
        expect(refusal).toMatchObject({ code: "WINDLASS_VOLUME_MANIFEST" });
        expect(contentOf(outer)).toEqual({ mount: null });
      }),
      { numRuns: RUNS },
    );
  });
});

function existsOrLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Whether what a link leads to, links on the way followed as a kernel does, is in the folder. */
function staysIn(folder: string, link: string): boolean {
  let at = join(link, "..");
  const steps = linkSteps(link);
  for (let count = 0; steps.length > 0 && count < 100; count += 1) {
    const step = steps.shift() ?? "";
    if (step === "/") return false;
    if (step === "" || step === ".") continue;
    at = step === ".." ? join(at, "..") : join(at, step);
    if (at !== folder && !at.startsWith(`${folder}/`)) return false;
    if (!lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) continue;
    steps.unshift(...linkSteps(at));
    at = join(at, "..");
  }
  return true;
}

function linkSteps(link: string): string[] {
  const target = readlinkSync(link);
  return target.startsWith("/") ? ["/"] : target.split("/");
}
