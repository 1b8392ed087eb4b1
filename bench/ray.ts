import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BenchError } from "./bench-error.ts";

const ENVIRONMENT: string = fileURLToPath(new URL(".venv", import.meta.url));
const VERSION = "2.60.0";

/** Installs Ray from PyPI into bench/.venv unless it is there, and returns the Python to run it with. */
export function ensureRay(): string {
  const python = `${ENVIRONMENT}/bin/python`;
  if (existsSync(python) && spawnSync(python, ["-c", "import ray"]).status === 0) return python;
  perform("python3", ["-m", "venv", ENVIRONMENT]);
  perform(python, ["-m", "pip", "install", "--quiet", `ray==${VERSION}`]);
  return python;
}

function perform(program: string, args: readonly string[]): void {
  const result = spawnSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (result.status === 0) return;
  throw new BenchError(`installing Ray failed: ${program} ${args.join(" ")}`);
}
