import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { InvalidError, NotFoundError } from "../errors.ts";
import { sha256 } from "../sha256.ts";
import type { FilePatternMatcher } from "./file-patterns.ts";

/** Files of the user's machine that a step takes in: one file, or those of a folder. */
export interface LocalFiles {
  /** Absolute. */
  readonly source: string;
  readonly isFolder: boolean;
  /** Those of a folder that are left out. */
  readonly ignore?: FilePatternMatcher | undefined;
  /** The only ones of a folder that are taken. */
  readonly only?: FilePatternMatcher | undefined;
}

interface Entry {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly kind: "file" | "program" | "link";
}

/** Paths in the folder that an image is built from: `files/<hash>/…`. */
export const FILES_FOLDER = "files";

/**
 * SHA-256 over the names, kinds and contents of files: what else a file system knows of them changes from machine to
 * machine.
 * @throws NotFoundError when there is no such file or folder
 * @throws InvalidError when nothing of it is left
 */
export function hashFiles(files: LocalFiles): string {
  const entries = listFiles(files);
  if (entries.length === 0) throw empty(files.source);
  const parts = entries.map(({ path, kind }) => {
    const file = pathOf(files, path);
    return [path, kind, sha256(kind === "link" ? readlinkSync(file) : readFileSync(file))];
  });
  return sha256(JSON.stringify([files.isFolder, parts]));
}

/** Copies the files into a folder, for a build. */
export function copyFiles(files: LocalFiles, folder: string): void {
  for (const { path, kind } of listFiles(files)) {
    const [from, to] = [pathOf(files, path), join(folder, path)];
    mkdirSync(dirname(to), { recursive: true });
    if (kind === "link") {
      symlinkSync(readlinkSync(from), to);
      continue;
    }
    copyFileSync(from, to);
    chmodSync(to, kind === "program" ? 0o755 : 0o644);
  }
}

function pathOf({ source, isFolder }: LocalFiles, path: string): string {
  return isFolder ? join(source, path) : source;
}

function listFiles(files: LocalFiles): Entry[] {
  const { source, isFolder } = files;
  const stat = statSync(source, { throwIfNoEntry: false });
  if (isFolder ? stat?.isDirectory() !== true : stat?.isFile() !== true) throw missing(files);
  if (!isFolder) return [{ path: basename(source), kind: kindOf(statSync(source).mode) }];
  return walk(files, "").sort((a, b) => (a.path < b.path ? -1 : 1));
}

function walk(files: LocalFiles, folder: string): Entry[] {
  return readdirSync(join(files.source, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    // Not left out with its folder: an exception may be below.
    if (entry.isDirectory()) return walk(files, path);
    if (!entry.isFile() && !entry.isSymbolicLink()) return [];
    if (files.ignore?.matches(path) === true || files.only?.matches(path) === false) return [];
    const { mode } = lstatSync(join(files.source, path));
    return [{ path, kind: entry.isSymbolicLink() ? "link" : kindOf(mode) }];
  });
}

function kindOf(mode: number): "file" | "program" {
  return (mode & 0o100) === 0 ? "file" : "program";
}

function missing({ source, isFolder }: LocalFiles): NotFoundError {
  const what = isFolder ? "folder" : "file";
  return new NotFoundError("WINDLASS_LOCAL_FILE_MISSING", `there is no ${what} "${source}"`, {
    hint: "correct the path: a relative one is from the file that names it",
  });
}

function empty(source: string): InvalidError {
  return new InvalidError(
    "WINDLASS_LOCAL_FILES_EMPTY",
    `nothing of the folder "${source}" is left to add`,
    { hint: "correct `ignore`, or the path" },
  );
}
