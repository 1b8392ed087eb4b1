import type { FileEntry } from "../../lib/index.ts";
import { inWords } from "../byte-progress.ts";

/** Lines about files: what each is, its size, when it was written, and its path. */
export function fileLines(entries: readonly FileEntry[]): string[] {
  const sizes = entries.map(({ type, size }) => (type === "file" ? inWords(size) : ""));
  const width = Math.max(0, ...sizes.map(({ length }) => length));
  return entries.map(({ type, path, modifiedAt }, index) => {
    const size = (sizes[index] ?? "").padStart(width);
    const mark = type === "directory" ? "/" : type === "link" ? "@" : "";
    return `${size}  ${modifiedAt.toISOString()}  ${quoted(path)}${mark}`;
  });
}

/** A name with control characters would write over other lines. */
function quoted(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it looks for.
  return /[\u0000-\u001f\u007f]/.test(path) ? JSON.stringify(path) : path;
}
