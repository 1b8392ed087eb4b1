import { toError } from "../client/failure.ts";
import { isWindlassError } from "../errors.ts";
import { Deployments } from "./deployments.ts";
import type { Objects } from "./objects.ts";
import type { Rows } from "./rows.ts";
import { StoredCalls } from "./stored-calls.ts";

export interface CallEndOptions {
  readonly app: string;
  readonly environment: string;
  readonly rows: Rows;
  readonly objects: Objects;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How a call of one input stands: `unknown` where the table has nothing of it. */
export type CallEnd =
  | { readonly state: "unknown" | "open" | "done" }
  | { readonly state: "failed"; readonly error: Error };

/** Looks once whether a call of one input has ended. */
export async function endOfCall(callId: string, options: CallEndOptions): Promise<CallEnd> {
  const { now } = options;
  const calls = new StoredCalls({
    ...options,
    deployments: new Deployments(options),
    wallClock: now,
    sleep: async () => {},
    onWait: () => {},
    reasonOf: async () => undefined,
  });
  try {
    const { pages } = await calls.read({ callId, start: 0, count: 1, waitMs: 0 });
    const [page] = pages;
    if (page === undefined) return { state: "open" };
    const [failure] = page.failures ?? [];
    return failure === undefined ? { state: "done" } : { state: "failed", error: toError(failure) };
  } catch (error) {
    if (!isWindlassError(error)) throw error;
    if (error.code === "WINDLASS_CALL_NOT_FOUND") return { state: "unknown" };
    if (error.code === "WINDLASS_OUTPUT_EXPIRED") return { state: "failed", error };
    throw error;
  }
}
