import { fileURLToPath } from "node:url";
import { RunnerProcess } from "../../runtime-shim/agent/runner-process.ts";

const RUNNER_FILE: string = fileURLToPath(import.meta.resolve("windlass/runner-node"));

export interface InspectOptions {
  /** Stop before the first line of user code. */
  readonly isBreaking: boolean;
  /** `[host:]port`; 0 picks a free one. */
  readonly address: string;
}

let spare: RunnerProcess | undefined;

/** Starts a runner before anyone knows what it will run: its start-up then costs nothing later. */
export function prewarmRunner(cwd: string): void {
  spare ??= startNode(cwd, []);
}

/** A fresh runner process for a Node container. */
export function startRunner(cwd: string, inspect: InspectOptions | undefined): RunnerProcess {
  if (inspect !== undefined) {
    return startNode(cwd, [`--inspect${inspect.isBreaking ? "-wait" : ""}=${inspect.address}`]);
  }
  const runner = spare ?? startNode(cwd, []);
  spare = undefined;
  return runner;
}

/** Ends a runner that was started early and never used. */
export function dropPrewarmed(): void {
  spare?.kill();
  spare = undefined;
}

function startNode(cwd: string, flags: readonly string[]): RunnerProcess {
  const args = ["--enable-source-maps", ...flags, RUNNER_FILE];
  return new RunnerProcess({ command: process.execPath, args, cwd });
}
