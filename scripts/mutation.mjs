// Mutation tests of the scheduling policy: Stryker changes its source, one place at a time, and each change that no test
// of test/scheduling notices is printed. Takes about an hour.
// Usage: node scripts/mutation.mjs [file]...
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// The last that runs on Node 20. It is no dependency: it would make each installation a third larger.
const STRYKER = "9.6.1";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}.windlass/stryker`;
const report = `${folder}/report.json`;
const args = process.argv.slice(2);
const mutated = args.length > 0 ? args : ["lib/scheduling/**/*.ts"];
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

install();
write(
  "vitest.config.mjs",
  undefined,
  "export default { root: process.cwd(), test: { testTimeout: 60_000 } };\n",
);
write("stryker.config.mjs", {
  testRunner: "vitest",
  plugins: [`${folder}/node_modules/@stryker-mutator/vitest-runner/dist/src/index.js`],
  vitest: {
    configFile: ".windlass/stryker/vitest.config.mjs",
    dir: "test/scheduling",
    related: false,
  },
  mutate: mutated,
  ignorePatterns: ["*", ...kept.map((pattern) => `!${pattern}`)],
  concurrency: 2,
  timeoutMS: 20_000,
  reporters: ["json", "progress-append-only"],
  jsonReporter: { fileName: report },
  tempDirName: ".windlass-mutation",
});
run(`${folder}/node_modules/.bin/stryker`, ["run", `${folder}/stryker.config.mjs`]);
printSurvivors(JSON.parse(readFileSync(report, "utf8")));

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

function printSurvivors({ files }) {
  const counts = {};
  for (const [file, { mutants, source }] of Object.entries(files)) {
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
