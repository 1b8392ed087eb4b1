import {
  PIECE_BYTES,
  type StoredEntry,
  type VolumePiece,
  type VolumeStore,
} from "./volume-store.ts";

/** What a file can be written from. */
export type VolumeData = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Pieces of one file that are on their way at once. */
const AT_ONCE = 4;

/** The bytes of a file in their order; later pieces are fetched while earlier ones are used. */
export async function* readPieces(
  volumes: Pick<VolumeStore, "read">,
  volume: string,
  { pieces }: Pick<StoredEntry, "pieces">,
): AsyncGenerator<Uint8Array, void> {
  const waiting: Promise<Uint8Array>[] = [];
  for (const piece of pieces) {
    const read = volumes.read(volume, piece);
    // Whoever takes it is told; until then it is nobody's.
    read.catch(() => {});
    waiting.push(read);
    if (waiting.length >= AT_ONCE) yield await (waiting.shift() as Promise<Uint8Array>); // There is one.
  }
  for (const read of waiting) yield await read;
}

/** Stores data by pieces, and answers the file that they are; the caller says where it is. */
export async function toEntry(
  data: VolumeData,
  write: (bytes: Uint8Array) => Promise<VolumePiece>,
): Promise<Omit<StoredEntry, "path" | "mode">> {
  const pieces: VolumePiece[] = [];
  let size = 0;
  for await (const bytes of inPieces(data)) {
    pieces.push(await write(bytes));
    size += bytes.length;
  }
  return { type: "file", size, modifiedAt: Date.now(), pieces, target: "" };
}

/** Data in pieces of one size, of which the last may be smaller. */
export async function* inPieces(data: VolumeData): AsyncGenerator<Uint8Array, void> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of toParts(data)) {
    for (let at = 0; at < part.length; ) {
      const taken = part.subarray(at, at + PIECE_BYTES - bytes);
      waiting.push(taken);
      bytes += taken.length;
      at += taken.length;
      if (bytes < PIECE_BYTES) continue;
      yield Buffer.concat(waiting, bytes);
      waiting = [];
      bytes = 0;
    }
  }
  if (bytes > 0) yield Buffer.concat(waiting, bytes);
}

function toParts(data: VolumeData): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof data === "string") return [Buffer.from(data)];
  return data instanceof Uint8Array ? [data] : data;
}
