import { lstatSync, readdirSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { InvalidError } from "../../errors.ts";
import { show } from "../../options/show.ts";
import { isFilePath, joinPath } from "../volume-path.ts";

/** Something in a folder of this machine. */
export interface Scanned {
  readonly path: string;
  readonly type: "file" | "directory" | "link";
  readonly size: number;
  readonly mode: number;
  readonly modifiedAt: number;
  /** What a link points to. */
  readonly target: string;
  /** Another one after each change of the file, as far as the clock of the file system goes. */
  readonly stamp: string;
  /** When its state was last changed, by that clock. */
  readonly changedAt: number;
}

/** Files that are being fetched: they are nobody's. */
export const PART_PREFIX = ".windlass-part-";
/** Other work gets its turn after so many files. */
const FILES_A_TURN = 256;
const MODE_BITS = 0o777;
const REPLACEMENT = "�";

/**
 * All that is in a folder, without following links.
 * @throws InvalidError for what no volume can keep: sockets and their like, and names that are not UTF-8
 */
export async function scanFolder(folder: string, recursive = true): Promise<Map<string, Scanned>> {
  const found: Map<string, Scanned> = new Map();
  const folders = [""];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const name of namesIn(join(folder, at))) {
      const scanned = scanOne(folder, joinPath(at, name));
      if (scanned === undefined) continue;
      found.set(scanned.path, scanned);
      if (recursive && scanned.type === "directory") folders.push(scanned.path);
      if (found.size % FILES_A_TURN === 0) await setImmediate();
    }
  }
  return found;
}

/** What is at a path; undefined where it has gone. @throws InvalidError for what no volume can keep */
export function scanOne(folder: string, path: string): Scanned | undefined {
  const full = path === "" ? folder : `${folder}/${path}`;
  const stats = lstatSync(full, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const type = typeOf(stats);
  if (type === undefined) throw notKept(full, "is neither a file nor a folder nor a link");
  return {
    path,
    type,
    size: type === "file" ? stats.size : 0,
    mode: stats.mode & MODE_BITS,
    modifiedAt: stats.mtimeMs,
    target: type === "link" ? readlinkSync(full) : "",
    stamp: `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`,
    changedAt: stats.ctimeMs,
  };
}

function namesIn(folder: string): string[] {
  const names = readNames(folder).filter((name) => !name.startsWith(PART_PREFIX));
  for (const name of names) {
    if (!isFilePath(name)) throw notKept(`${folder}/${name}`, "has a name that no volume keeps");
    if (name.includes(REPLACEMENT)) checkEncoding(folder, name);
  }
  return names;
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    // It went while the folder above it was read.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** A name of other bytes is read as if it had this character; one may also have it. */
function checkEncoding(folder: string, name: string): void {
  const bytes = readdirSync(folder, { encoding: "buffer" });
  if (bytes.some((one) => one.equals(Buffer.from(name)))) return;
  throw notKept(`${folder}/${name}`, "has a name that is not UTF-8");
}

function typeOf(stats: Stats): Scanned["type"] | undefined {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "link" : undefined;
}

function notKept(path: string, problem: string): InvalidError {
  return new InvalidError("WINDLASS_VOLUME_FILE", `${show(path)} ${problem}`, {
    hint: "rename it, or keep it outside of the volume",
  });
}
