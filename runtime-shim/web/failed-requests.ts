import type { FailureKind } from "../../lib/backend.ts";
import type { Clock } from "../../lib/clock.ts";

/** Why a request failed. */
export interface RequestFailure {
  readonly kind: Extract<FailureKind, "error" | "timeout">;
  readonly error: unknown;
  /** The method of a class that answered. */
  readonly method?: string | undefined;
}

/** Hears of requests that failed. */
export type OnFailed = (failure: RequestFailure) => void;

/** What fails, fails often, and each event costs: a container tells of one in this time. */
const EVERY_MS = 1000;

/** Passes on one failure a second at most. */
export function sparingly(tell: OnFailed, { now }: Pick<Clock, "now">): OnFailed {
  let toldAt = Number.NEGATIVE_INFINITY;
  return (failure) => {
    if (now() - toldAt < EVERY_MS) return;
    toldAt = now();
    tell(failure);
  };
}
