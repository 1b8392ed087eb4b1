import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { BenchError } from "./bench-error.ts";

/** Ids of the threads of a process. */
export function threadsOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).map(Number);
}

/** Ids of the Node processes that a process started, and those started in turn. */
export function nodeDescendantsOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const found = [pid];
  for (const ancestor of found) {
    for (const [child, parent] of parents) if (parent === ancestor) found.push(child);
  }
  return found.slice(1).filter(isNode);
}

/** Confines threads to one core. @throws Error when `taskset` is missing or refuses */
export function pinThreads(core: number, threads: readonly number[]): void {
  for (const thread of threads) {
    const result = spawnSync("taskset", ["-pc", String(core), String(thread)], {
      encoding: "utf8",
    });
    const gone = result.stderr?.includes("No such process");
    if (result.status === 0 || gone) continue;
    const why = result.error?.message ?? result.stderr;
    throw new BenchError(
      `taskset is needed to pin contenders (apt-get install -y util-linux): ${why}`,
    );
  }
}

/** Confines all threads of processes to one core. */
export function pinProcesses(core: number, pids: readonly number[]): void {
  pinThreads(core, pids.flatMap(threadsOf));
}

function isNode(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`) === process.execPath;
  } catch {
    return false; // It ended while it was looked at.
  }
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name, in parentheses, may hold spaces.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined; // It ended while it was looked at.
  }
}
