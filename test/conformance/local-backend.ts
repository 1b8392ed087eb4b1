import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import * as module from "./app.ts";
import type { BackendUnderTest } from "./backend.ts";
import { Notebook } from "./notebook.ts";

const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const PROGRAM = join(import.meta.dirname, "other-process.ts");
const REPOSITORY = resolve(import.meta.dirname, "../..");

/** The local engine, started as a program of its user would. */
export async function openLocal(): Promise<BackendUnderTest> {
  const notebook = await Notebook.open("127.0.0.1");
  const run = await module.app.run({ backend: "local", output: false });
  return {
    handles: module,
    notebook,
    otherProcess: (...args) => runOtherProcess(["local", ...args], {}),
    async close() {
      await run.close();
      notebook.close();
    },
  };
}

/** Runs `other-process.ts` and answers what it prints. */
export async function runOtherProcess(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", TSX, PROGRAM, ...args],
    { cwd: REPOSITORY, env: { ...process.env, ...env } },
  );
  return stdout;
}
