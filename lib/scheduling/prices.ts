import type { Market } from "./fit.ts";
import type { HostType } from "./host-types.ts";

/** `$0.82/h`. */
export function priceText(usdPerHour: number): string {
  return `$${usdPerHour.toFixed(2)}/h`;
}

/**
 * `g6.xlarge, $0.82/h`, or `g6.xlarge, spot, up to $0.82/h`: what a spot instance costs is known to EC2 alone, but it is
 * never more than on demand.
 */
export function hostText(
  { name, usdPerHour }: Pick<HostType, "name" | "usdPerHour">,
  market: Market,
): string {
  const price = priceText(usdPerHour);
  return market === "spot" ? `${name}, spot, up to ${price}` : `${name}, ${price}`;
}

/** Prices are sums of decimal fractions. */
export function isWithin(usd: number, limit: number): boolean {
  return usd <= limit + 1e-9;
}
