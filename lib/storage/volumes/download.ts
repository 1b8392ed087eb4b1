import { existsSync, lstatSync, mkdirSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { AlreadyExistsError } from "../../errors.ts";
import { show } from "../../options/show.ts";
import { pathMissing } from "../volume-mistakes.ts";
import { below, parentsOf } from "../volume-path.ts";
import type { DownloadRequest, OnBytes, StoredEntry } from "../volume-store.ts";
import type { OpenVolume } from "./commits.ts";
import { linkLeadsOut } from "./draft.ts";
import { fetchFiles, type WantedFile } from "./fetch-files.ts";
import { leadsOut } from "./links.ts";
import { VolumeTree } from "./tree.ts";

/** Fetches a file, or a folder with all that is in it, as they are in one version. */
export async function download(
  volume: OpenVolume,
  { path, target, force }: DownloadRequest,
  onBytes: OnBytes,
): Promise<void> {
  const tree = await VolumeTree.read(volume.objects, volume.pages);
  const at = await tree.follow(path);
  const found: StoredEntry[] = [];
  for await (const entry of tree.below(at)) found.push(entry);
  if (found.length === 0 && at !== "") throw pathMissing(volume.name, path);
  mkdirSync(dirname(target), { recursive: true });
  const root = join(realpathSync(dirname(target)), basename(target));
  const wanted = found.map((entry) => toTarget(entry, below(at, entry.path) ?? "", root));
  const files = wanted.filter(({ entry }) => entry.type !== "directory");
  if (!force) for (const file of files) checkFree(file);
  if (found[0]?.path !== at || found[0].type === "directory") mkdirSync(root, { recursive: true });
  makeFoldersFor(wanted, root);
  await fetchFiles(volume.objects, files, onBytes);
}

function toTarget(entry: StoredEntry, path: string, root: string): WantedFile {
  // By itself a link stands for nothing that was fetched with it.
  const isOut =
    entry.type === "link" && leadsOut(path === "" ? basename(root) : path, entry.target);
  if (isOut) throw linkLeadsOut(entry.path, entry.target);
  return { entry, target: path === "" ? root : `${root}/${path}` };
}

function checkFree({ target }: WantedFile): void {
  if (lstatSync(target, { throwIfNoEntry: false }) === undefined) return;
  throw new AlreadyExistsError("WINDLASS_FILE_EXISTS", `there is ${show(target)} already`, {
    hint: "write `--force` to replace files, or choose another place",
  });
}

/** Makes folders below the root, and none by way of a link. */
function makeFoldersFor(wanted: readonly WantedFile[], root: string): void {
  const folders = new Set(
    wanted.flatMap(({ entry, target }) => {
      const path = below(root, target) ?? "";
      return entry.type === "directory" ? [...parentsOf(path), path] : parentsOf(path);
    }),
  );
  for (const folder of [...folders].sort()) {
    const full = `${root}/${folder}`;
    if (folder === "" || lstatSync(full, { throwIfNoEntry: false })?.isDirectory()) continue;
    if (existsSync(full) || lstatSync(full, { throwIfNoEntry: false })) throw inTheWay(full);
    mkdirSync(full);
  }
}

function inTheWay(path: string): AlreadyExistsError {
  return new AlreadyExistsError("WINDLASS_FILE_EXISTS", `${show(path)} is no folder`, {
    hint: "remove it, or choose another place",
  });
}
