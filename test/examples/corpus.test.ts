import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chunk } from "../../examples/corpus/files.ts";
import type { Report } from "../../examples/corpus/report.ts";
import { windlassRun } from "./cli.ts";
import { type Survey, survey } from "./survey.ts";

async function corpus(root: string): Promise<Report> {
  const { stdout } = await windlassRun("examples/corpus.ts", "--root", root, "--json");
  return JSON.parse(stdout);
}

describe("over the installed packages", () => {
  let report: Report;
  let expected: Survey;

  beforeAll(async () => {
    const root = join(import.meta.dirname, "../../node_modules");
    report = await corpus(root);
    expected = survey(root);
  });

  it("counts files, bytes, tokens and terms as an independent count does", () => {
    const { files, bytes, tokens, distinctTerms } = report;

    expect({ files, bytes, tokens, distinctTerms }).toEqual({
      files: expected.files,
      bytes: expected.bytes,
      tokens: expected.tokens,
      distinctTerms: expected.terms.size,
    });
    expect(files).toBeGreaterThan(100);
  });

  it("lists the most frequent terms with their documents", () => {
    const sorted = [...expected.terms].sort(
      ([a, [countA]], [b, [countB]]) => countB - countA || (a < b ? -1 : 1),
    );

    expect(report.topTerms).toEqual(
      sorted.slice(0, 10).map(([term, [count, documents]]) => [term, count, documents]),
    );
  });

  it("puts all copies of a file into one group", () => {
    expect(expected.copies.length).toBeGreaterThan(5);
    for (const copies of expected.copies) expect(groupsOf(report, copies)).toHaveLength(1);
  });

  it("puts files that differ in white space and punctuation only into one group", () => {
    const byText = new Map<string, string[]>();
    for (const [path, tokens] of expected.documents) {
      const text = tokens.join(" ");
      byText.set(text, [...(byText.get(text) ?? []), path]);
    }

    for (const paths of byText.values()) expect(groupsOf(report, paths)).toHaveLength(1);
  });

  it("groups no file that is unlike all others of its group", () => {
    for (const group of report.duplicates) {
      const shingles = group.map((path) => triples(expected.documents.get(path) ?? []));
      for (const [at, own] of shingles.entries()) {
        const others = shingles.filter((_, other) => other !== at);
        const nearest = Math.max(...others.map((other) => jaccard(own, other)));
        expect(nearest, group[at]).toBeGreaterThan(0.6);
      }
    }
  });
});

describe("over a folder made for it", () => {
  const folder = mkdtempSync(join(tmpdir(), "windlass-corpus-"));
  const words = Array.from({ length: 300 }, (_, index) => `word${index}`);

  beforeAll(() => {
    mkdirSync(join(folder, "deep/er"), { recursive: true });
    writeFileSync(join(folder, "README.md"), words.join(" "));
    writeFileSync(join(folder, "deep/er/COPYING"), words.with(150, "changed").join("\n"));
    writeFileSync(join(folder, "deep/LICENCE-MIT"), "Ünïcode straße — 漢字 x2\n");
    writeFileSync(join(folder, "deep/empty.markdown"), "");
    writeFileSync(join(folder, "license.js"), "not prose");
    writeFileSync(join(folder, "licensed.txt"), "not a licence");
    symlinkSync(join(folder, "README.md"), join(folder, "link.md"));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it("finds prose by name, follows no links and groups a file with its edited copy", async () => {
    const report = await corpus(folder);

    expect(report).toMatchObject({ files: 4, tokens: 604, distinctTerms: 305 });
    expect(report.duplicates).toEqual([["README.md", "deep/er/COPYING"]]);
  });

  it("prints tables with the time of each stage", async () => {
    const { stdout } = await windlassRun("examples/corpus.ts", "--root", folder);

    expect(stdout).toMatch(/^files {2}bytes {2}tokens {2}terms {2}groups {2}files in groups$/m);
    expect(stdout).toMatch(/^ {4}2 {2}README\.md$/m);
    for (const stage of ["find files", "map: .*", "reduce: .*"]) {
      expect(stdout).toMatch(new RegExp(`^${stage} +\\d+$`, "m"));
    }
  });

  it("reports nothing for a folder without prose", async () => {
    mkdirSync(join(folder, "none"), { recursive: true });

    const report = await corpus(join(folder, "none"));

    expect(report).toEqual({
      files: 0,
      bytes: 0,
      tokens: 0,
      distinctTerms: 0,
      topTerms: [],
      duplicates: [],
    });
  });
});

it("chunks hold every file once, in order", () => {
  const files = [3, 9, 1, 1, 20, 4].map((bytes, index) => ({ path: `${index}`, bytes }));

  expect(chunk(files, 10)).toEqual([["0", "1"], ["2", "3", "4"], ["5"]]);
  expect(chunk([], 10)).toEqual([]);
});

/** The groups that hold any of these paths; a path that is in none counts as one of its own. */
function groupsOf({ duplicates }: Report, paths: readonly string[]): unknown[] {
  return [
    ...new Set(paths.map((path) => duplicates.find((group) => group.includes(path)) ?? path)),
  ];
}

function triples(tokens: readonly string[]): Set<string> {
  return new Set(tokens.slice(0, -2).map((_, at) => tokens.slice(at, at + 3).join("/")));
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size + b.size === 0) return 1;
  let shared = 0;
  for (const item of a) if (b.has(item)) shared += 1;
  return shared / (a.size + b.size - shared);
}
