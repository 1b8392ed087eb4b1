import { setTimeout as pause } from "node:timers/promises";
import { ExecutionError } from "../../errors.ts";
import type { StoredEntry, VolumePiece } from "../volume-store.ts";
import { COLLECT_EVERY_MS, collectGarbage } from "./collect.ts";
import { Draft } from "./draft.ts";
import { inParallel } from "./in-parallel.ts";
import { PieceWriter } from "./piece-writer.ts";
import type { Edits } from "./recent-edits.ts";
import { type SavedTree, saveTree } from "./save-tree.ts";
import { type PageCache, VolumeTree } from "./tree.ts";
import { objectsOf } from "./used-objects.ts";
import type { VolumeObjects } from "./volume-objects.ts";

/** A volume whose objects are known. */
export interface OpenVolume {
  readonly name: string;
  readonly objects: VolumeObjects;
  readonly pages: PageCache;
}

/** Others commit at the same time: after this many attempts in vain something is wrong. */
const MAX_ATTEMPTS = 200;
const PAUSE_MS = 10;
const MAX_PAUSE_MS = 1000;
const RENEWED_AT_ONCE = 8;

/**
 * Makes a new version of a volume: what `change` does to the newest one, again where somebody else was first. Answers which
 * version that is, also where one has it all already.
 */
export async function commitChange(
  { name, objects, pages }: OpenVolume,
  change: (draft: Draft, tree: VolumeTree) => Promise<void>,
  newest?: VolumeTree,
): Promise<SavedTree> {
  let tree = newest ?? (await VolumeTree.read(objects, pages));
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const draft = new Draft(name, tree, objects.now);
    await change(draft, tree);
    if (draft.edits.size === 0) return tree;
    const edits = await refreshed(draft.edits, tree, objects);
    // Of all who commit then, the one whose root is written collects.
    const isDue = objects.now - tree.collectedAt >= COLLECT_EVERY_MS;
    const collectedAt = isDue ? objects.now : tree.collectedAt;
    const saved = await saveTree(tree, edits, { objects, pages, collectedAt });
    if (saved !== undefined && isDue) await collectGarbage(objects, pages).catch(tomorrow);
    if (saved !== undefined) return saved;
    await pause(Math.random() * Math.min(PAUSE_MS * 2 ** attempt, MAX_PAUSE_MS));
    tree = await VolumeTree.read(objects, pages);
  }
  throw new ExecutionError(
    "WINDLASS_VOLUME_CONTENDED",
    `volume "${name}" was committed ${MAX_ATTEMPTS} times by others while this commit was tried`,
    { hint: "commit less often, or from fewer containers" },
  );
}

/**
 * The same edits, referring only to what cannot be removed meanwhile: objects that are young, or that the tree which they
 * replace refers to. Other bytes are stored again.
 */
async function refreshed(edits: Edits, tree: VolumeTree, objects: VolumeObjects): Promise<Edits> {
  const old = [...edits.values()].flatMap((entry) => entry?.pieces ?? []).filter(isOldIn(objects));
  if (old.length === 0) return edits;
  const used = await objectsOf(tree);
  const lost = old.filter(({ object }) => !used.has(object));
  if (lost.length === 0) return edits;
  const again = await storeAgain(lost, objects);
  const renew = (entry: StoredEntry | null): StoredEntry | null =>
    entry && { ...entry, pieces: entry.pieces.map((piece) => again.get(piece.hash) ?? piece) };
  return new Map([...edits].map(([path, entry]) => [path, renew(entry)]));
}

/** The commit is made: what could not be collected is tried again with one of the next day. */
function tomorrow(): void {}

function isOldIn(objects: VolumeObjects): (piece: VolumePiece) => boolean {
  return ({ object }) => !objects.isYoung(object);
}

async function storeAgain(
  pieces: readonly VolumePiece[],
  objects: VolumeObjects,
): Promise<Map<string, VolumePiece>> {
  const writer = new PieceWriter(objects, () => undefined);
  const again: Map<string, { readonly piece: VolumePiece }> = new Map();
  await inParallel(pieces, RENEWED_AT_ONCE, async (piece) => {
    again.set(piece.hash, await writer.add(await objects.read(piece)));
  });
  await writer.finish();
  return new Map([...again].map(([hash, { piece }]) => [hash, piece]));
}
