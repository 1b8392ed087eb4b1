// Mutation tests of the scheduling policy: Stryker changes its source, one place at a time, and each change that no test
// of test/scheduling notices is a survivor. Each file is mutated by itself, each mutant meets only the tests that run it,
// and what was found before is not looked for again while neither source nor tests have changed. An hour for all of them
// at first, at the lowest priority.
// Usage: node scripts/mutation.mjs [file]...    mutates these files, or all; prints what survives
//        node scripts/mutation.mjs --report     prints what survived last
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

// The last that runs on Node 20. It is no dependency: it would make each installation a third larger.
const STRYKER = "9.6.1";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}.windlass/stryker`;
const args = process.argv.slice(2);
const all = readdirSync(`${root}lib/scheduling`)
  .filter((name) => name.endsWith(".ts"))
  .map((name) => `lib/scheduling/${name}`);
const mutated = args.some((arg) => !arg.startsWith("--")) ? args : all;
// What the tests need of the repository.
const kept = [
  ...["lib", "lib/**", "test", "test/scheduling", "test/scheduling/**", "docs", "docs/*.md"],
  ...[
    ".windlass",
    ".windlass/stryker",
    ".windlass/stryker/*.mjs",
    "package.json",
    "tsconfig*.json",
  ],
];

if (!args.includes("--report")) mutate();
report();

function mutate() {
  setPriority(0, constants.priority.PRIORITY_LOW);
  install();
  write(
    "vitest.config.mjs",
    undefined,
    'export default { root: process.cwd(), test: { testTimeout: 60_000, env: { WINDLASS_PROPERTY_SHARE: "0.1" } } };\n',
  );
  for (const file of mutated) {
    write("stryker.config.mjs", {
      testRunner: "vitest",
      plugins: [`${folder}/node_modules/@stryker-mutator/vitest-runner/dist/src/index.js`],
      vitest: {
        configFile: ".windlass/stryker/vitest.config.mjs",
        dir: "test/scheduling",
        related: false,
      },
      mutate: [file],
      ignorePatterns: ["*", ...kept.map((pattern) => `!${pattern}`)],
      incremental: true,
      incrementalFile: stateOf(file),
      concurrency: 2,
      timeoutMS: 20_000,
      reporters: ["json"],
      jsonReporter: { fileName: reportOf(file) },
      tempDirName: ".windlass-mutation",
    });
    run(`${folder}/node_modules/.bin/stryker`, ["run", `${folder}/stryker.config.mjs`]);
  }
}

function stateOf(file) {
  return `${folder}/state/${basename(file, ".ts")}.json`;
}

function reportOf(file) {
  return `${folder}/reports/${basename(file, ".ts")}.json`;
}

function install() {
  const known = `${folder}/node_modules/@stryker-mutator/core/package.json`;
  if (existsSync(known) && JSON.parse(readFileSync(known, "utf8")).version === STRYKER) return;
  mkdirSync(folder, { recursive: true });
  write("package.json", undefined, '{ "private": true }\n');
  const names = ["core", "vitest-runner"].map((name) => `@stryker-mutator/${name}@${STRYKER}`);
  // Vitest is the repository's own.
  run("npm", ["install", "--prefix", folder, "--legacy-peer-deps", "--no-audit", ...names]);
}

function write(name, value, text = `export default ${JSON.stringify(value, null, 2)};\n`) {
  writeFileSync(`${folder}/${name}`, text);
}

function run(command, parameters) {
  const { status } = spawnSync(command, parameters, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

function report() {
  const counts = {};
  for (const file of mutated) {
    if (!existsSync(reportOf(file))) continue;
    const { files } = JSON.parse(readFileSync(reportOf(file), "utf8"));
    const { mutants = [], source = "" } = files[file] ?? {};
    const lines = source.split("\n");
    for (const { status, mutatorName, replacement, location } of mutants) {
      counts[status] = (counts[status] ?? 0) + 1;
      if (status !== "Survived" && status !== "NoCoverage") continue;
      const { line } = location.start;
      console.log(`${file}:${line} ${status} ${mutatorName}`);
      console.log(`  ${lines[line - 1].trim()}\n  -> ${replacement.replaceAll(/\s+/g, " ")}`);
    }
  }
  console.log(JSON.stringify(counts));
}
