import { randomBytes } from "node:crypto";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** An engine begins another file from this size on. */
export const LOG_FILE_BYTES: number = 10 * 1024 * 1024;
/** A project keeps its newest files up to this size. */
const KEPT_BYTES = 50 * 1024 * 1024;
const KEPT_FILES = 1000;

/** A file with lines of one engine. */
export interface LogFileInfo {
  readonly path: string;
  /** Its first line is not older, in milliseconds since 1970. */
  readonly from: number;
  /** When it was last written. */
  readonly to: number;
  readonly bytes: number;
}

/** The folder with the log of a project. */
export function logFolder(stateDirectory: string): string {
  return join(stateDirectory, "logs");
}

/** The name of a new file: those of later ones are greater. */
export function logFileName(now: number): string {
  return `${String(now).padStart(15, "0")}-${randomBytes(4).toString("hex")}.jsonl`;
}

/** The files of a folder, the oldest first. */
export function listLogFiles(folder: string): LogFileInfo[] {
  const files: LogFileInfo[] = [];
  for (const name of namesIn(folder)) {
    const time = /^(\d{15})-[0-9a-f]{8}\.jsonl$/.exec(name)?.[1];
    const path = join(folder, name);
    const stats = time === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    files.push({ path, from: Number(time), to: stats.mtimeMs, bytes: stats.size });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Removes the oldest files of a folder, to make room for a new one. */
export function dropOldLogs(folder: string): void {
  let bytes = LOG_FILE_BYTES;
  for (const [at, file] of listLogFiles(folder).reverse().entries()) {
    bytes += file.bytes;
    if (bytes > KEPT_BYTES || at >= KEPT_FILES) rmSync(file.path, { force: true });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // Nothing was written yet.
  }
}
