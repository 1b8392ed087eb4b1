import { execFile } from "node:child_process";
import { BenchError } from "./bench-error.ts";

/** Runs Node with these arguments to its end while this process goes on, and answers what it printed. @throws BenchError */
export function runBeside(args: readonly string[], cwd: string): Promise<string> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new BenchError(`node ${args.join(" ")} failed:\n${stdout}${stderr}`));
    });
  });
}
