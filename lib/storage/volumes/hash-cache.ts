import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createObjectId } from "../../ids.ts";
import { sha256 } from "../../sha256.ts";
import type { Scanned } from "./scan.ts";

/** What a file was when it was read: see `Scanned.stamp`. */
interface Remembered {
  readonly stamp: string;
  readonly hashes: readonly string[];
}

/**
 * A file that changes within the same tick of the file system's clock keeps its stamp: only what had been left alone for
 * this long when it was read is remembered. File systems of old count in steps of two seconds.
 */
const SETTLED_MS = 2000;

/** The hashes of files in a folder that was uploaded before: what has not changed is not read again. */
export class HashCache {
  readonly #file: string;
  readonly #known: ReadonlyMap<string, Remembered>;
  readonly #next: Map<string, Remembered> = new Map();
  #hasNews = false;

  /** @param folder - whose files they are */
  constructor(folder: string) {
    this.#file = join(cacheFolder(), `${sha256(folder)}.json`);
    this.#known = readKnown(this.#file);
  }

  /** The hashes of a file's pieces, if it is what it was. */
  find({ path, stamp }: Scanned): readonly string[] | undefined {
    const known = this.#known.get(path);
    if (known?.stamp !== stamp) return undefined;
    this.#next.set(path, known);
    return known.hashes;
  }

  /** Remembers the hashes of a file that was looked at and then read. */
  add({ path, stamp, changedAt }: Scanned, hashes: readonly string[]): void {
    if (changedAt + SETTLED_MS > Date.now()) return;
    this.#next.set(path, { stamp, hashes });
    this.#hasNews = true;
  }

  /** Keeps it for later uploads, where there is room: they only take longer without it. */
  save(): void {
    if (!this.#hasNews && this.#next.size === this.#known.size) return;
    const temporary = `${this.#file}.${createObjectId()}`;
    try {
      mkdirSync(cacheFolder(), { recursive: true });
      writeFileSync(temporary, JSON.stringify([...this.#next]), { mode: 0o600 });
      renameSync(temporary, this.#file);
    } catch {
      // A home that nobody may write to.
    }
  }
}

function readKnown(file: string): Map<string, Remembered> {
  try {
    return new Map(JSON.parse(readFileSync(file, "utf8")) as [string, Remembered][]); // Written by save().
  } catch {
    return new Map();
  }
}

function cacheFolder(): string {
  const caches = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(caches, "windlass", "uploads");
}
