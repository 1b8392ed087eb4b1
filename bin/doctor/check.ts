import { isWindlassError } from "../../lib/errors.ts";

/** What `windlass doctor` found out about one subject. */
export interface Check {
  readonly subject: string;
  /** `warn`: it works, but perhaps not as wished. `fail`: something cannot work. */
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  /** What to do about it; null where there is nothing to do. */
  readonly fix: string | null;
}

/** A check of what is as it should be. */
export function ok(subject: string, message: string): Check {
  return { subject, status: "ok", message, fix: null };
}

/** A check that an error of ours stands for; any other error is a bug, and thrown on. */
export function checkOf(error: unknown, subject: string, status: Check["status"] = "fail"): Check {
  if (!isWindlassError(error)) throw error;
  return { subject, status, message: error.message, fix: error.hint ?? null };
}
