import type { Market } from "./fit.ts";
import type { HostType } from "./host-types.ts";

/** One thing to ask EC2 for: a type of host, in all zones of the environment, bought in one way. */
export interface Offer {
  readonly type: HostType;
  readonly market: Market;
}

/** Why an offer is left alone for a while. */
export type Rest = { readonly until: number } & (
  | {
      readonly why: "stock";
      /** Where there is none, as far as EC2 has said. */
      readonly zones: readonly string[];
    }
  | { readonly why: "quota" }
  | { readonly why: "permission" | "refused"; readonly message: string }
);

/** Rests by what they are of, see {@link offerKey}, {@link quotaKey} and {@link EVERY_OFFER}. */
export type Rests = Readonly<Record<string, Rest>>;

/** What every offer rests under that the controller may not buy. */
export const EVERY_OFFER = "*";

/** What an offer rests under that is out of stock. */
export function offerKey(type: string, market: Market): string {
  return `${type} ${market}`;
}

/** What all offers rest under that share a quota: EC2 counts vCPUs by class of instance and way of buying. */
export function quotaKey(type: string, market: Market): string {
  return `${quotaClass(type)} ${market}`;
}

/** The class of instances that EC2 counts a type with. */
export function quotaClass(type: string): "G and VT" | "P" | "Standard" {
  if (/^gr?\d/.test(type)) return "G and VT";
  return /^p\d/.test(type) ? "P" : "Standard";
}

/** Why an offer is not to be asked for now; undefined where it is. */
export function restOf({ type, market }: Offer, rests: Rests, now: number): Rest | undefined {
  const keys = [EVERY_OFFER, quotaKey(type.name, market), offerKey(type.name, market)];
  return keys.map((key) => rests[key]).find((rest) => rest !== undefined && rest.until > now);
}
