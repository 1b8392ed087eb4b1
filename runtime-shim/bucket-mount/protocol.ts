/*
 * The part of FUSE's protocol that a bucket needs, as linux/fuse.h has it: a request is a header and a structure, an
 * answer a header and another one. Numbers are those of the machine, which is little-endian.
 */

/** What the kernel asks. */
export const OPCODES = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  MKDIR: 9,
  UNLINK: 10,
  RMDIR: 11,
  OPEN: 14,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  FSYNC: 20,
  FLUSH: 25,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  FSYNCDIR: 30,
  ACCESS: 34,
  CREATE: 35,
  INTERRUPT: 36,
  DESTROY: 38,
  BATCH_FORGET: 42,
} as const;

/** Bytes of one write or read at most. */
const MAX_BYTES: number = 1024 * 1024;
const HEADER_BYTES = 40;
/** The kernel wants room for the largest write and its headers. */
export const REQUEST_BYTES: number = MAX_BYTES + 4096;

const VERSION = { major: 7, minor: 31 };
/** Several reads of a file at once; O_TRUNC comes with the opening; writes of more than a page. */
const FLAGS: number = (1 << 0) | (1 << 3) | (1 << 5) | (1 << 22);
const PAGE_BYTES = 4096;
const MAX_BACKGROUND = 64;

export interface FuseRequest {
  readonly opcode: number;
  /** 0: nobody waits for an answer. */
  readonly unique: bigint;
  readonly node: bigint;
  readonly body: Buffer;
}

export function parseRequest(bytes: Buffer): FuseRequest {
  return {
    opcode: bytes.readUInt32LE(4),
    unique: bytes.readBigUInt64LE(8),
    node: bytes.readBigUInt64LE(16),
    body: bytes.subarray(HEADER_BYTES, bytes.readUInt32LE(0)),
  };
}

/** A name or two, each ended by NUL. */
export function nameIn(body: Buffer, offset = 0): string {
  const end = body.indexOf(0, offset);
  return body.toString("utf8", offset, end < 0 ? body.length : end);
}

/** An answer: its header, then what is asked for. @param errno - 0 for none */
export function answerHeader(unique: bigint, errno: number, length: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + length, 0);
  header.writeInt32LE(-errno, 4);
  header.writeBigUInt64LE(unique, 8);
  return header;
}

export function initAnswer(body: Buffer): Buffer {
  const out = Buffer.alloc(64);
  out.writeUInt32LE(VERSION.major, 0);
  out.writeUInt32LE(VERSION.minor, 4);
  out.writeUInt32LE(Math.max(body.readUInt32LE(8), MAX_BYTES), 8);
  out.writeUInt32LE(FLAGS & body.readUInt32LE(12), 12);
  out.writeUInt16LE(MAX_BACKGROUND, 16);
  out.writeUInt16LE((MAX_BACKGROUND * 3) / 4, 18);
  out.writeUInt32LE(MAX_BYTES, 20);
  out.writeUInt32LE(1, 24);
  out.writeUInt16LE(MAX_BYTES / PAGE_BYTES, 28);
  return out;
}

/** What is known of a file or folder. */
export interface Attributes {
  readonly node: bigint;
  readonly isFolder: boolean;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  readonly mode: number;
}

const FOLDER_TYPE = 0o040000;
const FILE_TYPE = 0o100000;
/** How long the kernel believes what it was told. */
const VALID_SECONDS = 1n;

function writeAttributes(out: Buffer, offset: number, attributes: Attributes): void {
  const { node, isFolder, size, modifiedAt, mode } = attributes;
  const seconds = BigInt(Math.floor(modifiedAt / 1000));
  out.writeBigUInt64LE(node, offset);
  out.writeBigUInt64LE(BigInt(size), offset + 8);
  out.writeBigUInt64LE(BigInt(Math.ceil(size / 512)), offset + 16);
  for (const time of [24, 32, 40]) out.writeBigUInt64LE(seconds, offset + time);
  out.writeUInt32LE((isFolder ? FOLDER_TYPE : FILE_TYPE) | mode, offset + 60);
  out.writeUInt32LE(1, offset + 64);
  out.writeUInt32LE(process.getuid?.() ?? 0, offset + 68);
  out.writeUInt32LE(process.getgid?.() ?? 0, offset + 72);
  out.writeUInt32LE(MAX_BYTES, offset + 80);
}

export function entryAnswer(attributes: Attributes): Buffer {
  const out = Buffer.alloc(128);
  out.writeBigUInt64LE(attributes.node, 0);
  out.writeBigUInt64LE(VALID_SECONDS, 16);
  out.writeBigUInt64LE(VALID_SECONDS, 24);
  writeAttributes(out, 40, attributes);
  return out;
}

export function attributesAnswer(attributes: Attributes): Buffer {
  const out = Buffer.alloc(104);
  out.writeBigUInt64LE(VALID_SECONDS, 0);
  writeAttributes(out, 16, attributes);
  return out;
}

/** @param handle - of what was opened */
export function openAnswer(handle: bigint): Buffer {
  const out = Buffer.alloc(16);
  out.writeBigUInt64LE(handle, 0);
  return out;
}

export function writeAnswer(bytes: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeUInt32LE(bytes, 0);
  return out;
}

/** As large as nothing will ever fill. */
export function statfsAnswer(): Buffer {
  const out = Buffer.alloc(80);
  for (const field of [0, 8, 16, 24, 32]) out.writeBigUInt64LE(1n << 40n, field);
  out.writeUInt32LE(PAGE_BYTES, 40);
  out.writeUInt32LE(255, 44);
  out.writeUInt32LE(PAGE_BYTES, 48);
  return out;
}

/** An entry of a folder; `next` is where to go on after it. */
export function folderEntry(
  name: string,
  { isFolder, next }: { readonly isFolder: boolean; readonly next: number },
): Buffer {
  const bytes = Buffer.from(name);
  const out = Buffer.alloc(24 + Math.ceil(bytes.length / 8) * 8);
  // Programs that look at numbers of entries ask for them by name: this one only must not be 0.
  out.writeBigUInt64LE(0xffffffffn, 0);
  out.writeBigUInt64LE(BigInt(next), 8);
  out.writeUInt32LE(bytes.length, 16);
  out.writeUInt32LE((isFolder ? FOLDER_TYPE : FILE_TYPE) >> 12, 20);
  bytes.copy(out, 24);
  return out;
}
