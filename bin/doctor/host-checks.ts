import type { EC2Client } from "@aws-sdk/client-ec2";
import { askForMore, quotaOfType, type VcpuQuota } from "../../lib/aws/deploy/quotas.ts";
import { spotScore } from "../../lib/aws/deploy/spot-scores.ts";
import {
  type FirstOffer,
  firstOffers,
  type HostLimits,
  hostMistakes,
} from "../../lib/scheduling/first-offers.ts";
import { type Market, marketsOf } from "../../lib/scheduling/fit.ts";
import { hostType } from "../../lib/scheduling/host-types.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import { type Check, checkOf, ok } from "./check.ts";

/** A score below this means that EC2 itself expects to have none. */
const LIKELY_SCORE = 4;
const ALLOW = "allow servicequotas:GetServiceQuota to this user or role";

interface Account {
  readonly quotas: readonly VcpuQuota[];
  readonly region: string;
}

/** What the quotas of an account allow, whatever is to run. */
export function checkQuotas({ quotas, region }: Account): Check[] {
  return quotas.map(({ family, onDemand, spot }) => {
    const subject = `quota of ${family} instances`;
    const message = `${vcpuText(onDemand)} vCPUs on demand, ${vcpuText(spot)} spot`;
    if (onDemand === undefined || spot === undefined) {
      return { subject, status: "warn", message, fix: ALLOW };
    }
    if (onDemand > 0) return ok(subject, message);
    // Hosts without a GPU are what every app needs first.
    const status = family === "standard" && spot === 0 ? "fail" : "warn";
    const fix = askForMore({ family, market: "on-demand", vcpus: 8, region });
    return { subject, status, message, fix };
  });
}

/** Whether the functions of an app can have hosts: by what they ask for, the limits of the environment, and quotas. */
export function checkFunctions(
  functions: readonly FunctionSpec[],
  limits: HostLimits,
  account: Account,
): Check[] {
  const mistakes = hostMistakes(functions, limits).map(
    ({ message, hint }): Check => ({
      subject: "hosts",
      status: "fail",
      message,
      fix: hint ?? null,
    }),
  );
  return [...mistakes, ...functions.flatMap((spec) => checkFunction(spec, limits, account))];
}

/** By the first GPU of its list; where that has no quota it still runs on one that comes later. */
function checkFunction(spec: FunctionSpec, limits: HostLimits, account: Account): Check[] {
  const offers = spec.gpu.flatMap((wish) => firstOffers([{ ...spec, gpu: [wish] }], limits));
  const [first, ...others] = offers.map((offer) => checkOffer(offer, account));
  if (first === undefined) return [];
  const hasOther = others.some(({ status }) => status !== "fail");
  return [first.status === "fail" && hasOther ? { ...first, status: "warn" } : first];
}

function checkOffer(offer: FirstOffer, { quotas, region }: Account): Check {
  const { instanceType } = offer;
  const vcpus = hostType(instanceType)?.vcpus ?? 0;
  const quota = quotaOfType(quotas, instanceType);
  const subject = `function ${offer.function}`;
  const markets = marketsOf(offer).map((market) => ({
    market,
    allowed: market === "spot" ? quota?.spot : quota?.onDemand,
  }));
  const family = quota?.family ?? "";
  const allowed = markets.map((one) => `${vcpuText(one.allowed)} ${marketText(one.market)}`);
  const message = `${instanceType} has ${vcpus} vCPUs, the quota of ${family} is ${allowed.join(" and ")}`;
  if (markets.some((one) => one.allowed === undefined)) {
    return { subject, status: "warn", message, fix: ALLOW };
  }
  const short = markets.filter((one) => one.allowed !== undefined && one.allowed < vcpus);
  if (short.length === 0) return ok(subject, message);
  const fixes = short.map(({ market }) => askForMore({ family, market, vcpus, region }));
  const status = short.length === markets.length ? "fail" : "warn";
  return { subject, status, message, fix: fixes.join("; ") };
}

/** How likely spot instances of an app's GPUs are. It only informs: scores change by the minute. */
export async function checkSpot(
  functions: readonly FunctionSpec[],
  limits: HostLimits,
  { client, region }: { readonly client: EC2Client; readonly region: string },
): Promise<Check[]> {
  const wanted = firstOffers(functions, limits).filter(({ spot }) => spot !== "never");
  const types = [...new Set(wanted.map(({ instanceType }) => instanceType))];
  return await Promise.all(types.map((type) => checkScore(client, type, region)));
}

async function checkScore(client: EC2Client, type: string, region: string): Promise<Check> {
  const subject = `spot ${type}`;
  try {
    const score = await spotScore(client, type, region);
    if (score === undefined) return ok(subject, `EC2 gives it no score in ${region}`);
    const message = `EC2 gives it ${score} of 10 in ${region} now`;
    if (score >= LIKELY_SCORE) return ok(subject, message);
    const fix = "list another GPU after it, or use another region";
    return { subject, status: "warn", message, fix };
  } catch (error) {
    return checkOf(error, subject, "warn");
  }
}

function vcpuText(vcpus: number | undefined): string {
  return vcpus === undefined ? "an unknown number of" : String(vcpus);
}

function marketText(market: Market): string {
  return market === "spot" ? "spot" : "on demand";
}
