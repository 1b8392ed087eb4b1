import { parseGpu } from "../gpu.ts";
import type { CapacityState } from "./capacity-state.ts";
import { claimOn, marketsOf, type Needs, roomOf, timesIn } from "./fit.ts";
import type { HostType } from "./host-types.ts";
import { nearestShapes } from "./nearest-shapes.ts";
import { isWithin, priceText } from "./prices.ts";
import { type Offer, type Rest, restOf } from "./rests.ts";

/**
 * A dearer type than this many times the best one is no replacement for it. Spot instances cost about half, so within
 * this factor each of them is about as cheap as the best type on demand, and is asked for before it.
 */
const MAX_FACTOR = 2;

/** What can be bought, and what cannot be now. */
export type Sale = Pick<
  CapacityState,
  "types" | "learned" | "resting" | "maxUsdPerHour" | "maxTotalUsdPerHour"
> & {
  /** Where so many hosts at most can be bought, those come first that need no more. */
  readonly hostsLeft?: number;
};

/** An offer that would have come first. */
export interface PassedOffer {
  readonly offer: Offer;
  readonly rest: Rest;
}

/** What cannot be bought for a container, whatever is in stock. */
export interface Unmet {
  readonly code: "WINDLASS_NO_HOST_TYPE" | "WINDLASS_HOST_TOO_DEAR";
  /** A GPU as the function asks for it; null for a container without. */
  readonly wish: string | null;
  readonly reason: string;
  /** Dollars an hour of the cheapest host that would do; null where there is none. */
  readonly usdPerHour: number | null;
  /** What can be bought instead, the most alike first. */
  readonly nearest: readonly string[];
}

/** What to ask EC2 for, or that there is nothing to ask it for now. */
export type Choice = {
  readonly passed: readonly PassedOffer[];
  readonly unmet: readonly Unmet[];
} & (
  | {
      readonly kind: "buy";
      readonly offer: Offer;
      /** GPUs of one container there. */
      readonly gpus: number;
    }
  | { readonly kind: "none" }
);

/**
 * The first offer that does not rest, for this many containers. They come in the order of the GPUs that are asked for;
 * for each of these as spot instances, then on demand; of these first the type that holds the containers for the least
 * money, and of equals the one with the fewest hosts.
 */
export function chooseOffer(
  needs: Needs,
  count: number,
  { sale, now }: { readonly sale: Sale; readonly now: number },
): Choice {
  const passed: PassedOffer[] = [];
  const unmet: Unmet[] = [];
  const wishes = needs.gpu.length === 0 ? [null] : needs.gpu;
  for (const wish of wishes) {
    const found = offersFor({ needs: only(wish, needs), count, sale });
    if ("code" in found) {
      unmet.push(found);
      continue;
    }
    for (const offer of found) {
      const rest = restOf(offer, sale.resting, now);
      const gpus = wish === null ? 0 : (parseGpu(wish)?.count ?? 0);
      if (rest === undefined) return { kind: "buy", offer, gpus, passed, unmet };
      passed.push({ offer, rest });
    }
  }
  return { kind: "none", passed, unmet };
}

function only(wish: string | null, needs: Needs): Needs {
  return wish === null ? needs : { ...needs, gpu: [wish] };
}

interface Question {
  readonly needs: Needs;
  readonly count: number;
  readonly sale: Sale;
}

function offersFor(question: Question): readonly Offer[] | Unmet {
  const { needs, sale } = question;
  const able = pricesOf(question);
  if (able.length === 0) return noType(question);
  const limit = dearest(sale);
  const payable = able.filter(({ type }) => isWithin(type.usdPerHour, limit));
  if (payable.length === 0) return tooDear(able.sort(byWorth(sale)), question);
  return replacements(payable, question).flatMap((types) =>
    marketsOf(needs).flatMap((market) => types.map((type) => ({ type, market }))),
  );
}

/** What one host may cost. */
function dearest({ maxUsdPerHour, maxTotalUsdPerHour = Number.POSITIVE_INFINITY }: Sale): number {
  return Math.min(maxUsdPerHour, maxTotalUsdPerHour);
}

interface Priced {
  readonly type: HostType;
  readonly hosts: number;
  /** All of them together. */
  readonly usd: number;
}

/** Every type that holds such a container at all. */
function pricesOf({ needs, count, sale }: Question): Priced[] {
  const [market = "on-demand"] = marketsOf(needs);
  const all: Priced[] = [];
  for (const type of sale.types) {
    const { gpu, architecture } = type;
    // Most types are of another kind, and this is asked for each call.
    if ((gpu === null) !== (needs.gpu.length === 0)) continue;
    const room = roomOf(type, sale.learned);
    const claim = claimOn(needs, { gpu, architecture, market }, room);
    if (claim === undefined) continue;
    const hosts = Math.ceil(count / timesIn(room, claim));
    // Sums of decimal fractions: what costs the same must be the same.
    all.push({ type, hosts, usd: Math.round(hosts * type.usdPerHour * 1e6) / 1e6 });
  }
  return all;
}

/** Types that may take each other's place, in groups: who wants any GPU takes a dear one rather than none. */
function replacements(payable: readonly Priced[], { needs, sale }: Question): HostType[][] {
  const compare = byWorth(sale);
  const isAny = parseGpu(needs.gpu[0] ?? "")?.name === "any";
  const groups = new Map<string | null, Group>();
  for (const one of payable) {
    const key = isAny ? one.type.gpu : null;
    const known = groups.get(key) ?? { best: one, all: [] };
    known.all.push(one);
    if (compare(one, known.best) < 0) known.best = one;
    groups.set(key, known);
  }
  return [...groups.values()]
    .sort((a, b) => compare(a.best, b.best))
    .map(({ best, all }) =>
      all
        .filter(({ usd }) => usd <= best.usd * MAX_FACTOR)
        .sort(compare)
        .map(({ type }) => type),
    );
}

interface Group {
  best: Priced;
  readonly all: Priced[];
}

function byWorth({ hostsLeft = Number.POSITIVE_INFINITY }: Sale): (a: Priced, b: Priced) => number {
  const excess = ({ hosts }: Priced): number => Math.max(0, hosts - hostsLeft);
  return (a, b) =>
    excess(a) - excess(b) ||
    a.usd - b.usd ||
    a.hosts - b.hosts ||
    (a.type.name < b.type.name ? -1 : 1);
}

function noType({ needs, sale }: Question): Unmet {
  const [wish = null] = needs.gpu;
  const gpus = wish === null ? "" : `${wish}, `;
  const parts = `${gpus}${needs.cpu / 1024} vCPUs and ${needs.memoryMiB} MiB`;
  return {
    code: "WINDLASS_NO_HOST_TYPE",
    wish,
    reason: `no host type has ${parts} for one container`,
    usdPerHour: null,
    nearest: nearestShapes(needs, { ...sale, maxUsdPerHour: dearest(sale) }),
  };
}

function tooDear(able: readonly Priced[], { needs, sale }: Question): Unmet {
  const [wish = null] = needs.gpu;
  const types = able.map(({ type }) => type);
  const cheapest = types.reduce((a, b) => (b.usdPerHour < a.usdPerHour ? b : a));
  const { name, usdPerHour } = cheapest;
  const { maxUsdPerHour, maxTotalUsdPerHour } = sale;
  const limit =
    usdPerHour > maxUsdPerHour
      ? `$${maxUsdPerHour}/h a host`
      : `$${maxTotalUsdPerHour}/h for all hosts`;
  return {
    code: "WINDLASS_HOST_TOO_DEAR",
    wish,
    reason: `${name} costs ${priceText(usdPerHour)}, above the limit of ${limit}`,
    usdPerHour,
    nearest: nearestShapes(needs, { ...sale, maxUsdPerHour: dearest(sale) }),
  };
}
