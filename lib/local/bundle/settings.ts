import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import type { Metafile } from "esbuild";

// In the order in which esbuild tries them.
const EXTENSIONS = [".tsx", ".ts", ".jsx", ".js", ".css", ".json"];

/**
 * Files other than sources that decide what a bundle contains: tsconfig.json with what it extends, package.json, and
 * files that do not exist yet but would be imported in place of another one. Paths are relative to the root.
 */
export function settingFiles(metafile: Metafile, root: string): ReadonlySet<string> {
  const sources = Object.entries(metafile.inputs).filter(([path]) => !path.includes("windlass-"));
  const files = new Set<string>();
  for (const folder of foldersAbove(sources.map(([path]) => dirname(resolve(root, path))))) {
    files.add(join(folder, "package.json"));
    for (const file of configChain(join(folder, "tsconfig.json"))) files.add(file);
  }
  const relatives = new Set([...files].map((file) => relative(root, file).split(sep).join("/")));
  for (const [path, { imports }] of sources) {
    for (const imported of imports) {
      for (const rival of rivals(path, imported)) relatives.add(rival);
    }
  }
  return relatives;
}

function foldersAbove(starts: readonly string[]): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const start of starts) {
    for (let folder = start; !folders.has(folder); folder = dirname(folder)) folders.add(folder);
  }
  return folders;
}

/** A tsconfig file, present or not, and those that it extends. */
function configChain(file: string): readonly string[] {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const base of extended(path)) visit(base);
  };
  visit(file);
  return [...seen];
}

function extended(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [];
  }
  const value = /"extends"\s*:\s*("[^"]*"|\[[^\]]*\])/.exec(text)?.[1] ?? "";
  return [...value.matchAll(/"([^"]+)"/g)].flatMap(([, specifier = ""]) => locate(specifier, file));
}

function locate(specifier: string, from: string): readonly string[] {
  if (/^[./]/.test(specifier)) {
    const path = resolve(dirname(from), specifier);
    return path.endsWith(".json") ? [path] : [path, `${path}.json`];
  }
  const require = createRequire(from);
  for (const candidate of [specifier, `${specifier}.json`, `${specifier}/tsconfig.json`]) {
    try {
      return [require.resolve(candidate)];
    } catch {
      // Not this spelling.
    }
  }
  return [];
}

/** Files that esbuild looked for before it settled on the one that it imported. */
function rivals(
  importer: string,
  imported: { path: string; original?: string; external?: boolean },
): readonly string[] {
  const { path, original } = imported;
  if (imported.external || original === undefined || !/^\.\.?\//.test(original)) return [];
  const wanted = posix.join(posix.dirname(importer), original);
  if (wanted === path) return [];
  const candidates = EXTENSIONS.map((extension) => wanted + extension);
  const found = candidates.indexOf(path);
  return found === -1 ? [wanted, ...candidates] : [wanted, ...candidates.slice(0, found)];
}
