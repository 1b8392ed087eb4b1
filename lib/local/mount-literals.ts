import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { AppSpec, FunctionSpec } from "../spec.ts";
import { volumesOf } from "../storage/mount.ts";

/**
 * What to tell of paths of volumes that are written out in code: containers have them there on AWS alone, and on this
 * machine in folders of their own. One notice a path, with the first place that has it.
 */
export function literalPathNotices({ functions }: AppSpec, bundle: string, root: string): string[] {
  const mounting = functions.filter(({ volumes }) => volumesOf(volumes).length > 0);
  if (mounting.length === 0) return [];
  const texts = [...sourcesOf(bundle), ...pythonFiles(mounting, root)].map((file) => ({
    file: relative(root, file),
    lines: read(file).split("\n"),
  }));
  const paths = new Set(
    mounting.flatMap(({ volumes }) => volumesOf(volumes)).map(({ path }) => path),
  );
  return [...paths].flatMap((path) => {
    const found = texts.flatMap(({ file, lines }) => placesOf(path, file, lines))[0];
    if (found === undefined) return [];
    const fix = found.includes(".py:") ? "windlass.volume_path(name)" : "`volume.path`";
    return [
      `${found} has the path "${path}", which is only in containers on AWS: use ${fix} instead`,
    ];
  });
}

/** The user's own files that a bundle was made of. */
function sourcesOf(bundle: string): string[] {
  const map = read(`${bundle}.map`);
  if (map === "") return [];
  const { sources } = JSON.parse(map) as { readonly sources: readonly string[] }; // By esbuild.
  return sources
    .map((source) =>
      source.startsWith("file:") ? fileURLToPath(source) : resolve(dirname(bundle), source),
    )
    .sort();
}

function pythonFiles(functions: readonly FunctionSpec[], root: string): string[] {
  const files = functions.flatMap(({ python }) =>
    python === null ? [] : [join(root, python.file)],
  );
  return [...new Set(files)].sort();
}

/** `app.ts:12` for each line with a text that begins with the path; a key of `volumes` is none. */
function placesOf(path: string, file: string, lines: readonly string[]): string[] {
  const escaped = path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const literal = new RegExp(`(["'\`])${escaped}(?:/|\\1(?!\\s*\\]?\\s*:))`);
  return lines.flatMap((line, index) => (literal.test(line) ? [`${file}:${index + 1}`] : []));
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // What cannot be read is told by whoever needs it.
  }
}
