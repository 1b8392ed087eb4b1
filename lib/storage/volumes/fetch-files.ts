import {
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { sha256 } from "../../sha256.ts";
import { nameOf, parentOf } from "../volume-path.ts";
import type { OnBytes, StoredEntry, VolumePiece } from "../volume-store.ts";
import { inParallel } from "./in-parallel.ts";
import { PART_PREFIX } from "./scan.ts";
import { checked, type VolumeObjects } from "./volume-objects.ts";

/** A file that is to be made on this machine. Its folder is there. */
export interface WantedFile {
  readonly entry: StoredEntry;
  readonly target: string;
}

/** A piece with the file that it belongs to. */
interface WantedPiece {
  readonly piece: VolumePiece;
  readonly file: PartFile;
  /** Where it begins in the file. */
  readonly at: number;
}

/** Bytes of one object that are fetched by one request. */
interface Span {
  readonly object: string;
  readonly offset: number;
  length: number;
  readonly wanted: WantedPiece[];
}

/** Bytes that nobody wants are fetched where that saves a request. */
const GAP_BYTES: number = 64 * 1024;
const SPAN_BYTES: number = 8 * 1024 * 1024;
const FETCHED_AT_ONCE = 16;
/** Files of several pieces that are open at once. */
const OPENED_AT_ONCE = 32;
/** Other work gets its turn after so many small files. */
const FILES_A_TURN = 64;

/** Makes files of this machine what they are in the volume: each whole and checked, or not at all. */
export async function fetchFiles(
  objects: VolumeObjects,
  files: readonly WantedFile[],
  onBytes: OnBytes = () => {},
): Promise<void> {
  for (const { entry, target } of files) if (entry.pieces.length === 0) writeWhole(entry, target);
  const small = files.filter(({ entry }) => entry.pieces.length === 1);
  await fetchParts(objects, small, onBytes);
  const large = files.filter(({ entry }) => entry.pieces.length > 1);
  for (let from = 0; from < large.length; from += OPENED_AT_ONCE) {
    await fetchParts(objects, large.slice(from, from + OPENED_AT_ONCE), onBytes);
  }
}

async function fetchParts(
  objects: VolumeObjects,
  files: readonly WantedFile[],
  onBytes: OnBytes,
): Promise<void> {
  const parts = files.map((file) => new PartFile(file, onBytes));
  try {
    const wanted: WantedPiece[] = [];
    for (const part of parts) wanted.push(...(await part.open()));
    await inParallel(toSpans(wanted), FETCHED_AT_ONCE, (span) => fetchSpan(objects, span));
  } finally {
    for (const part of parts) await part.close();
  }
}

async function fetchSpan(objects: VolumeObjects, span: Span): Promise<void> {
  const { object, offset, length } = span;
  const bytes = await objects.get(object, { offset, length });
  for (const [index, { piece, file, at }] of span.wanted.entries()) {
    const start = piece.offset - offset;
    await file.write(piece, at, bytes.subarray(start, start + piece.length));
    if (index % FILES_A_TURN === FILES_A_TURN - 1) await setImmediate();
  }
}

/** Pieces by the requests that fetch them. */
function toSpans(wanted: readonly WantedPiece[]): Span[] {
  const sorted = [...wanted].sort((a, b) => {
    if (a.piece.object !== b.piece.object) return a.piece.object < b.piece.object ? -1 : 1;
    return a.piece.offset - b.piece.offset;
  });
  const spans: Span[] = [];
  for (const one of sorted) {
    const { object, offset, length } = one.piece;
    const span = spans.at(-1);
    const end = offset + length - (span?.offset ?? 0);
    const isNear = span !== undefined && offset <= span.offset + span.length + GAP_BYTES;
    if (span?.object === object && isNear && end <= SPAN_BYTES) {
      span.wanted.push(one);
      span.length = Math.max(span.length, end);
    } else {
      spans.push({ object, offset, length, wanted: [one] });
    }
  }
  return spans;
}

/**
 * A file that is being made beside the place where it goes. One of several pieces is found again by whoever fetches the
 * same file after this process has ended, and goes on from there.
 */
class PartFile {
  readonly #entry: StoredEntry;
  readonly #target: string;
  readonly #part: string;
  readonly #onBytes: OnBytes;
  #file: FileHandle | undefined;
  #missing: number;

  constructor({ entry, target }: WantedFile, onBytes: OnBytes) {
    this.#entry = entry;
    this.#target = target;
    this.#part = partOf(entry, target);
    this.#onBytes = onBytes;
    this.#missing = entry.pieces.length;
  }

  /** Begins it, and answers what has to be fetched: all but what is there already. */
  async open(): Promise<WantedPiece[]> {
    if (this.#entry.pieces.length > 1) this.#file = await openPart(this.#part);
    const missing: WantedPiece[] = [];
    let at = 0;
    for (const piece of this.#entry.pieces) {
      if (await this.#has(piece, at)) this.#done(piece);
      else missing.push({ piece, file: this, at });
      at += piece.length;
    }
    if (missing.length === 0) await this.#finish();
    return missing;
  }

  async write(piece: VolumePiece, at: number, bytes: Uint8Array): Promise<void> {
    checked(piece, bytes);
    if (this.#file === undefined) writeWhole(this.#entry, this.#target, bytes);
    else await this.#file.write(bytes, 0, bytes.length, at);
    this.#done(piece);
    if (this.#missing === 0) await this.#finish();
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  #done({ length }: VolumePiece): void {
    this.#missing -= 1;
    this.#onBytes(length);
  }

  async #has({ length, hash }: VolumePiece, at: number): Promise<boolean> {
    if (this.#file === undefined || (await this.#file.stat()).size < at + length) return false;
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#file.read(bytes, 0, length, at);
    return bytesRead === length && sha256(bytes) === hash;
  }

  async #finish(): Promise<void> {
    if (this.#file === undefined) return;
    // What a longer file of before may have left behind its end.
    await this.#file.truncate(this.#entry.size);
    await this.close();
    putInPlace(this.#part, this.#entry, this.#target);
  }
}

/** Opened without following a link that somebody may have put there. */
async function openPart(path: string): Promise<FileHandle> {
  try {
    return await open(path, "wx+", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
}

/** Makes a file of all its bytes, or a link. */
function writeWhole(entry: StoredEntry, target: string, bytes: Uint8Array = Buffer.alloc(0)): void {
  const part = partOf(entry, target);
  rmSync(part, { force: true });
  if (entry.type === "link") {
    symlinkSync(entry.target, part);
    renameSync(part, target);
    return;
  }
  const file = openSync(part, "wx", 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
  } finally {
    closeSync(file);
  }
  putInPlace(part, entry, target);
}

function putInPlace(part: string, { mode, modifiedAt }: StoredEntry, target: string): void {
  chmodSync(part, mode);
  utimesSync(part, modifiedAt / 1000, modifiedAt / 1000);
  renameSync(part, target);
}

function partOf({ pieces, path }: StoredEntry, target: string): string {
  const id = sha256([path, ...pieces.map(({ hash }) => hash)].join("\n")).slice(0, 32);
  const folder = target.slice(0, target.length - nameOf(target).length);
  return `${folder}${PART_PREFIX}${id}`;
}

/** Makes a folder with those above it. */
export function makeFolders(folder: string, path: string, made: Set<string>): void {
  if (path === "" || made.has(path)) return;
  makeFolders(folder, parentOf(path), made);
  mkdirSync(`${folder}/${path}`, { recursive: true });
  made.add(path);
}
