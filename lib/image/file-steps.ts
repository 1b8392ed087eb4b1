import { basename, posix } from "node:path";
import { FilePatternMatcher, isFilePatternMatcher } from "./file-patterns.ts";
import type { Step, StepFiles } from "./layer.ts";
import { FILES_FOLDER, hashFiles, type LocalFiles } from "./local-files.ts";
import { type PlacedPath, resolvePath } from "./placed-path.ts";
import { instruct } from "./quote.ts";

/** Patterns of files that are left out. */
export type Ignore = readonly string[] | FilePatternMatcher;

export function toMatcher(ignore: Ignore | undefined): FilePatternMatcher | undefined {
  if (ignore === undefined || isFilePatternMatcher(ignore)) return ignore;
  return new FilePatternMatcher(...ignore);
}

/** A file with the hash that instructions name it with, and its path in the folder of the build. */
export function takeFile(placed: PlacedPath): StepFiles & { readonly path: string } {
  const source = resolvePath(placed);
  const taken = take({ source, isFolder: false });
  return { ...taken, path: `${FILES_FOLDER}/${taken.hash}/${basename(source)}` };
}

export function take(files: LocalFiles): StepFiles {
  return { hash: hashFiles(files), files };
}

/** `COPY` of a file: `remote` is its path in the image, or a folder if it ends in `/`. */
export function fileStep(local: PlacedPath, remote: string): Step {
  const { path, ...taken } = takeFile(local);
  const to = remote.endsWith("/") ? posix.join(remote, posix.basename(path)) : remote;
  return { kind: "files", commands: [instruct("COPY", [path, to])], files: [taken] };
}

/** `COPY` of what is in a folder. */
export function folderStep(local: PlacedPath, remote: string, ignore: Ignore | undefined): Step {
  const source = resolvePath(local);
  const taken = take({ source, isFolder: true, ignore: toMatcher(ignore) });
  const [from, to] = [`${FILES_FOLDER}/${taken.hash}/`, posix.join(remote, "/")];
  return { kind: "files", commands: [instruct("COPY", [from, to])], files: [taken] };
}
