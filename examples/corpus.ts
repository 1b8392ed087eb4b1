// npx windlass run examples/corpus.ts --root node_modules
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { App } from "windlass";
import { z } from "zod";
import { groupDuplicates } from "./corpus/duplicates.ts";
import { chunk, findFiles } from "./corpus/files.ts";
import { signatureOf } from "./corpus/minhash.ts";
import { type Document, printReport, toReport } from "./corpus/report.ts";
import { Stopwatch } from "./corpus/stopwatch.ts";
import { TermStatistics, tokenize } from "./corpus/terms.ts";

const CHUNK_BYTES = 64 * 1024;

export const app = new App("corpus");

/** The map: reads files where it runs, and sends back statistics only. */
export const measure = app.function("measure", async (paths: readonly string[]) => {
  const terms = new TermStatistics();
  const documents: Document[] = [];
  for (const path of paths) {
    const content = await readFile(path);
    const tokens = tokenize(content.toString("utf8"));
    terms.addDocument(tokens);
    const signature = signatureOf(tokens);
    documents.push({ path, bytes: content.length, tokens: tokens.length, signature });
  }
  return { documents, terms: terms.toList() };
});

const args = z.object({
  root: z.string().default("node_modules").describe("folder with the files"),
  json: z.boolean().default(false).describe("print counts as JSON"),
});

export const main = app.entrypoint("main", { args }, async ({ json, ...given }) => {
  const watch = new Stopwatch();
  const root = resolve(given.root);
  const chunks = chunk(await findFiles(root), CHUNK_BYTES);
  watch.lap("find files");

  const parts = await measure.map(chunks).toArray();
  watch.lap(`map: read, count, sign (${chunks.length} chunks)`);

  const terms = new TermStatistics();
  for (const part of parts) terms.merge(part.terms);
  watch.lap("reduce: add up terms");

  const documents = parts.flatMap((part) => part.documents);
  const groups = groupDuplicates(documents);
  watch.lap("reduce: group near-duplicates");

  const report = toReport({ root, documents, terms, groups });
  if (json) console.log(JSON.stringify(report));
  else printReport(report, watch);
});
