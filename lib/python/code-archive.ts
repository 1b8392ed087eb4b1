import { deflateRawSync, inflateRawSync } from "node:zlib";

/** Begins the last line of a bundle that carries Python files: a comment, so that Node loads the rest as it is. */
const MARK = "// windlass-python=";

/** Bytes by path, relative to the root of the project, with `/`. */
export type PythonFiles = ReadonlyMap<string, Uint8Array>;

/**
 * A bundle with Python files in it: all code of an app is one object with one hash, which is uploaded, rolled back and
 * swept as such. The same bytes for the same files.
 */
export function withPythonFiles(code: string, files: PythonFiles): string {
  if (files.size === 0) return code;
  // A character for each byte: sources are text, and mostly ASCII.
  const entries = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, bytes]) => [path, Buffer.from(bytes).toString("latin1")]);
  const packed = deflateRawSync(JSON.stringify(entries)).toString("base64");
  return `${code.trimEnd()}\n${MARK}${packed}\n`;
}

/** The Python files of a bundle; none if it carries none. */
export function pythonFilesOf(code: string): PythonFiles {
  const at = code.lastIndexOf(`\n${MARK}`);
  if (at < 0) return new Map();
  const packed = code.slice(at + 1 + MARK.length).trimEnd();
  // Written by withPythonFiles(), and compared with its hash before.
  const text = inflateRawSync(Buffer.from(packed, "base64")).toString("utf8");
  const entries = JSON.parse(text) as readonly (readonly [string, string])[];
  return new Map(entries.map(([path, bytes]) => [path, Buffer.from(bytes, "latin1")]));
}
