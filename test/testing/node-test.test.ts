import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

test("the example's tests pass under node:test", async () => {
  const flags = ["--import", TSX, "--test", "--test-reporter=tap"];
  const { NODE_OPTIONS, NODE_TEST_CONTEXT, ...env } = process.env;

  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...flags, "examples/testing/thumbnails.test.ts"],
    { cwd: ROOT, env },
  );

  expect(stdout).toContain("# pass 3\n# fail 0");
});
