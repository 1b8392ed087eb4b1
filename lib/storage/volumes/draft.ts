import { InvalidError } from "../../errors.ts";
import { show } from "../../options/show.ts";
import { isFolder, pathMissing } from "../volume-mistakes.ts";
import { joinPath, nameOf, parentOf, parentsOf, toFilePath } from "../volume-path.ts";
import type { StoredEntry, VolumeChange } from "../volume-store.ts";
import { resolveLink } from "./links.ts";
import type { Edits } from "./recent-edits.ts";
import type { VolumeTree } from "./tree.ts";

const FOLDER_MODE = 0o755;
/** The character after "/": see VolumeTree.below. */
const AFTER_SLASH = "0";

/** A version of a volume that is being made: that of a tree, with changes which later ones see. */
export class Draft {
  readonly #volume: string;
  readonly #tree: VolumeTree;
  readonly #edits: Map<string, StoredEntry | null> = new Map();
  /** Folders above what was changed. */
  readonly #above: Set<string> = new Set([""]);
  /** Folders of which it is known that none above them is a file. */
  readonly #sound: Set<string> = new Set([""]);
  readonly #now: number;

  constructor(volume: string, tree: VolumeTree, now: number) {
    this.#volume = volume;
    this.#tree = tree;
    this.#now = now;
  }

  get edits(): Edits {
    return this.#edits;
  }

  /** Does what somebody asked for. @throws NotFoundError, InvalidError for what is not possible */
  async apply(change: VolumeChange): Promise<void> {
    if (change.kind === "put") return await this.#putAsked(change.entry);
    if (change.kind === "remove") return await this.#removeAsked(change);
    return await this.#copyAsked(change);
  }

  /** What is there. */
  async find(path: string): Promise<StoredEntry | undefined> {
    const edit = this.#edits.get(path);
    if (edit !== undefined) return edit ?? undefined;
    return await this.#tree.find(path);
  }

  /** Puts something at a path, in place of whatever is there, above it and below it. */
  async put(entry: StoredEntry): Promise<void> {
    // One that was put together may be too long.
    toFilePath(entry.path);
    for (const parent of await this.#filesAbove(entry.path)) this.#set(parent, null);
    if (entry.type !== "directory") await this.remove(entry.path);
    else if ((await this.find(entry.path))?.type === "directory") return;
    this.#set(entry.path, entry);
    this.#sound.add(parentOf(entry.path));
  }

  /** Puts a file in place of one that is known to be there: with that, nothing is above it or below it. */
  replaceFile(entry: StoredEntry): void {
    this.#set(entry.path, entry);
  }

  /** Removes what is at a path and below it. */
  async remove(path: string): Promise<void> {
    for (const entry of await this.#below(path)) this.#set(entry.path, null);
  }

  /** Removes a file, or an empty folder: one that has something by now stays. */
  async removeOne(path: string): Promise<void> {
    if ((await this.find(path)) !== undefined) this.#set(path, null);
  }

  async #putAsked(entry: StoredEntry): Promise<void> {
    const { path } = entry;
    for (const parent of await this.#filesAbove(path)) throw this.#notFolder(parent);
    if (entry.type !== "directory" && (await this.#isFolder(path))) {
      throw isFolderInstead(this.#volume, path);
    }
    if (entry.type === "link" && resolveLink(path, entry.target) === undefined) {
      throw linkLeadsOut(path, entry.target);
    }
    await this.put(entry);
  }

  async #removeAsked({
    path,
    recursive,
  }: Extract<VolumeChange, { kind: "remove" }>): Promise<void> {
    const found = await this.#below(path);
    if (found.length === 0) throw pathMissing(this.#volume, path);
    const isAlone = found.length === 1 && found[0]?.path === path && found[0].type !== "directory";
    if (!isAlone && !recursive) throw isFolder(this.#volume, path);
    for (const entry of found) this.#set(entry.path, null);
    await this.#keepFolder(parentOf(path));
  }

  async #copyAsked(change: Extract<VolumeChange, { kind: "copy" }>): Promise<void> {
    const { from, recursive } = change;
    const found = await this.#below(from);
    if (found.length === 0) throw pathMissing(this.#volume, from);
    const isOne = found.length === 1 && found[0]?.path === from && found[0].type !== "directory";
    if (!isOne && !recursive) throw isFolder(this.#volume, from);
    const isInto = change.isInto || (await this.#isFolder(change.to));
    const to = isInto ? joinPath(change.to, nameOf(from)) : change.to;
    if (to === from || to.startsWith(`${from}/`)) throw copyIntoItself(from, to);
    for (const entry of found) {
      const path = `${to}${entry.path.slice(from.length)}`;
      await this.#putAsked({ ...entry, path, modifiedAt: this.#now });
    }
  }

  /** A folder whose last file is removed stays. */
  async #keepFolder(path: string): Promise<void> {
    if (path === "" || (await this.#isFolder(path))) return;
    await this.put({
      ...{ path, type: "directory", size: 0, modifiedAt: this.#now },
      ...{ mode: FOLDER_MODE, pieces: [], target: "" },
    });
  }

  async #isFolder(path: string): Promise<boolean> {
    if (path === "") return true;
    if ((await this.find(path))?.type === "directory") return true;
    for await (const entry of this.#tree.below(path)) {
      if (entry.path !== path && this.#edits.get(entry.path) !== null) return true;
    }
    return this.#editsBelow(path).some(([at, entry]) => at !== path && entry !== null);
  }

  /** What is above a path and no folder. */
  async #filesAbove(path: string): Promise<string[]> {
    const files: string[] = [];
    for (const parent of parentsOf(path)) {
      if (this.#sound.has(parent)) break;
      const found = await this.find(parent);
      if (found !== undefined && found.type !== "directory") files.push(parent);
    }
    return files;
  }

  #set(path: string, entry: StoredEntry | null): void {
    this.#edits.set(path, entry);
    // What was a folder may be one no more.
    if (this.#above.has(path) && entry?.type !== "directory") this.#sound.clear();
    for (const parent of parentsOf(path)) this.#above.add(parent);
  }

  async #below(path: string): Promise<StoredEntry[]> {
    const found: Map<string, StoredEntry> = new Map();
    for await (const entry of this.#tree.below(path)) found.set(entry.path, entry);
    for (const [at, entry] of this.#editsBelow(path)) {
      if (entry === null) found.delete(at);
      else found.set(at, entry);
    }
    return [...found.values()];
  }

  #editsBelow(path: string): (readonly [string, StoredEntry | null])[] {
    const itself = this.#edits.get(path);
    if (!this.#above.has(path)) return itself === undefined ? [] : [[path, itself]];
    const [from, until] = [`${path}/`, `${path}${AFTER_SLASH}`];
    return [...this.#edits].filter(
      ([at]) => at === path || path === "" || (at > from && at < until),
    );
  }

  #notFolder(path: string): InvalidError {
    return new InvalidError(
      "WINDLASS_VOLUME_NOT_A_FOLDER",
      `${show(path)} of volume "${this.#volume}" is a file: nothing can be in it`,
      { hint: "remove it first, or choose another path" },
    );
  }
}

export function linkLeadsOut(path: string, target: string): InvalidError {
  return new InvalidError(
    "WINDLASS_VOLUME_LINK",
    `${show(path)} is a link to ${show(target)}, which is not in the volume`,
    { hint: "put a copy of the file there, or a relative link to something in the volume" },
  );
}

function isFolderInstead(volume: string, path: string): InvalidError {
  return new InvalidError(
    "WINDLASS_VOLUME_FOLDER",
    `${show(path)} of volume "${volume}" is a folder: no file can take its place`,
    { hint: "remove it first, or choose another path" },
  );
}

function copyIntoItself(from: string, to: string): InvalidError {
  return new InvalidError(
    "WINDLASS_VOLUME_COPY",
    `${show(from)} cannot be copied to ${show(to)}, which is itself or in itself`,
    { hint: "choose a path beside it" },
  );
}
