import type { VolumePiece } from "../volume-store.ts";
import type { VolumeTree } from "./tree.ts";

/** Where a tree has bytes, by their hash. */
export async function knownPieces(tree: VolumeTree): Promise<Map<string, VolumePiece>> {
  const known: Map<string, VolumePiece> = new Map();
  for (const { pieces } of (await tree.all()).values()) {
    for (const piece of pieces) known.set(piece.hash, piece);
  }
  return known;
}
