// Runs the conformance suite on each backend and prints its table; `--json` prints a line of counts for each backend.
// A case that a backend is known not to do (test/conformance/gaps.ts) counts as failed here.
// Usage: node --import tsx scripts/conformance.mjs [--json] [--backend <name>]...
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROWS } from "../test/conformance/rows.ts";

const PROJECTS = { local: "unit", docker: "docker", aws: "aws", testing: "unit" };

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    backend: { type: "string", multiple: true, default: Object.keys(PROJECTS) },
  },
});

const outcomes = options.backend.map((backend) => ({ backend, cases: run(backend) }));
if (options.json) for (const outcome of outcomes) console.log(JSON.stringify(count(outcome)));
else printTable(outcomes);
process.exitCode = outcomes.every((outcome) => count(outcome).failed === 0) ? 0 : 1;

/** The cases of a backend: `{ row, title, status, gap }`. */
function run(backend) {
  const folder = mkdtempSync(join(tmpdir(), "windlass-conformance-"));
  const file = join(folder, "report.json");
  const project = PROJECTS[backend];
  if (project === undefined) throw new RangeError(`there is no backend ${backend}`);
  const test = `test/conformance/${backend}.test.ts`;
  const reports = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  // What it tells while it runs goes to standard error: standard output is for the table.
  const { status } = spawnSync(
    process.execPath,
    ["node_modules/vitest/vitest.mjs", "run", "--project", project, test, ...reports],
    { stdio: ["ignore", 2, 2] },
  );
  try {
    const report = JSON.parse(readFileSync(file, "utf8"));
    const cases = report.testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .flatMap(toCase);
    if (cases.length === 0 && status !== 0) throw new RangeError(`${test} could not run`);
    return cases;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function toCase({ title, status, meta }) {
  if (meta?.conformance === undefined) return [];
  const { row, gap } = meta.conformance;
  return [{ row, title, gap, status: gap === undefined ? status : "gap" }];
}

function count({ backend, cases }) {
  const of = (...statuses) => cases.filter(({ status }) => statuses.includes(status)).length;
  const [passed, failed] = [of("passed"), of("failed", "gap")];
  return { backend, passed, failed, skipped: cases.length - passed - failed };
}

function printTable(outcomes) {
  for (const { id, section, core, says, elsewhere, pending } of ROWS) {
    console.log(`${core}  §${section.padEnd(6)} ${id.padEnd(26)} ${says}`);
    if (elsewhere) console.log(`     ${elsewhere.file}: ${elsewhere.title}`);
    if (pending) console.log(`     pending: ${pending}`);
    const titles = new Set(
      outcomes.flatMap(({ cases }) =>
        cases.filter(({ row }) => row === id).map(({ title }) => title),
      ),
    );
    for (const title of titles) console.log(`     ${marks(outcomes, title)}  ${title}`);
  }
  for (const outcome of outcomes) {
    const { backend, passed, failed, skipped } = count(outcome);
    console.log(`${backend}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
    for (const { title, gap } of outcome.cases) if (gap) console.log(`  gap: ${title}: ${gap}`);
  }
}

function marks(outcomes, title) {
  return outcomes
    .map(({ backend, cases }) => {
      const found = cases.find((one) => one.title === title);
      return `${backend} ${found?.status ?? "not run"}`;
    })
    .join(", ");
}
