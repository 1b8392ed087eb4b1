import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

export interface SourceFile {
  readonly path: string;
  readonly bytes: number;
}

const PROSE = /\.(md|markdown)$|^(licen[cs]e|copying|notice)([.-]|$)/i;
const CODE = /\.(js|ts|json|html|xml|py)$/i;

/** Every Markdown and licence file below a folder, sorted by path; symbolic links are not followed. */
export async function findFiles(root: string): Promise<SourceFile[]> {
  const paths = (await proseBelow(root)).sort();
  const stats = await Promise.all(paths.map((path) => stat(path)));
  return stats.map(({ size }, index) => ({ path: paths[index] ?? "", bytes: size }));
}

async function proseBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return await proseBelow(path);
    return entry.isFile() && isProse(entry.name) ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}

function isProse(name: string): boolean {
  return PROSE.test(name) && !CODE.test(name);
}

/** Consecutive files of about this many bytes together: enough work to be worth a message, enough pieces to share. */
export function chunk(files: readonly SourceFile[], bytes: number): string[][] {
  const chunks: string[][] = [];
  let room = 0;
  for (const file of files) {
    if (room <= 0) {
      chunks.push([]);
      room = bytes;
    }
    chunks.at(-1)?.push(file.path);
    room -= file.bytes;
  }
  return chunks;
}
