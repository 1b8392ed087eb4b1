import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Stamp, sha256, stampOf, writeAtomically } from "./files.ts";

/** A file that a bundle was made from; `null` for one that must stay absent. */
export interface Input {
  /** Relative to the project's root. */
  readonly path: string;
  readonly seen: (Stamp & { readonly sha256: string }) | null;
}

/** What a bundle was made from, to tell whether it is still good without running esbuild. */
export interface Manifest {
  readonly hash: string;
  /** Milliseconds since the epoch at which reading the inputs began. */
  readonly readAt: number;
  readonly inputs: readonly Input[];
}

// Coarse clocks of file systems: a file written this shortly before it was read may change without a new mtime.
const RACY_MS = 100;

/** Reads a manifest and returns it if every input is as it was; undefined when a new bundle is needed. */
export function readFreshManifest(file: string, root: string): Manifest | undefined {
  const manifest = parseManifest(file);
  if (manifest === undefined) return undefined;
  const readAt = Date.now();
  const inputs: Input[] = [];
  let restamped = false;
  for (const input of manifest.inputs) {
    const now = currentState(input, root, manifest.readAt);
    if (now === undefined) return undefined;
    restamped ||= now !== input;
    inputs.push(now);
  }
  if (!restamped) return manifest;
  const updated = { hash: manifest.hash, readAt, inputs };
  writeManifest(file, updated);
  return updated;
}

export function writeManifest(file: string, manifest: Manifest): void {
  writeAtomically(file, JSON.stringify(manifest));
}

/** Records the content of a file, or its absence. */
export function observe(path: string, root: string): Input {
  const file = resolve(root, path);
  const stamp = stampOf(file);
  if (stamp === undefined) return { path, seen: null };
  return { path, seen: { ...stamp, sha256: sha256(readFileSync(file)) } };
}

function parseManifest(file: string): Manifest | undefined {
  try {
    // Written by this version of Windlass: its version is part of the file's name.
    return JSON.parse(readFileSync(file, "utf8")) as Manifest;
  } catch {
    return undefined;
  }
}

/** The input itself if its stamp is as recorded, a new one if only its stamp changed, undefined if its content did. */
function currentState(input: Input, root: string, readAt: number): Input | undefined {
  const { path, seen } = input;
  const stamp = stampOf(resolve(root, path));
  if (seen === null || stamp === undefined) {
    return seen === null && stamp === undefined ? input : undefined;
  }
  const racy = seen.mtimeMs > readAt - RACY_MS;
  if (stamp.size !== seen.size) return undefined;
  if (stamp.mtimeMs === seen.mtimeMs && !racy) return input;
  const now = observe(path, root);
  return now.seen?.sha256 === seen.sha256 ? now : undefined;
}
