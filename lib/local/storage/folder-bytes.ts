import {
  constants,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createObjectId } from "../../ids.ts";
import { sha256 } from "../../sha256.ts";
import type { ByteRange, ObjectBytes, StoredBytes } from "../../storage/volumes/object-bytes.ts";

const LISTED_AT_ONCE = 1000;
/** Files that are being written begin with this. */
const TEMPORARY = ".new-";

/** Bytes of volumes as files of a folder, each written beside its place and then put there in one step. */
export class FolderBytes implements ObjectBytes {
  readonly #folder: string;
  readonly #alone: <Result>(act: () => Result) => Promise<Result>;

  /** @param alone - does something while no other process does anything by it */
  constructor(folder: string, alone: <Result>(act: () => Result) => Promise<Result>) {
    this.#folder = folder;
    this.#alone = alone;
  }

  async get(key: string, range?: ByteRange): Promise<StoredBytes | undefined> {
    if (range === undefined) return readWhole(this.#fileOf(key));
    const file = await whileThere(() => open(this.#fileOf(key), "r"));
    if (file === undefined) return undefined;
    try {
      return { bytes: await readRange(file, range), tag: "" };
    } finally {
      await file.close();
    }
  }

  async has(key: string): Promise<boolean> {
    const file = await whileThere(() => open(this.#fileOf(key), "r"));
    await file?.close();
    return file !== undefined;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const temporary = this.#write(key, bytes);
    renameSync(temporary, this.#fileOf(key));
  }

  async replace(key: string, bytes: Uint8Array, expected: string | undefined): Promise<boolean> {
    const temporary = this.#write(key, bytes);
    const file = this.#fileOf(key);
    const isReplaced = await this.#alone(() => {
      if (readWhole(file)?.tag !== expected) return false;
      renameSync(temporary, file);
      return true;
    });
    if (!isReplaced) rmSync(temporary, { force: true });
    return isReplaced;
  }

  async list(
    prefix: string,
    after: string | undefined,
  ): Promise<{ readonly keys: readonly string[]; readonly next?: string | undefined }> {
    const folder = join(this.#folder, prefix.slice(0, prefix.lastIndexOf("/")));
    const found = await whileThere(() => readdir(folder, { recursive: true, withFileTypes: true }));
    const keys = (found ?? [])
      .filter((one) => one.isFile() && !one.name.startsWith(TEMPORARY))
      .map((one) => join(one.parentPath, one.name).slice(this.#folder.length + 1))
      .filter((key) => key.startsWith(prefix) && (after === undefined || key > after))
      .sort();
    if (keys.length <= LISTED_AT_ONCE) return { keys };
    const page = keys.slice(0, LISTED_AT_ONCE);
    return { keys: page, next: page.at(-1) };
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) rmSync(this.#fileOf(key), { force: true });
  }

  async copy(from: string, to: string): Promise<void> {
    const file = this.#fileOf(to);
    mkdirSync(dirname(file), { recursive: true });
    copyFileSync(this.#fileOf(from), file, constants.COPYFILE_FICLONE);
  }

  #write(key: string, bytes: Uint8Array): string {
    const folder = dirname(this.#fileOf(key));
    mkdirSync(folder, { recursive: true });
    const temporary = join(folder, `${TEMPORARY}${createObjectId()}`);
    writeFileSync(temporary, bytes);
    return temporary;
  }

  #fileOf(key: string): string {
    return join(this.#folder, key);
  }
}

function readWhole(file: string): StoredBytes | undefined {
  try {
    const bytes = readFileSync(file);
    return { bytes, tag: sha256(bytes) };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function readRange(file: FileHandle, { offset, length }: ByteRange): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  while (at < length) {
    const { bytesRead } = await file.read(bytes, at, length - at, offset + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

async function whileThere<Result>(act: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await act();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
