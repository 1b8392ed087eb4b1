import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { app, MiniLm } from "../../examples/search.ts";
import { windlassRun } from "./cli.ts";

// The first run installs the model: it takes as long as its 83 MB do.
const MINUTES = 60_000;
const ROOT = join(import.meta.dirname, "../..");
const MODULES = join(ROOT, "node_modules");
/** Those that are searched for, among others. */
const PACKAGES = ["argparse", "bullmq", "zod", "fflate", "color-convert"];
const OTHERS = 40;

const corpus = mkdtempSync(join(tmpdir(), "windlass-corpus-"));
afterAll(() => rmSync(corpus, { recursive: true }));

function copyTexts(names: readonly string[]): void {
  for (const name of names) {
    const files = readdirSync(join(MODULES, name)).filter((file) => /^(readme|licen)/i.test(file));
    mkdirSync(join(corpus, name));
    for (const file of files) copyFileSync(join(MODULES, name, file), join(corpus, name, file));
  }
}

describe("the example of semantic search", () => {
  it(
    "embeds texts as the model is documented to",
    async () => {
      await using _ = await app.run({ backend: "local", output: false });
      const texts = [
        "The weather is lovely today.",
        "It's so sunny outside!",
        "He drove to the stadium.",
      ];
      const [a, b, c] = await new MiniLm().embed.map(texts).toArray();

      // From the page of the model, rounded there.
      expect(cosine(a, b)).toBeCloseTo(0.666, 3);
      expect(cosine(a, c)).toBeCloseTo(0.1046, 3);
      expect(cosine(b, c)).toBeCloseTo(0.1411, 3);
    },
    5 * MINUTES,
  );

  it(
    "finds the package that does what is asked for",
    async () => {
      const others = readdirSync(MODULES).filter((name) => /^[a-z]/.test(name));
      copyTexts([...new Set([...PACKAGES, ...others.slice(0, OTHERS)])]);
      const questions = [
        ["read the arguments of a program", "argparse"],
        ["put background jobs into a queue on Redis", "bullmq"],
        ["check data against a schema, with static types", "zod"],
        ["make files smaller", "fflate"],
        ["from red, green and blue to hue and brightness", "color-convert"],
      ] as const;
      const flags = questions.flatMap(([query]) => ["--query", query]);
      const { stdout } = await windlassRun("examples/search.ts", "--root", corpus, ...flags);

      for (const [query, name] of questions) {
        const [, first] = new RegExp(`^${query}\n.*  (\\S+)$`, "m").exec(stdout) ?? [];
        expect(first, stdout).toMatch(new RegExp(`^${name}/`));
      }
    },
    5 * MINUTES,
  );
});

it("passes the wire vectors with numpy, which it has installed", () => {
  const folder = join(ROOT, ".windlass/python");
  const pythons = readdirSync(folder)
    .filter((name) => /^[0-9a-f]{32}$/.test(name))
    .map((name) => join(folder, name, "bin/python"));
  const hasNumpy = "import importlib.util as u; print(u.find_spec('numpy') is not None)";
  const [python = ""] = pythons.filter(
    (each) => execFileSync(each, ["-c", hasNumpy], { encoding: "utf8" }).trim() === "True",
  );

  const files = ["test/python/vectors.py", "test/vectors/wire.json", "runtime-shim/runner-python"];
  const output = execFileSync(python, files, { cwd: ROOT, encoding: "utf8" });

  expect(JSON.parse(output)).toMatchObject({ wrong: [] });
});

function cosine(a: Float32Array | undefined, b: Float32Array | undefined): number {
  return [...(a ?? [])].reduce((sum, value, at) => sum + value * (b?.[at] ?? 0), 0);
}
