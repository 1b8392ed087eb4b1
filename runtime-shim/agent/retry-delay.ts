import type { RetriesSpec } from "../../lib/spec.ts";

/**
 * Milliseconds before the next attempt: `initial × coefficient ^ attempt`, at most the maximum.
 * Source: Modal's `Retries`, whose documentation bounds the delay by `max_delay`.
 */
export function retryDelayMs(retries: RetriesSpec, attempt: number): number {
  const seconds = retries.initialDelaySeconds * retries.backoffCoefficient ** attempt;
  return Math.min(seconds, retries.maxDelaySeconds) * 1000;
}
