import type { OnBytes, StoredEntry, VolumePiece } from "../volume-store.ts";
import { FilePieces, settled } from "./file-pieces.ts";
import { type PendingPiece, PieceWriter } from "./piece-writer.ts";
import type { Source } from "./sources.ts";
import { toStoredEntry } from "./stored-entry.ts";
import type { VolumeObjects } from "./volume-objects.ts";

export interface StoreFiles {
  readonly sources: readonly Source[];
  /** Where the volume has bytes, by their hash. */
  readonly known: ReadonlyMap<string, VolumePiece>;
  readonly onBytes: OnBytes;
}

/** Stores the bytes that the volume lacks, and answers what all files are. */
export async function storeFiles(
  objects: VolumeObjects,
  { sources, known, onBytes }: StoreFiles,
): Promise<StoredEntry[]> {
  const writer = new PieceWriter(objects, (hash) => known.get(hash));
  const files = new FilePieces(writer, onBytes);
  const placed: Placed[] = [];
  for (const source of sources) {
    const { local, scanned } = source;
    const there = remembered(source, known);
    if (there !== undefined) onBytes(scanned.size);
    const isRead = there === undefined && scanned.type === "file";
    const pieces = isRead ? await files.add({ local, size: scanned.size }) : (there ?? []);
    if (pieces === undefined) source.cache?.forget(scanned);
    else placed.push({ source, pieces, isRead });
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
