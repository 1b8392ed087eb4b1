import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createObjectId } from "../../ids.ts";
import { sha256 } from "../../sha256.ts";
import type { Scanned } from "./scan.ts";

/** What a file was when it was read: see `Scanned.stamp`. */
interface Remembered {
  /** "": it may have changed since without another stamp. */
  readonly stamp: string;
  readonly hashes: readonly string[];
}

/** The version of a volume that has all files of a folder as they were, and where. */
export interface Place {
  /** No two versions of any volumes have the same. */
  readonly commit: string;
  readonly path: string;
}

interface CacheFields {
  readonly place: Place | null;
  readonly files: readonly (readonly [path: string, stamp: string, ...hashes: string[]])[];
}

/**
 * A file that changes within the same tick of the file system's clock keeps its stamp: only what had been left alone for
 * this long when it was read is known again. File systems of old count in steps of two seconds.
 */
const SETTLED_MS = 2000;

/** The hashes of files in a folder that was uploaded before: what has not changed is not read again. */
export class HashCache {
  readonly #file: string;
  readonly #place: Place | null;
  readonly #known: ReadonlyMap<string, Remembered>;
  readonly #next: Map<string, Remembered> = new Map();
  #hasNews = false;

  /** @param folder - whose files they are */
  constructor(folder: string) {
    this.#file = join(cacheFolder(), `${sha256(folder)}.json`);
    const { place, files } = readFields(this.#file);
    this.#place = place;
    this.#known = new Map(files.map(([path, stamp, ...hashes]) => [path, { stamp, hashes }]));
  }

  /** Whether this version has, at this place, what is known of the folder. */
  isAt({ commit, path }: Place): boolean {
    return this.#place?.commit === commit && this.#place.path === path;
  }

  /** The hashes of a file when it was last uploaded, whether or not it has changed since. */
  lastOf({ path }: Pick<Scanned, "path">): readonly string[] | undefined {
    return this.#known.get(path)?.hashes;
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
    const isSettled = changedAt + SETTLED_MS <= Date.now();
    this.#next.set(path, { stamp: isSettled ? stamp : "", hashes });
    this.#hasNews = true;
  }

  /** What has gone before it was read is in no version. */
  forget({ path }: Scanned): void {
    this.#next.delete(path);
  }

  /**
   * Keeps it for later uploads, where there is room: they only take longer without it.
   * @param place - of all that it knows, if that is in one place
   */
  save(place: Place | null): void {
    const isSame = place === null ? this.#place === null : this.isAt(place);
    if (isSame && !this.#hasNews && this.#next.size === this.#known.size) return;
    const files = [...this.#next].map(
      ([path, { stamp, hashes }]) => [path, stamp, ...hashes] as const,
    );
    const fields: CacheFields = { place, files };
    const temporary = `${this.#file}.${createObjectId()}`;
    try {
      mkdirSync(cacheFolder(), { recursive: true });
      writeFileSync(temporary, JSON.stringify(fields), { mode: 0o600 });
      renameSync(temporary, this.#file);
    } catch {
      // A home that nobody may write to.
    }
  }
}

function readFields(file: string): CacheFields {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as CacheFields; // Written by save().
  } catch {
    return { place: null, files: [] };
  }
}

function cacheFolder(): string {
  const caches = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(caches, "windlass", "folders");
}
