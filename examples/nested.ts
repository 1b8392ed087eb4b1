// npx windlass run examples/nested.ts --folder lib
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { App } from "windlass";
import { z } from "zod";

export const app = new App("nested");

export const countLines = app.function("count-lines", async (file: string) => {
  const text = await readFile(file, "utf8");
  return text.split("\n").length - 1;
});

/**
 * Calls another function for its files and itself for its folders. A container that waits for calls does not count
 * as busy, so functions may call each other as deep as they need.
 */
export const countFolder = app.function("count-folder", async (folder: string): Promise<number> => {
  const entries = await readdir(folder, { withFileTypes: true });
  const paths = (keep: (entry: (typeof entries)[number]) => boolean): string[] =>
    entries.filter(keep).map(({ name }) => join(folder, name));
  const counts = await Promise.all([
    countLines.map(paths((entry) => entry.isFile())).toArray(),
    countFolder.map(paths((entry) => entry.isDirectory())).toArray(),
  ]);
  return counts.flat().reduce((sum, lines) => sum + lines, 0);
});

const args = z.object({ folder: z.string().default("examples") });

export const main = app.entrypoint("main", { args }, async ({ folder }) => {
  console.log(`${await countFolder.remote(resolve(folder))} lines in ${folder}`);
});
