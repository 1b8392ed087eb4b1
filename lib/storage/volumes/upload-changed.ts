import type { OnBytes, StoredEntry } from "../volume-store.ts";
import { commitChange, type OpenVolume } from "./commits.ts";
import type { Draft } from "./draft.ts";
import type { HashCache } from "./hash-cache.ts";
import { knownPieces } from "./known-pieces.ts";
import type { SavedTree } from "./save-tree.ts";
import type { Source } from "./sources.ts";
import { storeFiles } from "./store-files.ts";
import { hasSameHashes, isSame } from "./stored-entry.ts";
import type { VolumeTree } from "./tree.ts";

/** To look whether the volume has these bytes would take longer than to send so many. */
const SENT_UNSEEN_BYTES: number = 8 * 1024 * 1024;

export interface ChangedFolder {
  readonly sources: readonly Source[];
  /** It has all that the cache knows of the folder. */
  readonly tree: VolumeTree;
  readonly onBytes: OnBytes;
}

/**
 * Uploads what has changed in a folder since a version which the volume still has: nothing else of that is read. Undefined
 * where somebody else makes another version meanwhile, since what has not changed here may have changed there.
 */
export async function uploadChanged(
  volume: OpenVolume,
  cache: HashCache,
  { sources, tree, onBytes }: ChangedFolder,
): Promise<SavedTree | undefined> {
  const changed = sources.filter(({ scanned }) => cache.find(scanned) === undefined);
  const bytes = changed.reduce((sum, { scanned }) => sum + scanned.size, 0);
  onBytes(sources.reduce((sum, { scanned }) => sum + scanned.size, -bytes));
  // Asked before the files are stored, since what is known of them is then another thing.
  const isFile = new Map(changed.map(({ path, scanned }) => [path, cache.lastOf(scanned)]));
  const known = bytes > SENT_UNSEEN_BYTES ? await knownPieces(tree) : new Map();
  const entries = await storeFiles(volume.objects, { sources: changed, known, onBytes });
  let isOvertaken = false;
  const saved = await commitChange(
    volume,
    async (draft, newest) => {
      isOvertaken = newest.commit !== tree.commit;
      if (isOvertaken) return;
      for (const entry of entries) await put(entry, { draft, tree, last: isFile.get(entry.path) });
    },
    tree,
  );
  return isOvertaken ? undefined : saved;
}

interface Target {
  readonly draft: Draft;
  readonly tree: VolumeTree;
  /** The hashes of the file that is there; undefined: it is not known what is. */
  readonly last: readonly string[] | undefined;
}

async function put(entry: StoredEntry, { draft, tree, last }: Target): Promise<void> {
  const isOther = last !== undefined && entry.type === "file" && !hasSameHashes(entry, last);
  if (isOther) return draft.replaceFile(entry);
  const before = await tree.find(entry.path);
  if (before === undefined || !isSame(before, entry)) await draft.apply({ kind: "put", entry });
}
