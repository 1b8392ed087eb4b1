import type { ConcurrencyOptions } from "./options/function-options.ts";
import type { Retries } from "./retries.ts";
import type { FunctionSpec, RetriesSpec } from "./spec.ts";

// A number means a fixed delay of one second, as Modal's.
export function toRetries(retries: number | Retries = 0): RetriesSpec {
  if (typeof retries === "number") {
    return {
      maxRetries: retries,
      backoffCoefficient: 1,
      initialDelaySeconds: 1,
      maxDelaySeconds: 60,
    };
  }
  const { maxRetries, backoffCoefficient, initialDelaySeconds, maxDelaySeconds } = retries;
  return { maxRetries, backoffCoefficient, initialDelaySeconds, maxDelaySeconds };
}

export function toConcurrency(
  { maxInputs, targetInputs = maxInputs }: ConcurrencyOptions = { maxInputs: 1 },
): FunctionSpec["concurrency"] {
  return { maxInputs, targetInputs };
}
