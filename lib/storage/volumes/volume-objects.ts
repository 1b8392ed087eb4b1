import { DeserializationError, InvalidError } from "../../errors.ts";
import { sha256 } from "../../sha256.ts";
import type { VolumePiece } from "../volume-store.ts";
import type { ByteRange, ObjectBytes, StoredBytes } from "./object-bytes.ts";

const DAY_MS: number = 24 * 3600 * 1000;
/**
 * What nothing refers to is kept for this long, and what is younger may be referred to by a commit that has not seen it in
 * use: between the two, days of time for the commit.
 */
const KEPT_DAYS = 7;
const YOUNG_DAYS = 3;
const OBJECT = /^\d{1,6}\/[0-9a-f]{64}$/;

/**
 * The objects of one volume: those that never change, called by the day and their content, and the root, which says what
 * the volume is. The day is in the name so that an object that is written again is another one: who collects the old one
 * cannot harm the new.
 */
export class VolumeObjects {
  readonly #bytes: ObjectBytes;
  readonly #prefix: string;
  readonly #now: () => number;

  constructor(bytes: ObjectBytes, prefix: string, now: () => number) {
    this.#bytes = bytes;
    this.#prefix = prefix;
    this.#now = now;
  }

  get now(): number {
    return this.#now();
  }

  async readRoot(): Promise<StoredBytes | undefined> {
    return await this.#bytes.get(`${this.#prefix}root`);
  }

  async replaceRoot(bytes: Uint8Array, expected: string | undefined): Promise<boolean> {
    return await this.#bytes.replace(`${this.#prefix}root`, bytes, expected);
  }

  /** Something about the volume that may be lost. */
  async readNote<Note>(name: string, missing: Note): Promise<Note> {
    const key = `${this.#prefix}${name}`;
    // Whether it is there, only a list tells a role that may not read what does not exist.
    const { keys } = await this.#bytes.list(key, undefined);
    const found = keys.includes(key) ? await this.#bytes.get(key) : undefined;
    return found === undefined ? missing : JSON.parse(Buffer.from(found.bytes).toString());
  }

  async writeNote(name: string, note: unknown): Promise<void> {
    await this.#bytes.put(`${this.#prefix}${name}`, Buffer.from(JSON.stringify(note)));
  }

  /** The name that content with this hash gets today. */
  nameOf(hash: string): string {
    return `${Math.floor(this.#now() / DAY_MS)}/${hash}`;
  }

  /** True for an object that a commit may refer to without having seen it in use. */
  isYoung(object: string): boolean {
    return dayOf(object) + YOUNG_DAYS >= Math.floor(this.#now() / DAY_MS);
  }

  /** True for an object that may be removed once nothing refers to it, as far as its age goes. */
  isOld(object: string): boolean {
    return dayOf(object) + KEPT_DAYS < Math.floor(this.#now() / DAY_MS);
  }

  async has(object: string): Promise<boolean> {
    return await this.#bytes.has(this.#keyOf(object));
  }

  async put(object: string, bytes: Uint8Array): Promise<void> {
    await this.#bytes.put(this.#keyOf(object), bytes);
  }

  /** An object, or bytes of it. @throws DeserializationError where it is missing */
  async get(object: string, range?: ByteRange): Promise<Uint8Array> {
    const found = await this.#bytes.get(this.#keyOf(object), range);
    if (found === undefined) throw damaged(object, "is missing");
    return found.bytes;
  }

  /** Bytes of a file, held against their hash. @throws DeserializationError */
  async read(piece: VolumePiece): Promise<Uint8Array> {
    const { object, offset, length } = piece;
    return checked(piece, await this.get(object, { offset, length }));
  }

  /** All objects but the root, in pages. */
  async *list(): AsyncGenerator<readonly string[], void> {
    const prefix = `${this.#prefix}objects/`;
    let after: string | undefined;
    do {
      const { keys, next } = await this.#bytes.list(prefix, after);
      yield keys.map((key) => key.slice(prefix.length));
      after = next;
    } while (after !== undefined);
  }

  async delete(objects: readonly string[]): Promise<void> {
    await this.#bytes.delete(objects.map((object) => this.#keyOf(object)));
  }

  #keyOf(object: string): string {
    if (OBJECT.test(object)) return `${this.#prefix}objects/${object}`;
    throw new InvalidError(
      "WINDLASS_VOLUME_OBJECT",
      `${JSON.stringify(object)} is no object of a volume`,
      { hint: "pieces of files are what the store answered, unchanged" },
    );
  }
}

/** The bytes of a piece, if they are those. @throws DeserializationError */
export function checked({ object, length, hash }: VolumePiece, bytes: Uint8Array): Uint8Array {
  if (bytes.length === length && sha256(bytes) === hash) return bytes;
  throw damaged(object, `does not hold what was written: ${hash}`);
}

export function damaged(object: string, problem: string): DeserializationError {
  return new DeserializationError(
    "WINDLASS_VOLUME_DAMAGED",
    `object "${object}" of a volume ${problem}`,
    {
      hint: "only Windlass may write to its state directory and its bucket; upload the file again",
    },
  );
}

function dayOf(object: string): number {
  return Number(object.slice(0, object.indexOf("/")));
}
