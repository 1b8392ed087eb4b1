import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** An empty folder of this test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "windlass-volume-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with these files; a folder where the text is null. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array | null>>): string {
  const folder = newFolder();
  for (const [path, content] of Object.entries(files)) write(folder, path, content);
  return folder;
}

/** Writes a file with the folders above it. */
export function write(folder: string, path: string, content: string | Uint8Array | null): void {
  const file = join(folder, path);
  mkdirSync(content === null ? file : dirname(file), { recursive: true });
  if (content !== null) writeFileSync(file, content);
}

/** All files of a folder by their paths; folders that are empty are null, links `-> target`. */
export function contentOf(folder: string): Record<string, string | null> {
  const content: Record<string, string | null> = {};
  const look = (path: string): void => {
    const names = readdirSync(join(folder, path)).sort();
    if (names.length === 0 && path !== "") content[path] = null;
    for (const name of names) {
      const at = path === "" ? name : `${path}/${name}`;
      const stats = lstatSync(join(folder, at));
      if (stats.isDirectory()) look(at);
      else if (stats.isSymbolicLink()) content[at] = `-> ${readlinkSync(join(folder, at))}`;
      else content[at] = readFileSync(join(folder, at), "utf8");
    }
  };
  look("");
  return content;
}

const BLOCK_BYTES = 64 * 1024;

/** Bytes that no other seed has, of which no two blocks are the same. */
export function noise(bytes: number, seed: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += BLOCK_BYTES) {
    const block = createHash("sha256").update(`${seed} ${at}`).digest();
    buffer.fill(block, at, Math.min(at + BLOCK_BYTES, bytes));
  }
  return buffer;
}
