import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { InvalidError } from "../../errors.ts";
import type { PythonFiles } from "../../python/code-archive.ts";
import type { AppSpec } from "../../spec.ts";

/** A project with more is most likely not what was meant: a virtual environment, or data. */
const MAX_BYTES = 16 * 1024 * 1024;
const SKIPPED: ReadonlySet<string> = new Set(["node_modules", "__pycache__", "site-packages"]);

/**
 * The Python files that an app needs where the project is not: of each handler, all `.py` files in its folder, or in the
 * folder that its package is in, and below.
 *
 * @throws InvalidError when a handler lies outside of the project, or there are more than 16 MiB
 */
export function collectPythonFiles({ functions }: AppSpec, root: string): PythonFiles {
  const files = new Map<string, Uint8Array>();
  let size = 0;
  const folders = functions.flatMap(({ python }) => {
    if (python?.file.startsWith("../")) throw outside(python.file);
    return folderOf(python?.file, root);
  });
  for (const folder of new Set(folders)) {
    for (const file of pythonFiles(folder)) {
      const path = relative(root, file).split(sep).join("/");
      if (files.has(path)) continue;
      const bytes = readFileSync(file);
      files.set(path, bytes);
      size += bytes.length;
      if (size > MAX_BYTES) throw tooLarge(folder);
    }
  }
  return files;
}

/** Absolute paths of the same files; those of handlers outside of the project, too. */
export function listPythonFiles({ functions }: AppSpec, root: string): readonly string[] {
  const folders = functions.flatMap(({ python }) => folderOf(python?.file, root));
  return [...new Set([...new Set(folders)].flatMap((folder) => [...pythonFiles(folder)]))];
}

/** Where Python looks for the modules that a file imports: its folder, or that of its outermost package. */
function folderOf(file: string | undefined, root: string): string[] {
  if (file === undefined) return [];
  let folder = dirname(resolve(root, file));
  while (existsSync(join(folder, "__init__.py")) && folder !== resolve(root)) {
    folder = dirname(folder);
  }
  return [folder];
}

function* pythonFiles(folder: string): Generator<string> {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() && name.endsWith(".py")) yield path;
    if (stat?.isDirectory() && !isSkipped(path)) yield* pythonFiles(path);
  }
}

function isSkipped(folder: string): boolean {
  const name = basename(folder);
  const isVenv = existsSync(join(folder, "pyvenv.cfg"));
  return name.startsWith(".") || name === "cdk.out" || SKIPPED.has(name) || isVenv;
}

function outside(file: string): InvalidError {
  return new InvalidError(
    "WINDLASS_PYTHON_OUTSIDE",
    `the Python file "${file}" lies outside of the project, whose code alone is deployed`,
    { hint: "move it below the folder with package.json" },
  );
}

function tooLarge(folder: string): InvalidError {
  return new InvalidError(
    "WINDLASS_PYTHON_TOO_LARGE",
    `the Python files in "${folder}" and below have more than ${MAX_BYTES} bytes`,
    { hint: "keep the files of handlers in a folder of their own; packages belong into the image" },
  );
}
