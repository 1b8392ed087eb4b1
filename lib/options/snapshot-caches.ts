import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

const VARIABLE = /^(?!WINDLASS_|AWS_)[A-Z_][A-Z0-9_]{0,254}$/;

/** What is wrong with `snapshotCaches`. */
export function checkSnapshotCaches(value: unknown, subject: string): Violation[] {
  const code = "WINDLASS_INVALID_SNAPSHOT_CACHES";
  const hint = 'write names of variables that name a folder: `["TRANSFORMERS_CACHE"]`';
  if (!Array.isArray(value)) {
    return [{ code, message: `${subject} must be an array of names, got ${show(value)}`, hint }];
  }
  return value
    .filter((name) => typeof name !== "string" || !VARIABLE.test(name))
    .map((name) => {
      const message = `${subject} must hold names of environment variables, in capital letters and not of ours or AWS's, got ${show(name)}`;
      return { code, message, hint };
    });
}
