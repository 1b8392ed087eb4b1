import type { HostLimits } from "../scheduling/first-offers.ts";

/** What an environment tells about itself: one SSM parameter a fact, `/windlass/<environment>/<fact>`. */
export type Fact =
  | "version"
  | "table-name"
  | "bucket-name"
  | "cluster-name"
  | "file-system-id"
  | "deployment-function-arn"
  | "controller-function-arn"
  | "schedule-function-arn"
  | "schedule-role-arn"
  | "front-function-arn"
  | "vpc-id"
  | "load-balancer-subnet-ids"
  | "load-balancer-security-group-id"
  | "launch-template-id"
  | "host-security-group-id"
  | "subnet-ids"
  | "max-hourly-usd"
  | "max-hosts"
  | "max-total-hourly-usd"
  | "log-group-prefix";

/** What a fact says where there is no limit. */
export const NO_LIMIT = "none";

/** Version of the facts, the table and the bucket. */
export const ENVIRONMENT_VERSION = "1";

/** The dearest host that an environment buys that says nothing else, in dollars an hour. */
export const MAX_HOURLY_USD = 10;

/** The dearest host that an environment buys, in dollars an hour. */
function maxHourlyUsd(facts: Readonly<Partial<Record<Fact, string>>>): number {
  // Environments of before do not tell; they have the limit that was the only one.
  return Number(facts["max-hourly-usd"] ?? MAX_HOURLY_USD);
}

/** The limit that a fact states; undefined where there is none, as in environments of before. */
export function limitOf(fact: string | undefined): number | undefined {
  return fact === undefined || fact === NO_LIMIT ? undefined : Number(fact);
}

/** What the hosts of an environment may cost. */
export function hostLimits(facts: Readonly<Partial<Record<Fact, string>>>): HostLimits {
  return {
    maxUsdPerHour: maxHourlyUsd(facts),
    maxTotalUsdPerHour: limitOf(facts["max-total-hourly-usd"]),
  };
}

/** The folder of an environment's facts. */
export function factsPath(environment: string): string {
  return `/windlass/${environment}`;
}

/** The log group of an app, or without one of the environment itself. */
export function logGroupOf(environment: string, app?: string): string {
  return app === undefined ? factsPath(environment) : `${factsPath(environment)}/${app}`;
}

/** The event bus of an environment: apps know its name without asking. */
export function eventBusName(environment: string): string {
  return `windlass-${environment}`;
}
