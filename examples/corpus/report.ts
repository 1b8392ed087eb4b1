import { relative } from "node:path";
import type { Signed } from "./duplicates.ts";
import type { Stopwatch } from "./stopwatch.ts";
import { table } from "./table.ts";
import type { TermList, TermStatistics } from "./terms.ts";

export interface Document extends Signed {
  readonly bytes: number;
  readonly tokens: number;
}

export interface Report {
  readonly files: number;
  readonly bytes: number;
  readonly tokens: number;
  readonly distinctTerms: number;
  readonly topTerms: TermList;
  /** Groups of near-duplicates, as paths below the root. */
  readonly duplicates: readonly (readonly string[])[];
}

interface Findings {
  readonly root: string;
  readonly documents: readonly Document[];
  readonly terms: TermStatistics;
  readonly groups: readonly (readonly string[])[];
}

export function toReport({ root, documents, terms, groups }: Findings): Report {
  return {
    files: documents.length,
    bytes: documents.reduce((sum, { bytes }) => sum + bytes, 0),
    tokens: documents.reduce((sum, { tokens }) => sum + tokens, 0),
    distinctTerms: terms.distinct,
    topTerms: terms.top(10),
    duplicates: groups.map((group) => group.map((path) => relative(root, path))),
  };
}

export function printReport(report: Report, { laps }: Stopwatch): void {
  const { duplicates, files, bytes, tokens, distinctTerms, topTerms } = report;
  const grouped = duplicates.reduce((sum, group) => sum + group.length, 0);
  const totals = [[files, bytes, tokens, distinctTerms, duplicates.length, grouped]];
  const headings = ["files", "bytes", "tokens", "terms", "groups", "files in groups"];
  console.log(table("Corpus", headings, totals));
  console.log(table("Most frequent terms", ["term", "count", "files"], topTerms));
  const largest = duplicates.slice(0, 8).map((group) => [group.length, group[0] ?? ""]);
  console.log(table("Largest groups of near-duplicates", ["files", "first"], largest));
  const stages = laps.map(({ stage, ms }) => [stage, ms]);
  console.log(table("Time", ["stage", "ms"], stages));
}
