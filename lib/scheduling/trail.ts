import { showList } from "../options/show.ts";
import type { Choice, PassedOffer, Unmet } from "./offers.ts";
import { type Offer, quotaClass } from "./rests.ts";

/** So many names are written out. */
const MAX_NAMED = 3;

/**
 * What was tried before an offer, as whoever waits is told: `no L40S in us-east-1a/b`. Empty where it is the first.
 * Without an offer it is why there is none.
 */
export function tellPassed(passed: readonly PassedOffer[], next?: Offer): string {
  const [lacking] = messagesOf(passed, "permission");
  if (lacking !== undefined) return lacking;
  return [...tellStock(passed, next), ...tellQuotas(passed), ...messagesOf(passed, "refused")].join(
    "; ",
  );
}

/** Why nothing is bought now. */
export function tellNone({ passed, unmet }: Choice): string {
  if (passed.length === 0) return unmet.slice(0, 1).map(tellUnmet).join();
  return `${tellPassed(passed)}; tried again within 5 minutes`;
}

/** Why something can never be bought, and what can. */
function tellUnmet({ reason, nearest }: Unmet): string {
  return nearest.length === 0 ? reason : `${reason}; nearest: ${nearest.join("; ")}`;
}

/** What is asked for next, told apart from what was: `A10G:1`, `A10G:1 on demand`, `spot g5.2xlarge`. */
export function tellNext(
  { type, market }: Offer,
  gpus: number,
  passed: readonly PassedOffer[],
): string {
  const alike = passed.filter(({ offer }) => offer.type.gpu === type.gpu);
  const isSameMarket = alike.some(({ offer }) => offer.market === market);
  const name = type.gpu === null || isSameMarket ? type.name : `${type.gpu}:${gpus}`;
  if (alike.length === 0) return name;
  return market === "spot" ? `spot ${name}` : `${name} on demand`;
}

function tellStock(passed: readonly PassedOffer[], next: Offer | undefined): string[] {
  const bySubject = new Map<string, { markets: Set<string>; zones: Set<string> }>();
  for (const { offer, rest } of passed) {
    if (rest.why !== "stock") continue;
    const subject = subjectOf(offer, next);
    const known = bySubject.get(subject) ?? { markets: new Set(), zones: new Set() };
    known.markets.add(offer.market);
    for (const zone of rest.zones) known.zones.add(zone);
    bySubject.set(subject, known);
  }
  const byPlace = new Map<string, string[]>();
  for (const [subject, { markets, zones }] of bySubject) {
    const form = `${markets.has("on-demand") ? "" : "spot "}%${markets.has("spot") ? "" : " on demand"}`;
    const text = `no ${form} in ${zonesText([...zones].sort())}`;
    byPlace.set(text, [...(byPlace.get(text) ?? []), subject]);
  }
  return [...byPlace].map(([text, subjects]) => text.replace("%", listText(subjects)));
}

/** A GPU by its name, unless another of its types is asked for next in the same way. */
function subjectOf({ type, market }: Offer, next: Offer | undefined): string {
  if (type.gpu === null) return type.name;
  return next?.type.gpu === type.gpu && next.market === market ? type.name : type.gpu;
}

function tellQuotas(passed: readonly PassedOffer[]): string[] {
  const texts = passed
    .filter(({ rest }) => rest.why === "quota")
    .map(({ offer: { type, market } }) => {
      const instances = `${market} ${quotaClass(type.name)} instances`;
      return `the account's quota of vCPUs for ${instances} leaves no room: ask AWS for more`;
    });
  return [...new Set(texts)];
}

function messagesOf(passed: readonly PassedOffer[], why: "permission" | "refused"): string[] {
  const texts = passed.flatMap(({ rest }) =>
    rest.why === why && "message" in rest ? rest.message : [],
  );
  return [...new Set(texts)];
}

/** `us-east-1a/b`. */
function zonesText(zones: readonly string[]): string {
  const [first] = zones;
  if (first === undefined) return "any zone of this environment";
  const region = first.slice(0, -1);
  if (zones.some((zone) => zone.slice(0, -1) !== region)) return zones.join(", ");
  return `${region}${zones.map((zone) => zone.slice(-1)).join("/")}`;
}

function listText(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  return more > 1 ? `${names.slice(0, MAX_NAMED).join(", ")} or ${more} others` : showList(names);
}
