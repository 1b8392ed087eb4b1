import { realpathSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { sha256, stampOf, writeAtomically } from "./bundle/files.ts";
import { type Input, readFreshManifest, writeManifest } from "./bundle/manifest.ts";
import { readOwnPackage } from "./bundle/own-package.ts";
import { ensureStateDirectory, resolveAppFile, stateDirectoryOf } from "./project.ts";

/** One ECMAScript module with all code of a user's app, and the hash of its bytes. */
export interface Bundle {
  /** Absolute path; its source map lies beside it. */
  readonly file: string;
  readonly hash: string;
}

/** A bundle, and the files behind it. */
export interface WatchedBundle extends Bundle {
  /** Absolute paths of what it was made from, and of what would change it if it were there. */
  readonly inputs: readonly string[];
}

export interface BundleOptions {
  /** It will run where the project's packages are not: those without machine code are taken in. @default false */
  readonly isForDeployment?: boolean;
}

/**
 * Bundles a user's modules into one file of a content-addressed cache in `<root>/.windlass`. Packages stay outside.
 * Unchanged sources are answered from the cache without loading esbuild. The bundle exports what the entries do.
 *
 * @throws NotFoundError when an entry does not exist.
 * @throws InvalidError when an entry is not a module, has a syntax error, or imports what cannot be found.
 */
export async function bundleApp(
  entries: readonly string[],
  root: string,
  { isForDeployment = false }: BundleOptions = {},
): Promise<WatchedBundle> {
  const realRoot = realpathSync(root);
  const files = entries.map(resolveAppFile).sort();
  const cache = join(stateDirectoryOf(realRoot), "cache", "bundle");
  const key = manifestKey(files, { root: realRoot, isForDeployment });
  const manifestFile = join(cache, "manifests", `${key}.json`);
  const manifest = readFreshManifest(manifestFile, realRoot);
  if (manifest !== undefined && isComplete(cache, manifest.hash)) {
    const { hash, inputs } = manifest;
    return { file: bundleFile(cache, hash), hash, inputs: toPaths(inputs, realRoot) };
  }
  ensureStateDirectory(realRoot);
  const readAt = Date.now();
  const { build } = await import("./bundle/build.ts");
  const { hash, code, sourceMap, inputs } = await build(files, {
    root: realRoot,
    cache,
    isForDeployment,
  });
  const file = bundleFile(cache, hash);
  writeAtomically(`${file}.map`, sourceMap);
  writeAtomically(file, code);
  writeManifest(manifestFile, { hash, readAt, inputs });
  return { file, hash, inputs: toPaths(inputs, realRoot) };
}

function toPaths(inputs: readonly Input[], root: string): string[] {
  return inputs.map(({ path }) => resolve(root, path));
}

function bundleFile(cache: string, hash: string): string {
  return join(cache, hash, "app.mjs");
}

function isComplete(cache: string, hash: string): boolean {
  const file = bundleFile(cache, hash);
  return stampOf(file) !== undefined && stampOf(`${file}.map`) !== undefined;
}

/** A manifest is good for the same entries bundled by the same tools. */
function manifestKey(
  files: readonly string[],
  { root, isForDeployment }: { readonly root: string; readonly isForDeployment: boolean },
): string {
  const paths = files.map((file) => relative(root, file).split(sep).join("/"));
  const { version, dependencies } = readOwnPackage();
  const [node] = process.versions.node.split(".");
  return sha256(
    JSON.stringify([paths, version, dependencies.esbuild, node, isForDeployment]),
  ).slice(0, 32);
}
