import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FIXTURE = fileURLToPath(new URL("fixtures/cdk-project", import.meta.url));
const require = createRequire(import.meta.url);
const TYPESCRIPT_6 = join(dirname(require.resolve("typescript")), "tsc.js");
const TYPESCRIPT_7 = join(dirname(require.resolve("typescript-7/package.json")), "bin/tsc");
const LOCAL = ["cat.png@100", 3, "small true base+model x", 2, "y", ["a", "b"]];
const REMOTE = ["cat.png@100", [4, 6], "small true base+model x", 2, "y", ["a", "b"]];

let project = "";

// Outside of this repository, with the package installed by name, as a user has it.
beforeAll(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), "windlass-consumer-")));
  cpSync(FIXTURE, project, { recursive: true });
  mkdirSync(join(project, "node_modules/@types"), { recursive: true });
  symlinkSync(ROOT, join(project, "node_modules/windlass"));
  for (const name of ["@types/node", "undici-types"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(project, "node_modules", name));
  }
});

afterAll(() => {
  rmSync(project, { recursive: true });
});

async function node(...args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(process.execPath, args, { cwd: project })).stdout.trim();
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new RangeError(`node ${args.join(" ")} failed\n${stdout}\n${stderr}`, { cause: error });
  }
}

test("an app compiles and runs in a CommonJS project as `cdk init` makes it", async () => {
  await node(TYPESCRIPT_6, "--project", ".");

  const printed: unknown = JSON.parse(await node("out/bin/main.js"));

  expect(printed).toEqual({ file: join(project, "out/lib/app.js"), local: LOCAL, remote: REMOTE });
});

test("an app runs under tsx", async () => {
  const tsx = pathToFileURL(require.resolve("tsx")).href;

  const printed: unknown = JSON.parse(await node("--import", tsx, "bin/main.ts"));

  expect(printed).toEqual({ file: join(project, "lib/app.ts"), local: LOCAL, remote: REMOTE });
});

test("an app runs in Vitest", async () => {
  // By computed names: the files belong to another project, of other compiler options.
  const { app } = await import(join(FIXTURE, "lib/app.ts"));
  const { callLocally } = await import(join(FIXTURE, "lib/calls.ts"));

  expect(await callLocally()).toEqual(LOCAL);
  expect(app.file).toBe(join(FIXTURE, "lib/app.ts"));
});

test.each([
  ["TypeScript 6", TYPESCRIPT_6],
  ["TypeScript 7", TYPESCRIPT_7],
])(
  "an app type-checks with %s, our declarations too, with exactOptionalPropertyTypes",
  async (_, tsc) => {
    const flags = ["--noEmit", "--skipLibCheck", "false", "--exactOptionalPropertyTypes"];

    expect(await node(tsc, "--project", ".", ...flags)).toBe("");
  },
);
