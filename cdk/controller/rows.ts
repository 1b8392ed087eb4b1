import type { RowKey } from "../../lib/aws/keys.ts";
import type { HostPurpose } from "../../lib/scheduling/capacity-state.ts";
import type { Market, Room } from "../../lib/scheduling/fit.ts";
import type { Rests } from "../../lib/scheduling/rests.ts";

export const CONTROLLER: string = "#controller";
export const LEASE_KEY: RowKey = { pk: CONTROLLER, sk: "lease" };
export const OFFERS_KEY: RowKey = { pk: CONTROLLER, sk: "offers" };
export const HOST_PREFIX = "host#";

export function hostKey(id: string): RowKey {
  return { pk: CONTROLLER, sk: `${HOST_PREFIX}${id}` };
}

/** Who plans, and what there is to plan. */
export interface LeaseRow {
  /** The invocation that plans; null when none does. */
  readonly owner: string | null;
  /** When its lease ends, in milliseconds since 1970. */
  readonly until: number;
  /** Grows with each wake. */
  readonly wakeSeq: number;
  /** What is to be planned: `<app> <pool>`, {@link ACTIVE} or {@link SWEEP}, each with the wake that last asked for it. */
  readonly pending: Readonly<Record<string, number>>;
  /** When pools were last woken by someone who waits, by `<app> <pool>`; forgotten after 15 minutes. */
  readonly woken: Readonly<Record<string, number>>;
  /** Apps that may have containers. */
  readonly busyApps: readonly string[];
  /**
   * Pools that a limit of the environment holds back, by `<app> <pool>`, the longest first. While there are any, every pass looks at all
   * pools: who has just been woken must not get what these wait for. Rows of before there were limits have none.
   */
  readonly heldBack?: readonly string[];
}

/** Every pool that is woken or has containers. */
export const ACTIVE = "*active";
/** The same and what a sweep does. */
export const SWEEP = "*sweep";

/** A host, from the wish to have it to its end: the intention is written first, then what came of it. */
export interface HostRow {
  readonly type: string;
  readonly market: Market;
  /** When it was decided; from its purchase on, when that was asked for. */
  readonly boughtAt: number;
  readonly boughtFor: readonly HostPurpose[];
  /** What was tried before it; empty where it was the first choice. */
  readonly trail: string;
  /** Null while it is not known whether it was bought. */
  readonly instanceId: string | null;
  /** ECS's name of it; null before it has registered. */
  readonly arn: string | null;
  /** When it was first seen in its cluster; rows of before say nothing. */
  readonly joinedAt?: number;
  readonly idleSince: number | null;
  /** When it began to close. */
  readonly closingAt: number | null;
  readonly emptyAt: number | null;
}

/** What was learned of offers. */
export interface OffersRow {
  /** What hosts of a type have registered, by its name. */
  readonly learned: Readonly<Record<string, Room>>;
  readonly resting: Rests;
}
