import type { StoredEntry, VolumePiece } from "../volume-store.ts";
import type { Scanned } from "./scan.ts";

/** What is stored of something in a folder of this machine. */
export function toStoredEntry(
  path: string,
  { type, mode, modifiedAt, target }: Scanned,
  pieces: readonly VolumePiece[],
): StoredEntry {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  return { path, type, size, mode, modifiedAt, pieces, target };
}

/** True for what readers cannot tell apart, but for when it was written. */
export function isSame(a: StoredEntry, b: StoredEntry): boolean {
  if (a.type !== b.type || a.mode !== b.mode || a.target !== b.target) return false;
  return hasSameBytes(a.pieces, b.pieces);
}

export function hasSameBytes(
  a: readonly Pick<VolumePiece, "hash">[],
  b: readonly Pick<VolumePiece, "hash">[],
): boolean {
  return a.length === b.length && a.every(({ hash }, index) => hash === b[index]?.hash);
}

export function hasSameHashes({ pieces }: StoredEntry, hashes: readonly string[]): boolean {
  return pieces.length === hashes.length && pieces.every(({ hash }, at) => hash === hashes[at]);
}
