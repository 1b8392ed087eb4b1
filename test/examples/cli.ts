import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `windlass run` as a user does; rejects unless it exits with 0. */
export function windlassRun(...args: readonly string[]): Promise<Output> {
  const command = ["dist/bin/main.js", "run", ...args];
  return run(process.execPath, command, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
}
