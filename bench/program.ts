import { spawnSync } from "node:child_process";
import { BenchError } from "./bench-error.ts";

/** Runs Node with these arguments to its end. @throws Error with its output when it fails */
export function runProgram(
  args: readonly string[],
  cwd: string,
): { readonly milliseconds: number; readonly output: string } {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const start = performance.now();
  const result = spawnSync(process.execPath, args, { cwd, env, encoding: "utf8" });
  const milliseconds = performance.now() - start;
  const output = `${result.stdout}${result.stderr}`;
  if (result.status === 0) return { milliseconds, output };
  throw new BenchError(`node ${args.join(" ")} ended with ${result.status}:\n${output}`);
}
