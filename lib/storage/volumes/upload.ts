import { AlreadyExistsError } from "../../errors.ts";
import { show } from "../../options/show.ts";
import type { OnBytes, StoredEntry, UploadRequest } from "../volume-store.ts";
import { commitChange, type OpenVolume } from "./commits.ts";
import { knownPieces } from "./known-pieces.ts";
import type { SavedTree } from "./save-tree.ts";
import { collectSources, type Source } from "./sources.ts";
import { storeFiles } from "./store-files.ts";
import { isSame } from "./stored-entry.ts";
import { VolumeTree } from "./tree.ts";
import { uploadChanged } from "./upload-changed.ts";

/** What is asked for, as it was found. */
interface Upload {
  readonly sources: ReadonlyMap<string, Source>;
  readonly force: boolean;
  readonly onBytes: OnBytes;
}

/** Uploads files and folders of this machine as one new version. */
export async function upload(
  volume: OpenVolume,
  { items, force }: UploadRequest,
  onBytes: OnBytes,
): Promise<void> {
  const [tree, sources] = await Promise.all([
    VolumeTree.read(volume.objects, volume.pages),
    collectSources(items),
  ]);
  const [only] = items;
  // Of several, one may be in the place of another: then what is known of a folder is not what is stored.
  const path = items.length === 1 && only?.kind === "folder" ? only.path : undefined;
  const caches = new Set([...sources.values()].map(({ cache }) => cache));
  const [cache] = caches;
  const canBeShort = force && path !== undefined && cache?.isAt({ commit: tree.commit, path });
  const changed = { sources: [...sources.values()], tree, onBytes };
  const short = canBeShort && cache ? await uploadChanged(volume, cache, changed) : undefined;
  // What was overtaken has told its bytes.
  const told = canBeShort ? ignore : onBytes;
  const { commit } = short ?? (await uploadAll(volume, tree, { sources, force, onBytes: told }));
  for (const one of caches) one?.save(path === undefined ? null : { commit, path });
}

/** Compares all with what the volume has, and stores what differs. */
async function uploadAll(
  volume: OpenVolume,
  tree: VolumeTree,
  { sources, force, onBytes }: Upload,
): Promise<SavedTree> {
  if (!force) checkFree(volume.name, sources.keys(), await tree.all());
  const known = await knownPieces(tree);
  const files = { sources: [...sources.values()], known, onBytes };
  const entries = await storeFiles(volume.objects, files);
  const put = async (newest: VolumeTree, apply: (entry: StoredEntry) => Promise<void>) => {
    const there = await newest.all();
    if (!force) checkFree(volume.name, sources.keys(), there);
    for (const entry of entries) {
      const before = there.get(entry.path);
      if (before === undefined || !isSame(before, entry)) await apply(entry);
    }
  };
  return await commitChange(
    volume,
    (draft, newest) => put(newest, (entry) => draft.apply({ kind: "put", entry })),
    tree,
  );
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

function ignore(): void {}
