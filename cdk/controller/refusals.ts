import {
  EVERY_OFFER,
  offerKey,
  quotaKey,
  type Rest,
  type Rests,
} from "../../lib/scheduling/rests.ts";
import type { Purchase, Refusal } from "./ports.ts";

/** What was refused is not asked for again before this. */
const REST_MS = 300_000;
/** A missing permission is mended by hand, and then nobody wants to wait. */
const PERMISSION_REST_MS = 60_000;

const MEANINGS: Readonly<Record<string, Rest["why"]>> = {
  UnauthorizedOperation: "permission",
  AccessDenied: "permission",
  AccessDeniedException: "permission",
  "AuthFailure.ServiceLinkedRoleCreationNotPermitted": "permission",
  VcpuLimitExceeded: "quota",
  MaxSpotInstanceCountExceeded: "quota",
  InstanceLimitExceeded: "quota",
  InsufficientInstanceCapacity: "stock",
  InsufficientHostCapacity: "stock",
  UnfulfillableCapacity: "stock",
  SpotMaxPriceTooLow: "stock",
  // The zone does not sell this type.
  InvalidFleetConfiguration: "stock",
  Unsupported: "stock",
};

/** What an error of CreateFleet says of an offer. */
export function meaningOf(code: string): Rest["why"] | "unknown" {
  return MEANINGS[code] ?? "unknown";
}

/** What to leave alone after a refusal: the offer, all that share its quota, or everything. */
export function restsAfter(
  { type, market }: Pick<Purchase, "type" | "market">,
  refusals: readonly Refusal[],
  now: number,
): Rests {
  const denied = refusals.find(({ code }) => meaningOf(code) === "permission");
  if (denied !== undefined) {
    const message = tellPermission(denied);
    const until = now + PERMISSION_REST_MS;
    return { [EVERY_OFFER]: { why: "permission", until, message } };
  }
  const until = now + REST_MS;
  if (refusals.some(({ code }) => meaningOf(code) === "quota")) {
    return { [quotaKey(type, market)]: { why: "quota", until } };
  }
  const [first] = refusals;
  if (first !== undefined && refusals.every(({ code }) => meaningOf(code) === "unknown")) {
    const message = `EC2 refuses ${type}: ${first.code}: ${first.message}`;
    return { [offerKey(type, market)]: { why: "refused", until, message } };
  }
  const zones = [...new Set(refusals.flatMap(({ zone }) => zone ?? []))].sort();
  return { [offerKey(type, market)]: { why: "stock", until, zones } };
}

/** What a purchase needs, see cdk/environment/controller-policy.ts. */
const NEEDED = "ec2:CreateFleet, ec2:RunInstances, ec2:CreateTags, iam:PassRole, ssm:GetParameters";

/** EC2 names the action, except where it encodes all that it says of it. */
function tellPermission({ code, message }: Refusal): string {
  if (code.endsWith("ServiceLinkedRoleCreationNotPermitted")) {
    return "EC2 Spot has no service-linked role in this account: `npx windlass bootstrap` creates it";
  }
  const [, action] = /not authorized to perform: ([\w-]+:\w+)/.exec(message) ?? [];
  const lacking = action === undefined ? `it lacks one of ${NEEDED}` : `it lacks ${action}`;
  return `AWS refuses to let the controller buy hosts: ${lacking} (${code})`;
}
