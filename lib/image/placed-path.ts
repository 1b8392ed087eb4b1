import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Place } from "../call-site.ts";
import { sourceOf } from "../python/source-file.ts";

/** A path of the user's machine, and the code that named it. */
export interface PlacedPath {
  readonly path: string;
  /** Undefined where that is in no file. */
  readonly place: Place | undefined;
}

/** Absolute: a relative path is from the file that names it. */
export function resolvePath({ path, place }: PlacedPath): string {
  if (path === "~" || path.startsWith("~/")) return join(homedir(), path.slice(1));
  return resolve(place === undefined ? process.cwd() : dirname(sourceOf(place)), path);
}
