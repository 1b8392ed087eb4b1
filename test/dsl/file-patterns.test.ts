import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FilePatternMatcher } from "windlass";
import { mistake } from "./mistake.ts";

const FILES = [
  "a.py",
  "a.pyc",
  "docs/a.md",
  "docs/deep/b.md",
  "docs/deep/c.txt",
  "node_modules/x/index.js",
  "src/[id].ts",
  "src/node_modules/y.js",
];

// What Docker itself leaves out of a build by these lines.
test.each<[readonly string[], readonly string[]]>([
  [["*.py"], ["a.py"]],
  [["a.py?"], ["a.pyc"]],
  [["docs"], ["docs/a.md", "docs/deep/b.md", "docs/deep/c.txt"]],
  [["/docs/"], ["docs/a.md", "docs/deep/b.md", "docs/deep/c.txt"]],
  [["*.md"], []],
  [["*/*.md"], ["docs/a.md"]],
  [["**/*.md"], ["docs/a.md", "docs/deep/b.md"]],
  [["**/node_modules"], ["node_modules/x/index.js", "src/node_modules/y.js"]],
  [["docs/**"], ["docs/a.md", "docs/deep/b.md", "docs/deep/c.txt"]],
  [["docs", "!docs/deep"], ["docs/a.md"]],
  [
    ["docs", "!docs/deep", "docs/deep/c.txt"],
    ["docs/a.md", "docs/deep/c.txt"],
  ],
  [["!a.py"], []],
  [["./src/../a.py", "  ", ""], ["a.py"]],
  [["src/\\[id\\].ts"], ["src/[id].ts"]],
  [["a.[a-p]y"], ["a.py"]],
  [["a.[^q]y"], ["a.py"]],
  [["."], FILES],
])("%j matches %j", (patterns, expected) => {
  const matcher = new FilePatternMatcher(...patterns);
  const inverted = matcher.invert();

  expect(FILES.filter((file) => matcher.matches(file))).toEqual(expected);
  expect(FILES.filter((file) => !inverted.matches(file))).toEqual(expected);
});

test("patterns of a file are read when they are asked for, without comments", () => {
  const folder = mkdtempSync(join(tmpdir(), "windlass-patterns-"));
  const matcher = FilePatternMatcher.fromFile(join(folder, ".dockerignore"));
  writeFileSync(join(folder, ".dockerignore"), "# all of it\r\ndocs\r\n!docs/a.md\r\n");

  const found = FILES.filter((file) => matcher.invert().invert().matches(file));

  rmSync(folder, { recursive: true });
  expect(found).toEqual(["docs/deep/b.md", "docs/deep/c.txt"]);
});

test("what is no pattern is refused", () => {
  expect(mistake(() => new FilePatternMatcher("a", 3 as never))).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_IGNORE_PATTERN
    patterns of files are those of a .dockerignore, got 3
    hint: write for instance "**/*.log" or "!important.log""
  `);
});
