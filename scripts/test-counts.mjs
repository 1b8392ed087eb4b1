// Prints what failed in Vitest's JSON reports, then `N passed, N failed`, and fails unless all is well.
// Usage: node scripts/test-counts.mjs <exit code of the linter> (<report> <exit code of its tests>)...
import { readFileSync } from "node:fs";
import { relative } from "node:path";

const [lintExit, ...runs] = process.argv.slice(2);
const counts = { passed: 0, failed: 0, skipped: 0 };

// What failed beside a test: lint, or a build or type error that left no test to count.
if (lintExit !== "0") {
  console.log("the linter found mistakes: see the top of this log");
  counts.failed += 1;
}
let typeTests = 0;
for (let i = 0; i < runs.length; i += 2) {
  const report = read(runs[i]);
  const { passed, failed, skipped } = count(report);
  typeTests += count({ testResults: report.testResults.filter(isOfTypes) }).passed;
  const broken = failed === 0 && (runs[i + 1] !== "0" || passed === 0);
  report.testResults.forEach(printFailures);
  if (broken) console.log(`FAILED outside of its tests, exit code ${runs[i + 1]}: ${runs[i]}`);
  counts.passed += passed;
  counts.failed += broken ? 1 : failed;
  counts.skipped += skipped;
}
// Vitest gives up on all of them without a word where it takes one for something else.
if (typeTests === 0) {
  console.log("no test of types was run: `npm run test:types` says more");
  counts.failed += 1;
}
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;

function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { testResults: [] };
  }
}

/** A log is long, and its reader may have only the end of it. */
function printFailures({ name, status, message, assertionResults }) {
  if (status !== "failed") return;
  const failed = assertionResults.filter((test) => test.status === "failed");
  if (failed.length === 0) console.log(`FAILED ${relative(".", name)}\n${message}`);
  for (const { fullName, failureMessages } of failed) {
    console.log(`FAILED ${relative(".", name)}: ${fullName}\n${failureMessages.join("\n")}`);
  }
}

function isOfTypes({ name }) {
  return name.endsWith(".test-d.ts");
}

function count({ testResults }) {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  for (const { status, assertionResults } of testResults) {
    const failed = assertionResults.filter((test) => test.status === "failed").length;
    totals.failed += failed;
    totals.passed += assertionResults.filter((test) => test.status === "passed").length;
    totals.skipped += assertionResults.filter(({ status: is }) =>
      ["skipped", "pending", "todo", "disabled"].includes(is),
    ).length;
    // A file that could not be loaded has no tests to count.
    if (status === "failed" && failed === 0) totals.failed += 1;
  }
  return totals;
}
