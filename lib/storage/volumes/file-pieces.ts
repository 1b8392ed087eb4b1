import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { sha256 } from "../../sha256.ts";
import { type OnBytes, PIECE_BYTES, type VolumePiece } from "../volume-store.ts";
import type { PendingPiece } from "./piece-writer.ts";

/** A file that is to be stored. */
export interface SourceFile {
  readonly local: string;
  readonly size: number;
}

/** Files up to this size are read in one go, which is far quicker; other work gets its turn between them. */
const AT_ONCE_BYTES: number = 1024 * 1024;
const BYTES_A_TURN: number = 4 * 1024 * 1024;
/** A file has at most so many pieces: those of larger files are larger. */
const MAX_PIECES = 8192;

/** Takes the pieces of files. */
export interface PieceSink {
  add(bytes: Uint8Array): Promise<PendingPiece>;
}

/** Reads files by pieces, in their order, and hands them on. */
export class FilePieces {
  readonly #writer: PieceSink;
  readonly #onBytes: OnBytes;
  #bytes = 0;

  constructor(writer: PieceSink, onBytes: OnBytes) {
    this.#writer = writer;
    this.#onBytes = onBytes;
  }

  /** The pieces of a file; undefined for one that has gone. They lie where they say once the writer has finished. */
  async add({ local, size }: SourceFile): Promise<readonly PendingPiece[] | undefined> {
    const pieces: PendingPiece[] = [];
    for await (const bytes of this.#read(local, size)) {
      if (bytes === undefined) return undefined;
      if (bytes.length > 0) pieces.push(await this.#writer.add(bytes));
      this.#onBytes(bytes.length);
    }
    return pieces;
  }

  async *#read(local: string, size: number): AsyncGenerator<Buffer | undefined, void> {
    if (size > AT_ONCE_BYTES) return yield* readInPieces(local, pieceBytes(size));
    this.#bytes += size;
    if (this.#bytes > BYTES_A_TURN) {
      this.#bytes = 0;
      await setImmediate();
    }
    yield readAtOnce(local);
  }
}

/** Stores nothing: tells the hashes of pieces. */
export class PieceHashes implements PieceSink {
  readonly found: { readonly hash: string }[] = [];

  async add(bytes: Uint8Array): Promise<PendingPiece> {
    const piece = { object: "", offset: 0, length: bytes.length, hash: sha256(bytes) };
    this.found.push(piece);
    return { piece };
  }
}

/** What a list of pieces is, once they are stored. */
export function settled(pieces: readonly PendingPiece[]): VolumePiece[] {
  return pieces.map(({ piece }) => piece);
}

function pieceBytes(size: number): number {
  let bytes = PIECE_BYTES;
  while (bytes * MAX_PIECES < size) bytes *= 2;
  return bytes;
}

/** A file's bytes; of one that grows meanwhile, those it had. */
function readAtOnce(local: string): Buffer | undefined {
  const file = whileThere(() => openSync(local, "r"));
  if (file === undefined) return undefined;
  try {
    const bytes = Buffer.allocUnsafeSlow(fstatSync(file).size);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(file, bytes, at, bytes.length - at, at);
      if (read === 0) break;
      at += read;
    }
    return bytes.subarray(0, at);
  } finally {
    closeSync(file);
  }
}

async function* readInPieces(
  local: string,
  length: number,
): AsyncGenerator<Buffer | undefined, void> {
  const file = await open(local, "r").catch((error: unknown) => {
    if (isGone(error)) return undefined;
    throw error;
  });
  if (file === undefined) return yield undefined;
  try {
    for (let at = 0; ; at += length) {
      const piece = Buffer.allocUnsafeSlow(length);
      const read = await fill(file, piece, at);
      if (read > 0) yield piece.subarray(0, read);
      if (read < length) return;
    }
  } finally {
    await file.close();
  }
}

async function fill(file: FileHandle, bytes: Buffer, from: number): Promise<number> {
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}

function whileThere<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
