import { containerUsdPerHour } from "../scheduling/container-price.ts";
import type { HostLimits } from "../scheduling/first-offers.ts";
import { type FunctionSpec, inputsAtOnce } from "../spec.ts";
import { LIST_PRICES } from "./list-prices.ts";

/** So many calls are what a price is told for. */
export const CALLS = 1000;

/** What calls of a function cost, under an assumption of how long one takes. */
export interface CallCost {
  readonly function: string;
  /** Of a container: its share of the host, on demand. `null`: no host within the limits holds it. */
  readonly usdPerHour: number | null;
  /** Calls that a container runs at a time at most. */
  readonly atOnce: number;
  /** 1,000 calls one after the other, each with a container to itself. */
  readonly usdPer1000: number | null;
  /** 1,000 calls that come together, as many in a container as fit. */
  readonly usdPer1000Together: number | null;
}

/**
 * What 1,000 calls cost while containers are there: their time, and requests. Starting a container, and keeping it until
 * `scaledownWindowSeconds` after its last call, come beside that.
 */
export function callCosts(
  functions: readonly FunctionSpec[],
  { secondsPerCall, limits }: { readonly secondsPerCall: number; readonly limits: HostLimits },
): CallCost[] {
  return functions.map((spec) => {
    const usdPerHour = containerUsdPerHour(spec, limits) ?? null;
    const atOnce = inputsAtOnce(spec);
    const cost = (sharers: number): number | null =>
      usdPerHour === null
        ? null
        : CALLS * ((usdPerHour * secondsPerCall) / 3600 / sharers + LIST_PRICES.callRequests);
    return {
      ...{ function: spec.name, usdPerHour, atOnce },
      ...{ usdPer1000: cost(1), usdPer1000Together: cost(atOnce) },
    };
  });
}
