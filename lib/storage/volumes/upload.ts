import { realpathSync } from "node:fs";
import { basename, dirname } from "node:path";
import { AlreadyExistsError, NotFoundError } from "../../errors.ts";
import { show } from "../../options/show.ts";
import { joinPath, parentOf } from "../volume-path.ts";
import type {
  OnBytes,
  StoredEntry,
  UploadItem,
  UploadRequest,
  VolumePiece,
} from "../volume-store.ts";
import { commitChange, type OpenVolume } from "./commits.ts";
import { linkLeadsOut } from "./draft.ts";
import { FilePieces, settled } from "./file-pieces.ts";
import { HashCache } from "./hash-cache.ts";
import { knownPieces } from "./known-pieces.ts";
import { leadsOut } from "./links.ts";
import { type PendingPiece, PieceWriter } from "./piece-writer.ts";
import { type Scanned, scanFolder, scanOne } from "./scan.ts";
import { isSame, toStoredEntry } from "./stored-entry.ts";
import { VolumeTree } from "./tree.ts";

/** Something of this machine with the path that it gets. */
interface Source {
  readonly path: string;
  readonly local: string;
  readonly scanned: Scanned;
  /** Of the folder that it was found in. */
  readonly cache: HashCache | undefined;
}

/** Uploads files and folders of this machine as one new version. */
export async function upload(
  volume: OpenVolume,
  { items, force }: UploadRequest,
  onBytes: OnBytes,
): Promise<void> {
  const tree = await VolumeTree.read(volume.objects, volume.pages);
  const sources = await collectSources(items);
  if (!force) checkFree(volume.name, sources.keys(), await tree.all());
  const entries = await storeFiles(volume, { sources: [...sources.values()], tree, onBytes });
  const put = async (newest: VolumeTree, apply: (entry: StoredEntry) => Promise<void>) => {
    const there = await newest.all();
    if (!force) checkFree(volume.name, sources.keys(), there);
    for (const entry of entries) {
      const before = there.get(entry.path);
      if (before === undefined || !isSame(before, entry)) await apply(entry);
    }
  };
  await commitChange(
    volume,
    (draft, newest) => put(newest, (entry) => draft.apply({ kind: "put", entry })),
    tree,
  );
  for (const cache of new Set([...sources.values()].map((source) => source.cache))) cache?.save();
}

/** All that is to be uploaded, by its path; of two with one path, the later. */
async function collectSources(items: readonly UploadItem[]): Promise<Map<string, Source>> {
  const sources: Map<string, Source> = new Map();
  for (const item of items) {
    const found = item.kind === "file" ? [fileSource(item)] : await folderSources(item);
    for (const source of found) sources.set(source.path, source);
  }
  return sources;
}

function fileSource({ local, path, mode }: UploadItem): Source {
  const real = realPath(local);
  const scanned = scanOne(dirname(real), basename(real));
  if (scanned?.type !== "file") throw noSuch("file", local);
  return {
    path,
    local: real,
    scanned: { ...scanned, mode: mode ?? scanned.mode },
    cache: undefined,
  };
}

async function folderSources({ local, path, recursive = true }: UploadItem): Promise<Source[]> {
  const real = realPath(local);
  const root = scanOne(real, "");
  if (root?.type !== "directory") throw noSuch("folder", local);
  const scanned = [...(await scanFolder(real, recursive)).values()];
  const cache = new HashCache(real);
  const filled = new Set(scanned.map((one) => parentOf(one.path)));
  const kept = scanned.filter((one) => one.type !== "directory" || !filled.has(one.path));
  for (const one of kept) {
    if (one.type === "link" && leadsOut(one.path, one.target)) {
      throw linkLeadsOut(`${local}/${one.path}`, one.target);
    }
  }
  const isEmpty = kept.length === 0 && path !== "";
  return (isEmpty ? [root] : kept).map((one) => ({
    ...{ path: joinPath(path, one.path), local: joinPath(real, one.path) },
    ...{ scanned: one, cache },
  }));
}

interface StoreFiles {
  readonly sources: readonly Source[];
  readonly tree: VolumeTree;
  readonly onBytes: OnBytes;
}

/** Stores the bytes that the volume lacks, and answers what all files are. */
async function storeFiles(
  { objects }: OpenVolume,
  { sources, tree, onBytes }: StoreFiles,
): Promise<StoredEntry[]> {
  const known = await knownPieces(tree);
  const writer = new PieceWriter(objects, (hash) => known.get(hash));
  const files = new FilePieces(writer, onBytes);
  const placed: Placed[] = [];
  for (const source of sources) {
    const { local, scanned } = source;
    const there = remembered(source, known);
    if (there !== undefined) onBytes(scanned.size);
    const isRead = there === undefined && scanned.type === "file";
    const pieces = isRead ? await files.add({ local, size: scanned.size }) : (there ?? []);
    if (pieces !== undefined) placed.push({ source, pieces, isRead });
  }
  await writer.finish();
  return placed.map(toEntry);
}

interface Placed {
  readonly source: Source;
  readonly pieces: readonly PendingPiece[];
  readonly isRead: boolean;
}

function toEntry({ source, pieces, isRead }: Placed): StoredEntry {
  const { path, scanned, cache } = source;
  const stored = settled(pieces);
  if (isRead) {
    cache?.add(
      scanned,
      stored.map(({ hash }) => hash),
    );
  }
  return toStoredEntry(path, scanned, stored);
}

/** The pieces of a file that was uploaded before and has not changed, where the volume has them. */
function remembered(
  { scanned, cache }: Source,
  known: ReadonlyMap<string, VolumePiece>,
): PendingPiece[] | undefined {
  if (scanned.type !== "file") return undefined;
  const found = cache?.find(scanned)?.map((hash) => known.get(hash));
  if (!found?.every((piece) => piece !== undefined)) return undefined;
  return found.map((piece) => ({ piece }));
}

/** @throws AlreadyExistsError for the first path that is taken */
function checkFree(
  volume: string,
  paths: Iterable<string>,
  there: ReadonlyMap<string, StoredEntry>,
): void {
  for (const path of paths) {
    if (!there.has(path)) continue;
    throw new AlreadyExistsError(
      "WINDLASS_VOLUME_FILE_EXISTS",
      `volume "${volume}" has ${show(path)} already`,
      { hint: "write `force: true` (`--force`) to replace files" },
    );
  }
}

function realPath(local: string): string {
  try {
    return realpathSync(local);
  } catch (cause) {
    throw new NotFoundError("WINDLASS_UPLOAD_MISSING", `there is no ${show(local)} to upload`, {
      cause,
      hint: "paths are from the folder where the program runs",
    });
  }
}

function noSuch(kind: "file" | "folder", local: string): NotFoundError {
  return new NotFoundError("WINDLASS_UPLOAD_MISSING", `${show(local)} is no ${kind}`, {
    hint: "upload files with putFile, and folders with putDirectory",
  });
}
