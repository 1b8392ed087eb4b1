import { pathMissing } from "../volume-mistakes.ts";
import { below, parentOf, parentsOf } from "../volume-path.ts";
import type { StoredEntry, VolumeEntry } from "../volume-store.ts";
import type { VolumeTree } from "./tree.ts";

/** The character after "/": see VolumeTree.below. */
const AFTER_SLASH = "0";
const PAGE_ENTRIES = 2000;
const FOLDER_MODE = 0o755;

export interface FolderQuery {
  readonly path: string;
  readonly recursive: boolean;
  /** The path from which to go on. */
  readonly from?: string | undefined;
}

export interface FolderPage {
  readonly entries: readonly VolumeEntry[];
  readonly next?: string | undefined;
}

/**
 * Some of what is in a folder of a tree, with folders that are there since something is in them.
 * @throws NotFoundError for a path that is not there
 */
export async function listFolder(
  volume: string,
  tree: VolumeTree,
  query: FolderQuery,
): Promise<FolderPage> {
  const { path } = query;
  const itself = path === "" ? undefined : await tree.find(path);
  if (itself !== undefined && itself.type !== "directory") return { entries: [toEntry(itself)] };
  const [start, end] = path === "" ? ["", undefined] : [`${path}/`, `${path}${AFTER_SLASH}`];
  const isThere = path === "" || itself !== undefined || (await firstOf(tree.range(start, end)));
  if (!isThere) throw pathMissing(volume, path);
  return await readPage(tree, query, { from: query.from ?? start, end });
}

async function readPage(
  tree: VolumeTree,
  { path, recursive }: FolderQuery,
  range: { readonly from: string; readonly end: string | undefined },
): Promise<FolderPage> {
  const entries: VolumeEntry[] = [];
  let { from } = range;
  let before = from.endsWith("\0") ? from.slice(0, -1) : "";
  while (entries.length < PAGE_ENTRIES) {
    const entry = await firstOf(tree.range(from, range.end));
    if (entry === undefined) return { entries };
    entries.push(...(await foldersAbove(tree, { path, before, entry, recursive })));
    const isDeep = !recursive && parentOf(entry.path) !== path;
    if (!isDeep) entries.push(toEntry(entry));
    before = entry.path;
    from = isDeep ? `${childOf(path, entry.path)}${AFTER_SLASH}` : `${entry.path}\0`;
  }
  return { entries, next: from };
}

interface Position {
  readonly path: string;
  /** The entry before this one. */
  readonly before: string;
  readonly entry: StoredEntry;
  readonly recursive: boolean;
}

/** Folders that begin with an entry and have no entry of their own: what is in a folder lies together. */
async function foldersAbove(
  tree: VolumeTree,
  { path, before, entry, recursive }: Position,
): Promise<VolumeEntry[]> {
  const above = parentsOf(entry.path)
    .reverse()
    .filter((folder) => folder !== path && below(path, folder) !== undefined)
    .filter((folder) => (below(folder, before) ?? "") === "");
  const shown = recursive ? above : above.slice(0, 1);
  const folders: VolumeEntry[] = [];
  for (const folder of shown) {
    if ((await tree.find(folder)) !== undefined) continue;
    const { modifiedAt } = entry;
    folders.push({ path: folder, type: "directory", size: 0, modifiedAt, mode: FOLDER_MODE });
  }
  return folders;
}

/** What of a folder a path below it is in. */
function childOf(folder: string, path: string): string {
  const rest = below(folder, path) ?? "";
  const name = rest.slice(0, rest.indexOf("/"));
  return folder === "" ? name : `${folder}/${name}`;
}

async function firstOf<Item>(items: AsyncIterable<Item>): Promise<Item | undefined> {
  for await (const item of items) return item;
  return undefined;
}

function toEntry({ path, type, size, modifiedAt, mode }: StoredEntry): VolumeEntry {
  return { path, type, size, modifiedAt, mode };
}
