// Prints `N passed, N failed` from Vitest's JSON report and fails unless all is well.
// Usage: node scripts/test-counts.mjs <report> <exit code of the tests> <exit code of the linter>
import { readFileSync } from "node:fs";

const [report = "", testsExit, lintExit] = process.argv.slice(2);
const counts = count(read(report));

// What failed beside a test: lint, or a build or type error that left no test to count.
if (lintExit !== "0") {
  console.log("the linter found mistakes: see the top of this log");
  counts.failed += 1;
}
if (testsExit !== "0" && counts.failed === 0) counts.failed += 1;
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
