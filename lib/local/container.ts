import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { RunnerProcess } from "../../runtime-shim/agent/runner-process.ts";

const RUNNER_FILE: string = fileURLToPath(import.meta.resolve("windlass/runner-node"));

const PYTHON_RUNNER_FILE: string = fileURLToPath(
  import.meta.resolve("windlass/runner-python/main.py"),
);

export interface InspectOptions {
  /** Stop before the first line of user code. */
  readonly isBreaking: boolean;
  /** `[host:]port`; 0 picks a free one. */
  readonly address: string;
}

let spare: RunnerProcess | undefined;
let doesSpareTakeConnections = false;

/** Starts a runner before anyone knows what it will run: its start-up then costs nothing later. */
export function prewarmRunner(cwd: string, takesConnections = false): void {
  if (spare !== undefined) return;
  spare = startNode(cwd, [], takesConnections);
  doesSpareTakeConnections = takesConnections;
}

export interface StartOptions {
  readonly inspect: InspectOptions | undefined;
  /** Its function answers requests. */
  readonly takesConnections: boolean;
}

/** A fresh runner process for a Node container. */
export function startRunner(
  cwd: string,
  { inspect, takesConnections }: StartOptions,
): RunnerProcess {
  if (inspect !== undefined) {
    const flag = `--inspect${inspect.isBreaking ? "-wait" : ""}=${inspect.address}`;
    return startNode(cwd, [flag], takesConnections);
  }
  const isFit = spare !== undefined && (doesSpareTakeConnections || !takesConnections);
  if (spare === undefined || !isFit) return startNode(cwd, [], takesConnections);
  const runner = spare;
  spare = undefined;
  return runner;
}

/** A fresh runner process for a Python container. */
export function startPythonRunner(cwd: string, python: string): RunnerProcess {
  const runner = new RunnerProcess({ command: python, args: [PYTHON_RUNNER_FILE], cwd });
  useBatchPolicy(runner.pid);
  return runner;
}

/** Ends a runner that was started early and never used. */
export function dropPrewarmed(): void {
  spare?.kill();
  spare = undefined;
}

function startNode(cwd: string, flags: readonly string[], takesConnections = false): RunnerProcess {
  const args = ["--enable-source-maps", ...flags, RUNNER_FILE];
  const runner = new RunnerProcess({ command: process.execPath, args, cwd, takesConnections });
  // Whoever waits for an answer is not the engine: it should come at once.
  if (!takesConnections) useBatchPolicy(runner.pid);
  return runner;
}

/**
 * Linux's batch policy: a container that is sent work does not interrupt the engine on its core, where the
 * engine would wait for it. A tenth more inputs a second on two cores (`npm run bench -- map`).
 */
function useBatchPolicy(pid: number | undefined): void {
  if (process.platform !== "linux" || pid === undefined) return;
  const chrt = spawn("chrt", ["--batch", "--pid", "0", String(pid)], { stdio: "ignore" });
  // It makes things faster, not right: where it is missing or forbidden, nothing else changes.
  chrt.on("error", () => {});
  chrt.unref();
}
