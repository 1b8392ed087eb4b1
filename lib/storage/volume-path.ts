import { InvalidError } from "../errors.ts";
import { show } from "../options/show.ts";

/** What Linux takes: bytes of one name, and of a path with its slashes and room for where it is mounted. */
const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 3840;
/** What most paths are: nothing of them can be wrong. */
const PLAIN = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;
/** Half a character: no bytes stand for it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * A path within a volume as it is stored: names between slashes, none before them. Names are kept exactly: no spelling of
 * letters is changed, and every character but "/" and NUL may be in one.
 * @throws InvalidError for "..", which could lead out of the volume, and for what no file system could hold
 */
export function toVolumePath(path: unknown): string {
  if (typeof path !== "string") throw invalidPath(path, "must be a text");
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  const problem = names.map(problemOf).find((found) => found !== undefined);
  if (problem !== undefined) throw invalidPath(path, problem);
  const joined = names.join("/");
  if (Buffer.byteLength(joined) <= MAX_PATH_BYTES) return joined;
  throw invalidPath(path, `must have at most ${MAX_PATH_BYTES} bytes`);
}

/** A path of something that is not the root. @throws InvalidError */
export function toFilePath(path: unknown): string {
  const found = toVolumePath(path);
  if (found !== "") return found;
  throw invalidPath(path, "must name something in the volume");
}

/** Whether a path is as `toFilePath` answers it: what a manifest holds came from elsewhere. */
export function isFilePath(path: string): boolean {
  if (path.length <= MAX_NAME_BYTES && PLAIN.test(path)) return true;
  const names = path.split("/");
  const isKept = names.every((name) => name !== "" && name !== "." && !problemOf(name));
  return isKept && Buffer.byteLength(path) <= MAX_PATH_BYTES;
}

function problemOf(name: string): string | undefined {
  if (name === "..") return 'must not have ".." in it';
  if (name.includes("\0")) return "must not have NUL in it";
  if (LONE_SURROGATE.test(name)) return "must be valid Unicode";
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return undefined;
  return `must have names of at most ${MAX_NAME_BYTES} bytes`;
}

/** The folder of a path; "" for the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

/** All folders above a path, the nearest first, without the root. */
export function parentsOf(path: string): string[] {
  const parent = parentOf(path);
  return parent === "" ? [] : [parent, ...parentsOf(parent)];
}

/** The last name of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** One path below another, either of which may be the root. */
export function joinPath(folder: string, path: string): string {
  if (folder === "") return path;
  return path === "" ? folder : `${folder}/${path}`;
}

/** What is left of a path below a folder; undefined for one that is not there. */
export function below(folder: string, path: string): string | undefined {
  if (folder === "") return path;
  if (path === folder) return "";
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
}

function invalidPath(path: unknown, problem: string): InvalidError {
  return new InvalidError(
    "WINDLASS_VOLUME_PATH",
    `a path of a volume ${problem}, got ${show(path)}`,
    { hint: 'write names with "/" between them, from the root of the volume: "models/a.bin"' },
  );
}
