import { existsSync } from "node:fs";
import { findSourceMap } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Place } from "../call-site.ts";
import type { Definition } from "../definition.ts";
import { show } from "../options/show.ts";
import type { Violation } from "../options/violation.ts";
import type { PythonSpec } from "../spec.ts";

/** The spec of a Python function: its file relative to the root of the app's project. */
export function toPythonSpec(
  { python }: Pick<Definition, "python">,
  root: string | undefined,
): PythonSpec | null {
  if (python === undefined) return null;
  const file = absoluteFile(python);
  const path = file === undefined || root === undefined ? python.file : relative(root, file);
  return { file: path.split(sep).join("/"), symbol: python.symbol };
}

/** That the files of Python functions exist. */
export function checkPythonFile({ python, name, kind }: Definition): Violation[] {
  const file = python === undefined ? undefined : absoluteFile(python);
  if (file === undefined || existsSync(file)) return [];
  const subject = `${kind === "cls" ? "class" : "function"} ${show(name)}`;
  return [
    {
      code: "WINDLASS_PYTHON_FILE_MISSING",
      message: `\`handler\` of ${subject} names the file "${file}", which does not exist`,
      hint: "correct `handler`: its path is relative to the file that defines the function",
    },
  ];
}

/** The root of an app's project: the nearest folder with a package.json, else that of the file that makes the app. */
export function projectRoot(place: Place | undefined): string | undefined {
  if (place === undefined) return undefined;
  const folder = dirname(sourceOf(place));
  for (let current = folder; ; current = dirname(current)) {
    if (existsSync(join(current, "package.json"))) return current;
    if (current === dirname(current)) return folder;
  }
}

/** Absolute path of the file of a Python function; undefined if it is not defined in a file. */
export function absoluteFile({
  file,
  place,
}: NonNullable<Definition["python"]>): string | undefined {
  return place === undefined ? undefined : join(dirname(sourceOf(place)), file);
}

/** The user's own file, where the code that runs is a bundle. */
export function sourceOf({ file, line, column }: Place): string {
  const entry = findSourceMap(file)?.findEntry(line - 1, column - 1);
  const source =
    entry !== undefined && "originalSource" in entry ? entry.originalSource : undefined;
  if (source === undefined) return file;
  return source.startsWith("file:") ? fileURLToPath(source) : join(dirname(file), source);
}
