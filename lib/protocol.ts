import { isUtf8 } from "node:buffer";
import { DeserializationError, RequestSizeError } from "./errors.ts";
import {
  attachmentProblem,
  countProblem,
  firstProblem,
  headerProblem,
  type Problem,
} from "./frame-limits.ts";

/** Parts of a frame that fit in this many bytes are copied together: one write costs more than that copy. */
const MERGED_BYTES = 64 * 1024;
/** Memory reserved on the sender's word alone; a larger part grows with the bytes that arrive. */
const TRUSTED_BYTES = 16 * 1024 * 1024;
/** The header's length and the number of attachments. */
const FIXED_BYTES = 8;
const NO_ATTACHMENTS: Uint8Array[] = [];
Object.freeze(NO_ATTACHMENTS);

/**
 * Makes the bytes of one frame (drawn in docs/wire.md): one buffer if it is small, else several to be written
 * one after the other. Large attachments are not copied, so they must not change before they are written.
 *
 * @param header - Text, or an object to be sent as JSON.
 * @throws RequestSizeError
 */
export function encodeFrame(
  header: string | object,
  attachments: readonly Uint8Array[] = NO_ATTACHMENTS,
): Buffer[] {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const headerBytes = Buffer.byteLength(text);
  refuseToSend(headerProblem(headerBytes));
  if (attachments.length === 0) return [plainFrame(text, headerBytes)];
  refuseToSend(
    countProblem(attachments.length) ??
      firstProblem(attachments, (bytes) => attachmentProblem(bytes.byteLength)),
  );
  const start = FIXED_BYTES + 4 * attachments.length;
  const head = Buffer.allocUnsafe(start + headerBytes);
  head.writeUInt32LE(headerBytes, 0);
  head.writeUInt32LE(attachments.length, 4);
  for (const [index, bytes] of attachments.entries()) {
    head.writeUInt32LE(bytes.byteLength, FIXED_BYTES + 4 * index);
  }
  head.write(text, start);
  return merge([head, ...attachments]);
}

function refuseToSend(problem: Problem | undefined): void {
  if (problem === undefined) return;
  throw new RequestSizeError(problem.code, problem.message, SEND_HINT);
}

function plainFrame(text: string, headerBytes: number): Buffer {
  const frame = Buffer.allocUnsafe(FIXED_BYTES + headerBytes);
  frame.writeUInt32LE(headerBytes, 0);
  frame.writeUInt32LE(0, 4);
  if (headerBytes === text.length) frame.write(text, FIXED_BYTES, "latin1");
  else frame.write(text, FIXED_BYTES);
  return frame;
}

/** Joins neighbours that together are small. */
function merge(parts: readonly Uint8Array[]): Buffer[] {
  const merged: Buffer[] = [];
  let run: Uint8Array[] = [];
  let bytes = 0;
  const flush = (): void => {
    const [only] = run;
    if (only !== undefined) merged.push(run.length === 1 ? toBuffer(only) : Buffer.concat(run));
    run = [];
    bytes = 0;
  };
  for (const part of parts) {
    if (bytes + part.byteLength > MERGED_BYTES) flush();
    run.push(part);
    bytes += part.byteLength;
  }
  flush();
  return merged;
}

/** The same bytes, not copied. */
function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Called with each frame; an attachment is the only view of its ArrayBuffer. */
export type FrameHandler = (header: string, attachments: Uint8Array[]) => void;

/**
 * Cuts a stream of bytes into frames. Nothing of a pushed chunk is kept, so its memory may be reused.
 * After an error the reader is of no more use, since it cannot know where the next frame begins:
 * each later call throws the same error.
 */
export class FrameReader {
  readonly #onFrame: FrameHandler;
  /** The part that is arriving; undefined between frames. */
  #part: Part | undefined;
  #next: "fixed" | "lengths" | "header" | "attachment" = "fixed";
  #headerBytes = 0;
  #header = "";
  #lengths: readonly number[] = [];
  #attachments: Uint8Array[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(onFrame: FrameHandler) {
    this.#onFrame = onFrame;
  }

  /**
   * Takes the next bytes, and hands on the frames that they complete.
   *
   * @throws DeserializationError as soon as the bytes cannot be a frame; and whatever the handler throws.
   */
  push(chunk: Uint8Array): void {
    this.#rethrow();
    try {
      this.#read(toBuffer(chunk));
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  /** States that no more bytes come. @throws DeserializationError if the stream ends within a frame. */
  end(): void {
    this.#rethrow();
    if (this.#part === undefined) return;
    throw new DeserializationError(
      "WINDLASS_FRAME_TRUNCATED",
      "the stream ended in the middle of a frame",
      { hint: "look at why the process at the other end stopped" },
    );
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #read(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#part === undefined) {
        const end = this.#readWhole(chunk, offset);
        if (end > offset) {
          offset = end;
          continue;
        }
        this.#next = "fixed";
        this.#part = new Part(FIXED_BYTES, Buffer.allocUnsafe);
      }
      offset += this.#part.take(chunk, offset);
      if (this.#part.isComplete) this.#advance(this.#part.bytes);
    }
  }

  /** Reads a frame without attachments that is all in the chunk; gives its end, or `offset` if there is none. */
  #readWhole(chunk: Buffer, offset: number): number {
    const start = offset + FIXED_BYTES;
    if (start > chunk.length || chunk.readUInt32LE(offset + 4) !== 0) return offset;
    const end = start + chunk.readUInt32LE(offset);
    if (end > chunk.length) return offset;
    expect(headerProblem(end - start));
    this.#onFrame(decodeText(chunk, start, end), NO_ATTACHMENTS);
    return end;
  }

  #advance(bytes: Buffer): void {
    switch (this.#next) {
      case "fixed":
        this.#readFixed(bytes);
        break;
      case "lengths":
        this.#readLengths(bytes);
        break;
      case "header":
        this.#header = decodeText(bytes, 0, bytes.length);
        this.#expectAttachment();
        break;
      case "attachment":
        this.#attachments.push(bytes);
        this.#expectAttachment();
        break;
    }
  }

  #readFixed(bytes: Buffer): void {
    const count = bytes.readUInt32LE(4);
    this.#headerBytes = bytes.readUInt32LE(0);
    expect(headerProblem(this.#headerBytes) ?? countProblem(count));
    this.#lengths = [];
    this.#attachments = [];
    if (count === 0) {
      this.#expectHeader();
    } else {
      this.#next = "lengths";
      this.#part = new Part(4 * count, Buffer.allocUnsafe);
    }
  }

  #readLengths(bytes: Buffer): void {
    this.#lengths = Array.from({ length: bytes.length / 4 }, (_, index) =>
      bytes.readUInt32LE(4 * index),
    );
    expect(firstProblem(this.#lengths, attachmentProblem));
    this.#expectHeader();
  }

  #expectHeader(): void {
    this.#next = "header";
    this.#part = new Part(this.#headerBytes, Buffer.allocUnsafe);
  }

  #expectAttachment(): void {
    // Empty ones are complete without a byte.
    while (this.#lengths[this.#attachments.length] === 0) this.#attachments.push(Buffer.alloc(0));
    const length = this.#lengths[this.#attachments.length];
    if (length !== undefined) {
      this.#next = "attachment";
      this.#part = new Part(length, Buffer.allocUnsafeSlow);
      return;
    }
    const header = this.#header;
    const attachments = this.#attachments;
    this.#part = undefined;
    this.#header = "";
    this.#attachments = [];
    this.#onFrame(header, attachments);
  }
}

/** A piece of known size that arrives in chunks. */
class Part {
  readonly #size: number;
  readonly #allocate: (bytes: number) => Buffer;
  #filled = 0;
  bytes: Buffer;

  constructor(size: number, allocate: (bytes: number) => Buffer) {
    this.#size = size;
    this.#allocate = allocate;
    this.bytes = allocate(Math.min(size, TRUSTED_BYTES));
  }

  get isComplete(): boolean {
    return this.#filled === this.#size;
  }

  /** Copies what belongs to the part from the chunk; gives the number of bytes. */
  take(chunk: Buffer, offset: number): number {
    if (this.#filled === this.bytes.length) this.#grow();
    const taken = chunk.copy(this.bytes, this.#filled, offset);
    this.#filled += taken;
    return taken;
  }

  /** Doubles, so that all copies together are no more than the size; the last one ends at the exact size. */
  #grow(): void {
    const grown = this.#allocate(Math.min(this.#size, 2 * this.bytes.length));
    this.bytes.copy(grown);
    this.bytes = grown;
  }
}

function decodeText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString("utf8", start, end);
  // Bad bytes become U+FFFD, which good text rarely holds: most frames are not read twice.
  if (text.includes("\ufffd") && !isUtf8(bytes.subarray(start, end))) {
    expect({ code: "WINDLASS_FRAME_NOT_UTF8", message: "the header of a frame is not UTF-8" });
  }
  return text;
}

const SEND_HINT = { hint: "send less at a time, large data as a Uint8Array or by way of a file" };
const RECEIVE_HINT = {
  hint: "use the same version of Windlass on both sides, and let nothing else write to its socket",
};

function expect(problem: Problem | undefined): void {
  if (problem === undefined) return;
  throw new DeserializationError(problem.code, problem.message, RECEIVE_HINT);
}
