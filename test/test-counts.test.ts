import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { afterAll, expect, it } from "vitest";
import { tempProject, writeFiles } from "./bundle/temp-project.ts";

const SCRIPT = resolve(import.meta.dirname, "../scripts/test-counts.mjs");
const folder = tempProject({}, afterAll);

type Tests = Readonly<Record<string, readonly ("passed" | "failed" | "skipped")[]>>;

/** What is said of runs with these tests in each file, and how it ends; without tests there is no report. */
function verdict(...runs: readonly (readonly [tests: Tests | undefined, exit: number])[]): {
  readonly status: number | null;
  readonly lines: readonly string[];
} {
  const args = runs.flatMap(([tests, exit], run) => {
    if (tests !== undefined) {
      const testResults = Object.entries(tests).map(([name, statuses]) => ({
        ...{ name, status: statuses.includes("failed") ? "failed" : "passed", message: "" },
        assertionResults: statuses.map((status, test) => ({
          ...{ status, fullName: `test ${test}`, failureMessages: [`reason ${test}`] },
        })),
      }));
      writeFiles(folder, { [`${run}.json`]: JSON.stringify({ testResults }) });
    }
    return [join(folder, tests === undefined ? "none.json" : `${run}.json`), String(exit)];
  });
  const { status, stdout } = spawnSync(process.execPath, [SCRIPT, "0", ...args], {
    encoding: "utf8",
  });
  return { status, lines: stdout.trimEnd().split("\n") };
}

const TYPES: Tests = { "/test/types/app.test-d.ts": ["passed"] };

it("adds up the tests of all runs", () => {
  const first: Tests = { ...TYPES, "/test/a.test.ts": ["passed", "passed"] };
  expect(verdict([first, 0], [{ "/test/b.test.ts": ["passed", "skipped"] }, 0])).toEqual({
    status: 0,
    lines: ["4 passed, 0 failed, 1 skipped"],
  });
});

it("fails where no test of types was run, whatever else has passed", () => {
  const { status, lines } = verdict([{ "/test/a.test.ts": ["passed"] }, 0]);
  expect(status).toBe(1);
  expect(lines).toEqual([expect.stringContaining("no test of types"), "1 passed, 1 failed"]);
});

it("fails where a run ended badly with no test to blame, or left no report", () => {
  const bad = {
    status: 1,
    lines: [expect.stringContaining("FAILED outside of its tests"), "1 passed, 1 failed"],
  };
  expect(verdict([TYPES, 1])).toEqual(bad);
  expect(verdict([TYPES, 0], [undefined, 1])).toEqual(bad);
});

it("says at the end which tests have failed, and why", () => {
  const name = resolve("test/a.test.ts");
  const { status, lines } = verdict([{ ...TYPES, [name]: ["passed", "failed"] }, 1]);
  expect(status).toBe(1);
  expect(lines).toEqual(["FAILED test/a.test.ts: test 1", "reason 1", "2 passed, 1 failed"]);
});
