import { splitPoolId } from "../../cdk/controller/pools.ts";
import type { Purchase } from "../../cdk/controller/ports.ts";
import { functionOfPool } from "../../lib/aws/parameter-sets.ts";
import { parseGpu } from "../../lib/gpu.ts";
import type { HostPurpose } from "../../lib/scheduling/capacity-state.ts";
import { claimOn, marketsOf, type Needs, roomOf, timesIn } from "../../lib/scheduling/fit.ts";
import { HOST_TYPES, hostType } from "../../lib/scheduling/host-types.ts";
import { quotaClass } from "../../lib/scheduling/rests.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import type { ViolateIf } from "./watch.ts";
import type { World, WrittenHost } from "./world.ts";

/** A refusal is remembered for five minutes, by clocks that differ. */
const REST_MS = 305_000;
/** A dearer type than this many times the best one is no replacement for it. */
const MAX_FACTOR = 2;

type Bought = Pick<Purchase, "type" | "market">;

/** Holds what is bought against the order of offers, prices and limits. */
export class PurchasesWatch {
  readonly #world: World;
  readonly #violateIf: ViolateIf;
  readonly #refused: Map<string, number> = new Map();

  constructor(world: World, violateIf: ViolateIf) {
    this.#world = world;
    this.#violateIf = violateIf;
  }

  refused({ type, market }: Bought, code: string): void {
    const now = this.#world.clock.now;
    this.#refused.set(`${type} ${market}`, now);
    if (/Limit/.test(code)) this.#refused.set(`${quotaClass(type)} ${market}`, now);
  }

  /** Checks one purchase; `rows` are all hosts that are written down. */
  check(bought: WrittenHost, rows: readonly WrittenHost[]): void {
    const { type, boughtFor } = bought;
    const usd = hostType(type)?.usdPerHour ?? Number.POSITIVE_INFINITY;
    this.#violateIf(usd > 10, "no host is dearer than the limit", `${type} costs $${usd}/h`);
    this.#checkLimits();
    const [first] = boughtFor;
    if (first === undefined) return;
    const spec = this.#specOf(first.pool);
    const left = this.#leftFor(bought, rows);
    this.#checkOrder(spec, bought, { needs: first.needs, usd: left.usd });
    this.#checkPrice(first, type, left.hosts);
    const { maxContainers } = spec;
    const coming = rows
      .filter(({ arn }) => arn === null)
      .flatMap((host) => host.boughtFor)
      .filter(({ pool }) => pool === first.pool)
      .reduce((sum, { count }) => sum + count, 0);
    // A type that turns out to be smaller than expected holds fewer of them.
    const isExcused = this.#world.ec2.hasMisled;
    const isMore = maxContainers !== null && coming > maxContainers && !isExcused;
    const about = `${coming} of ${first.pool} to come`;
    this.#violateIf(isMore, "nothing is bought while the same boots", about);
  }

  #checkLimits(): void {
    const { ec2, limits } = this.#world;
    const { maxHosts = Number.POSITIVE_INFINITY, maxTotalUsdPerHour = Number.POSITIVE_INFINITY } =
      limits;
    const types = ec2.on.map(({ type }) => type);
    const usd = types.reduce((sum, type) => sum + (hostType(type)?.usdPerHour ?? 0), 0);
    const isOver = types.length > maxHosts || usd > maxTotalUsdPerHour + 1e-6;
    this.#violateIf(isOver, "never more than the environment may have", types.join(", "));
  }

  /** What the limits leave beside hosts that are there, and those that were decided and are not bought yet. */
  #leftFor(
    bought: WrittenHost,
    rows: readonly WrittenHost[],
  ): { readonly usd: number; readonly hosts: number } {
    const { ec2, limits } = this.#world;
    const { maxHosts = Number.POSITIVE_INFINITY, maxTotalUsdPerHour = Number.POSITIVE_INFINITY } =
      limits;
    const known = new Set(ec2.instances.map(({ purchase }) => purchase));
    const others = [
      ...ec2.on.filter(({ purchase }) => purchase !== bought.id),
      ...rows.filter(({ id }) => !known.has(id)),
    ];
    const usd = others.reduce((sum, one) => sum + (hostType(one.type)?.usdPerHour ?? 0), 0);
    return { usd: maxTotalUsdPerHour - usd, hosts: maxHosts - others.length };
  }

  /** It is no dearer than it must be. */
  #checkPrice({ needs, count, pool }: HostPurpose, type: string, hostsLeft: number): void {
    const bought = hostType(type);
    const market = marketsOf(needs)[0] ?? "spot";
    const cheapest = HOST_TYPES.filter(({ gpu }) => gpu === bought?.gpu).flatMap((one) => {
      const room = roomOf(one, {});
      const claim = claimOn(needs, { ...one, market }, room);
      if (claim === undefined) return [];
      const hosts = Math.ceil(count / timesIn(room, claim));
      // Where only so many hosts can be had, each holds more.
      return hosts > hostsLeft ? [] : hosts * one.usdPerHour;
    });
    const isDear = (bought?.usdPerHour ?? 0) > MAX_FACTOR * Math.min(...cheapest);
    this.#violateIf(isDear, "hosts are as cheap as can be", `${type} for ${count} of ${pool}`);
  }

  /** What comes before in the order of offers has been refused. */
  #checkOrder(
    { name, gpu, spot }: FunctionSpec,
    { type, market, boughtAt }: WrittenHost,
    left: { readonly needs: Needs; readonly usd: number },
  ): void {
    const bought = hostType(type)?.gpu ?? null;
    const about = `${type} ${market} for ${name} (${gpu.join(", ") || "no GPU"}, ${spot})`;
    if (spot === "prefer" && market === "on-demand") {
      const isRefused =
        this.#isRefused(`${type} spot`, boughtAt) ||
        this.#isRefused(`${quotaClass(type)} spot`, boughtAt);
      this.#violateIf(!isRefused, "spot is asked for first where it is preferred", about);
    }
    const rank = gpu.findIndex((wish) => parseGpu(wish)?.kinds.includes(bought ?? "") === true);
    for (const wish of gpu.slice(0, Math.max(0, rank))) {
      const kinds = parseGpu(wish)?.kinds ?? [];
      // For one that was wanted more there may be no money left.
      if (cheapestOf(kinds, left.needs, market) > left.usd) continue;
      const isRefused = [...this.#refused].some(([offer, at]) => {
        const refusedType = hostType(offer.split(" ")[0] ?? "")?.gpu ?? null;
        const isClass = /^(G and VT|P) /.test(offer);
        const isOf = isClass || (refusedType !== null && kinds.includes(refusedType));
        return isOf && boughtAt - at < REST_MS;
      });
      this.#violateIf(!isRefused, "GPUs are asked for in their order", `${about}, before ${wish}`);
    }
  }

  /** When it was decided; what died before it had an answer is asked for again later. */
  #isRefused(offer: string, decidedAt: number): boolean {
    return decidedAt - (this.#refused.get(offer) ?? Number.NEGATIVE_INFINITY) < REST_MS;
  }

  #specOf(id: string): FunctionSpec {
    return this.#world.specOf(functionOfPool(splitPoolId(id).pool));
  }
}

function cheapestOf(kinds: readonly string[], needs: Needs, market: Purchase["market"]): number {
  const fitting = HOST_TYPES.filter(
    (one) =>
      one.gpu !== null &&
      kinds.includes(one.gpu) &&
      claimOn(needs, { ...one, market }, roomOf(one, {})) !== undefined,
  );
  return Math.min(...fitting.map(({ usdPerHour }) => usdPerHour));
}
