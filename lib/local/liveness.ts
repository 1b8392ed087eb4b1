import { readFileSync } from "node:fs";
import type { EngineRecord } from "./store.ts";

/** States of a process that has ended: zombie, dead. */
const ENDED = new Set(["Z", "X", "x"]);

/** This process, as others can recognise it. */
export function describeSelf(): EngineRecord {
  return { pid: process.pid, startedAt: startTime(process.pid) ?? "" };
}

/** True while the process of this record lives. */
export function isAlive(record: EngineRecord | undefined): boolean {
  if (record === undefined) return false;
  try {
    process.kill(record.pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to someone else.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return record.startedAt === (startTime(record.pid) ?? "");
}

/**
 * When a process started, in clock ticks since boot: field 22 of /proc/<pid>/stat (proc(5)). Undefined for one that
 * has ended, though its parent has not asked how (a zombie, or one on its way there): in a container whose first
 * process never asks, it stays for ever.
 */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's name in brackets and may hold spaces.
    const [state = "", ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return ENDED.has(state) ? undefined : rest[18];
  } catch {
    return undefined;
  }
}
