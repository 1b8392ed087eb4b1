import { readFileSync } from "node:fs";
import { extname, relative, sep } from "node:path";
import type { OnLoadResult, Plugin } from "esbuild";
import { sha256, stampOf } from "./files.ts";
import type { Input } from "./manifest.ts";

const NAMESPACE = "windlass-source";
const SCRIPT = /\.[cm]?[jt]sx?$/;

/** Names that esbuild puts in place of what a file knows about itself. */
export const SOURCE_DEFINES: Readonly<Record<string, string>> = {
  "import.meta.url": "__windlass_url",
  "import.meta.filename": "__windlass_filename",
  "import.meta.dirname": "__windlass_dirname",
  __filename: "__windlass_filename",
  __dirname: "__windlass_dirname",
};
const MENTION = /import\.meta|__filename|__dirname/;

/** Start of every bundle: `require`, and the bundle's own URL, from which files of the source are located. */
export const BANNER: string = [
  'import { createRequire as __windlass_createRequire } from "node:module";',
  'import { fileURLToPath as __windlass_toPath } from "node:url";',
  "const __windlass_bundle = import.meta.url;",
  "const require = __windlass_createRequire(__windlass_bundle);",
].join(" ");

/**
 * Reads every source file, recording its content in `inputs`, and keeps `import.meta.url`, `__dirname` and the like
 * true to the source file. They are computed from where the bundle lies: no absolute path enters it.
 */
export function sourcesPlugin(
  folders: { root: string; out: string },
  inputs: Map<string, Input>,
): Plugin {
  return {
    name: "windlass-sources",
    setup(build) {
      build.onResolve({ filter: /^windlass-source:/ }, ({ path }) => ({
        path: path.slice(NAMESPACE.length + 1),
        namespace: NAMESPACE,
      }));
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
        contents: located(path),
      }));
      build.onLoad({ filter: /.*/, namespace: "file" }, ({ path }) => load(path, folders, inputs));
    },
  };
}

function load(
  file: string,
  folders: { root: string; out: string },
  inputs: Map<string, Input>,
): OnLoadResult | undefined {
  const stamp = stampOf(file);
  if (stamp === undefined) return undefined;
  const contents = readFileSync(file);
  const path = portable(folders.root, file);
  inputs.set(path, { path, seen: { ...stamp, sha256: sha256(contents) } });
  if (!SCRIPT.test(file)) return { contents, loader: "default" };
  const text = contents.toString("utf8");
  if (!MENTION.test(text)) return { contents: text, loader: "default" };
  return {
    contents: withLocation(text, extname(file), portable(folders.out, file)),
    loader: "default",
  };
}

/** Adds an import of the file's location in a place that moves no line: imports are hoisted from the end. */
function withLocation(text: string, extension: string, source: string): string {
  const names = "__windlass_url, __windlass_filename, __windlass_dirname";
  const specifier = JSON.stringify(`${NAMESPACE}:${source}`);
  if (!isCommonJs(text, extension)) return `${text}\nimport { ${names} } from ${specifier};`;
  const start = /^(?:#!.*\r?\n)?(?:\s*["']use strict["'];?)?/.exec(text)?.[0] ?? "";
  return `${start} var { ${names} } = require(${specifier});${text.slice(start.length)}`;
}

function isCommonJs(text: string, extension: string): boolean {
  if (extension === ".cjs" || extension === ".cts")
    return !/^\s*(?:import|export)\b(?!\()/m.test(text);
  if (extension === ".mjs" || extension === ".mts") return false;
  return !/^\s*(?:import|export)\b(?!\()/m.test(text) && /\brequire\(|\bexports\b/.test(text);
}

function located(source: string): string {
  return [
    `export const __windlass_url = new URL(${JSON.stringify(encodeURI(source))}, __windlass_bundle).href;`,
    "export const __windlass_filename = __windlass_toPath(__windlass_url);",
    'export const __windlass_dirname = __windlass_toPath(new URL(".", __windlass_url)).replace(/(?<=.)[\\\\/]$/, "");',
  ].join("\n");
}

function portable(from: string, file: string): string {
  return relative(from, file).split(sep).join("/");
}
