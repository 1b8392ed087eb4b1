import { chmodSync, mkdirSync, readdirSync, realpathSync, rmdirSync, rmSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { DeserializationError, ExecutionError, InvalidError } from "../../errors.ts";
import { below, joinPath, parentOf, parentsOf } from "../volume-path.ts";
import type { StoredEntry, VolumePiece } from "../volume-store.ts";
import { commitChange, type OpenVolume } from "./commits.ts";
import { type Draft, linkLeadsOut } from "./draft.ts";
import { fetchFiles, makeFolders } from "./fetch-files.ts";
import { FilePieces, PieceHashes, settled } from "./file-pieces.ts";
import { knownPieces } from "./known-pieces.ts";
import { leadsOut } from "./links.ts";
import { checkNothingOpen } from "./open-files.ts";
import { PieceWriter } from "./piece-writer.ts";
import { PART_PREFIX, type Scanned, scanFolder, scanOne } from "./scan.ts";
import { hasSameBytes, isSame, toStoredEntry } from "./stored-entry.ts";
import { VolumeTree } from "./tree.ts";

/** Where a volume is shown on this machine. */
export interface CopyPlace {
  readonly folder: string;
  /** "": all of the volume. */
  readonly subPath: string;
  readonly readOnly: boolean;
}

/** What a file of the folder was when it was last the same as the one that is stored. */
interface Known {
  readonly entry: StoredEntry;
  /** See `Scanned.stamp`; "": it may have changed since without that. */
  readonly stamp: string;
}

/** The clock of a file system goes in steps: what changes twice in one keeps its stamp. */
const TICK_MS = 20;

/** A folder of this machine that shows a volume, and what is known of its files. */
export class WorkingCopy {
  readonly #volume: OpenVolume;
  readonly #place: CopyPlace;
  readonly #folder: string;
  /** By their paths in the folder; those of empty folders too. */
  #known: Map<string, Known> = new Map();
  #version = 0;
  /** What was begun last: one thing at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(volume: OpenVolume, place: CopyPlace) {
    this.#volume = volume;
    this.#place = place;
    mkdirSync(place.folder, { recursive: true });
    this.#folder = realpathSync(place.folder);
  }

  /** Makes the folder the newest version. */
  async checkOut(): Promise<number> {
    return await this.#inTurn(() => this.#checkOut());
  }

  /** Stores what has changed. @throws InvalidError for a folder that is only to be read */
  async commit(): Promise<number> {
    if (this.#place.readOnly) throw isReadOnly(this.#volume.name);
    return await this.#inTurn(() => this.#commit());
  }

  /** @throws ExecutionError while a file in it is open */
  async reload(): Promise<number> {
    return await this.#inTurn(async () => {
      checkNothingOpen(this.#volume.name, this.#folder);
      if (!this.#place.readOnly) await this.#commit();
      return await this.#checkOut();
    });
  }

  #inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(act, act);
    this.#last = done.catch(() => {});
    return done;
  }

  async #checkOut(): Promise<number> {
    const tree = await VolumeTree.read(this.#volume.objects, this.#volume.pages);
    const wanted = await this.#wanted(tree);
    const scanned = await scanFolder(this.#folder);
    const there = await this.#sameFiles(scanned, wanted);
    this.#removeOthers(scanned, wanted, there);
    const missing = [...wanted].filter(([path]) => !there.has(path));
    const fetched = await this.#fetch(missing);
    // What is changed from now on has another stamp.
    if (missing.length > 0) await pause(TICK_MS);
    this.#known = new Map([...there, ...fetched]);
    this.#version = tree.version;
    return tree.version;
  }

  /** What is to be in the folder, by its paths there. @throws DeserializationError for what cannot be in one folder */
  async #wanted(tree: VolumeTree): Promise<Map<string, StoredEntry>> {
    const { subPath } = this.#place;
    const wanted: Map<string, StoredEntry> = new Map();
    for await (const entry of tree.below(subPath)) {
      const path = below(subPath, entry.path) ?? "";
      if (path === "" && entry.type !== "directory") throw notFolder(this.#volume.name, subPath);
      if (path !== "") wanted.set(path, entry);
    }
    for (const [path, entry] of wanted) {
      const above = parentsOf(path).find((parent) => isNoFolder(wanted.get(parent)));
      if (above !== undefined) throw insideFile(path, above);
      if (entry.type === "link" && leadsOut(path, entry.target)) {
        throw linkLeadsOut(path, entry.target);
      }
    }
    return wanted;
  }

  /** Files of the folder that are what they are to be. */
  async #sameFiles(
    scanned: ReadonlyMap<string, Scanned>,
    wanted: ReadonlyMap<string, StoredEntry>,
  ): Promise<Map<string, Known>> {
    const same: Map<string, Known> = new Map();
    const checkedAt = Date.now();
    for (const [path, entry] of wanted) {
      const found = scanned.get(path);
      if (found === undefined || !(await this.#isThere(found, entry))) continue;
      if (found.type !== "link" && found.mode !== entry.mode) {
        if (found.type === "file") chmodSync(`${this.#folder}/${path}`, entry.mode);
      }
      same.set(path, { entry, stamp: stampOf(scanOne(this.#folder, path) ?? found, checkedAt) });
    }
    return same;
  }

  async #isThere(found: Scanned, entry: StoredEntry): Promise<boolean> {
    if (found.type !== entry.type || found.target !== entry.target) return false;
    if (found.type !== "file") return true;
    if (found.size !== entry.size) return false;
    const known = this.#known.get(found.path);
    if (known?.stamp === found.stamp) return hasSameBytes(known.entry.pieces, entry.pieces);
    const hashes = new PieceHashes();
    await new FilePieces(hashes, () => {}).add({
      local: this.#local(found.path),
      size: found.size,
    });
    return hasSameBytes(hashes.found, entry.pieces);
  }

  /** Removes what is not to be there, and what is in the place of something else. */
  #removeOthers(
    scanned: ReadonlyMap<string, Scanned>,
    wanted: ReadonlyMap<string, StoredEntry>,
    there: ReadonlyMap<string, Known>,
  ): void {
    const folders = new Set([...wanted.keys()].flatMap(parentsOf));
    // Those in folders come before their folders.
    for (const [path, { type }] of [...scanned].sort(([a], [b]) => (a < b ? 1 : -1))) {
      const stays = there.has(path) || (type === "directory" && folders.has(path));
      if (stays) continue;
      if (type === "directory") removeFolder(this.#local(path));
      // A file that is to be replaced is replaced in one step.
      else if (!wanted.has(path) || wanted.get(path)?.type === "directory")
        rmSync(this.#local(path));
    }
  }

  async #fetch(
    missing: readonly (readonly [string, StoredEntry])[],
  ): Promise<(readonly [string, Known])[]> {
    const made: Set<string> = new Set();
    for (const [path, { type }] of missing) {
      makeFolders(this.#folder, type === "directory" ? path : parentOf(path), made);
    }
    const files = missing.filter(([, { type }]) => type !== "directory");
    const targets = files.map(([path, entry]) => ({ entry, target: this.#local(path) }));
    await fetchFiles(this.#volume.objects, targets);
    return missing.map(([path, entry]) => {
      return [path, { entry, stamp: scanOne(this.#folder, path)?.stamp ?? "" }] as const;
    });
  }

  async #commit(): Promise<number> {
    const scanned = await scanFolder(this.#folder);
    const filled = new Set([...scanned.keys()].map(parentOf));
    const kept = [...scanned.values()].filter(
      ({ path, type }) => type !== "directory" || !filled.has(path),
    );
    const paths = new Set(kept.map(({ path }) => path));
    // A folder that was empty and has files now is still there.
    const gone = [...this.#known].filter(
      ([path, { entry }]) =>
        !paths.has(path) && (entry.type !== "directory" || scanned.get(path)?.type !== "directory"),
    );
    const changed = kept.filter((one) => this.#known.get(one.path)?.stamp !== one.stamp);
    if (gone.length === 0 && changed.length === 0) return this.#version;
    return await this.#store(changed, gone);
  }

  async #store(
    changed: readonly Scanned[],
    gone: readonly (readonly [string, Known])[],
  ): Promise<number> {
    const checkedAt = Date.now();
    const tree = await VolumeTree.read(this.#volume.objects, this.#volume.pages);
    const entries = await this.#toEntries(changed, await knownPieces(tree));
    const news = entries.filter(([one, entry]) => {
      const before = this.#known.get(one.path)?.entry;
      return before === undefined || !isSame(before, entry);
    });
    const change = async (draft: Draft): Promise<void> => {
      for (const [path] of gone) await draft.removeOne(joinPath(this.#place.subPath, path));
      for (const [, entry] of news) await draft.put(entry);
    };
    this.#version = (await commitChange(this.#volume, change, tree)).version;
    for (const [path] of gone) this.#known.delete(path);
    for (const [one, entry] of entries) {
      this.#known.set(one.path, { entry, stamp: stampOf(one, checkedAt) });
    }
    return this.#version;
  }

  /** What is to be stored of files that may have changed, with their bytes stored where nobody has them. */
  async #toEntries(
    changed: readonly Scanned[],
    known: ReadonlyMap<string, VolumePiece>,
  ): Promise<(readonly [Scanned, StoredEntry])[]> {
    const writer = new PieceWriter(this.#volume.objects, (hash) => known.get(hash));
    const files = new FilePieces(writer, () => {});
    const placed: (() => readonly [Scanned, StoredEntry])[] = [];
    for (const one of changed) {
      const path = joinPath(this.#place.subPath, one.path);
      if (one.type === "link" && leadsOut(one.path, one.target)) {
        throw linkLeadsOut(this.#local(one.path), one.target);
      }
      const pieces =
        one.type === "file"
          ? await files.add({ local: this.#local(one.path), size: one.size })
          : [];
      if (pieces === undefined) continue;
      placed.push(() => [one, toStoredEntry(path, one, settled(pieces))]);
    }
    await writer.finish();
    return placed.map((place) => place());
  }

  #local(path: string): string {
    return `${this.#folder}/${path}`;
  }
}

function stampOf({ stamp, changedAt }: Scanned, checkedAt: number): string {
  return changedAt + TICK_MS < checkedAt ? stamp : "";
}

function isNoFolder(entry: StoredEntry | undefined): boolean {
  return entry !== undefined && entry.type !== "directory";
}

/** Removes a folder with what was being fetched into it; one into which somebody writes stays. */
function removeFolder(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(PART_PREFIX)) rmSync(`${folder}/${name}`, { force: true });
  }
  try {
    rmdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOTEMPTY") throw error;
  }
}

function isReadOnly(volume: string): InvalidError {
  return new InvalidError(
    "WINDLASS_VOLUME_READ_ONLY",
    `volume "${volume}" is mounted to be read here: nothing can be committed`,
    { hint: "mount it without `readOnly` where it is written to" },
  );
}

function notFolder(volume: string, path: string): ExecutionError {
  return new ExecutionError(
    "WINDLASS_VOLUME_NOT_A_FOLDER",
    `"${path}" of volume "${volume}" is a file and cannot be mounted`,
    { hint: "mount the folder that it is in" },
  );
}

function insideFile(path: string, above: string): DeserializationError {
  return new DeserializationError(
    "WINDLASS_VOLUME_MANIFEST",
    `the manifest of a volume has "${path}" within "${above}", which is no folder`,
    { hint: "only Windlass may write to its state directory and its bucket" },
  );
}
