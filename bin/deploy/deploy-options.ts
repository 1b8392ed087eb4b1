import type { WebDomain } from "../../cdk/app/web/web-domain.ts";
import { NO_LIMIT } from "../../lib/aws/facts.ts";
import { UsageError } from "../usage-error.ts";

type Parsed = Readonly<Record<string, unknown>>;

/** What commands that work on AWS have in common. */
export interface AwsOptions {
  readonly environment: string;
  /** The environment was named on the command line. */
  readonly namesEnvironment: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
}

/** Reads them. @throws UsageError when an environment cannot have the name */
export function toAwsOptions(parsed: Parsed): AwsOptions {
  const given = parsed["environment"];
  const environment = String(given ?? process.env["WINDLASS_ENVIRONMENT"] ?? "default");
  if (!/^[A-Za-z0-9-]{1,32}$/.test(environment)) {
    throw new UsageError(
      "WINDLASS_INVALID_ENVIRONMENT_NAME",
      `the name of an environment must be 1 to 32 letters, digits or -, got "${environment}"`,
      { hint: "choose another, for instance `--environment staging`" },
    );
  }
  return {
    environment,
    namesEnvironment: given !== undefined,
    json: parsed["json"] === true,
    quiet: parsed["quiet"] === true,
    debug: parsed["debug"] === true,
  };
}

/** `--max-hourly-usd`. @throws UsageError for what is not a number above 0 */
export function toMaxHourlyUsd({ maxHourlyUsd }: Parsed): number | undefined {
  if (maxHourlyUsd === undefined) return undefined;
  const usd = Number(maxHourlyUsd);
  if (Number.isFinite(usd) && usd > 0) return usd;
  throw new UsageError(
    "WINDLASS_INVALID_MAX_HOURLY_USD",
    `\`--max-hourly-usd\` must be a number of dollars above 0, got "${String(maxHourlyUsd)}"`,
    { hint: "leave it out for what the environment has, at first 10" },
  );
}

/** `--max-hosts`: null for no limit. @throws UsageError for what is not a whole number above 0 */
export function toMaxHosts({ maxHosts }: Parsed): number | null | undefined {
  if (maxHosts === undefined) return undefined;
  if (maxHosts === NO_LIMIT) return null;
  const hosts = Number(maxHosts);
  if (Number.isInteger(hosts) && hosts > 0) return hosts;
  throw new UsageError(
    "WINDLASS_INVALID_MAX_HOSTS",
    `\`--max-hosts\` must be a whole number above 0 or "none", got "${String(maxHosts)}"`,
    { hint: "leave it out for what the environment has, at first no limit" },
  );
}

/** `--max-total-hourly-usd`: null for no limit. @throws UsageError for what is not a number above 0 */
export function toMaxTotalHourlyUsd({ maxTotalHourlyUsd }: Parsed): number | null | undefined {
  if (maxTotalHourlyUsd === undefined) return undefined;
  if (maxTotalHourlyUsd === NO_LIMIT) return null;
  const usd = Number(maxTotalHourlyUsd);
  if (Number.isFinite(usd) && usd > 0) return usd;
  throw new UsageError(
    "WINDLASS_INVALID_MAX_TOTAL_HOURLY_USD",
    `\`--max-total-hourly-usd\` must be a number of dollars above 0 or "none", got "${String(maxTotalHourlyUsd)}"`,
    { hint: "leave it out for what the environment has, at first no limit" },
  );
}

/** `--shards`. @throws UsageError for what is not a number from 1 to 50 */
export function toShards({ shards }: Parsed): number | undefined {
  if (shards === undefined) return undefined;
  const count = Number(shards);
  if (Number.isInteger(count) && count >= 1 && count <= 50) return count;
  throw new UsageError(
    "WINDLASS_INVALID_SHARDS",
    `\`--shards\` must be a whole number from 1 to 50, got "${String(shards)}"`,
    { hint: "leave it out for an app of up to 390 functions" },
  );
}

/**
 * What becomes of the containers of the deployment before. `rolling`: they finish what they run; `recreate`: they are
 * stopped, and what they run starts again in new ones.
 */
export type Strategy = "rolling" | "recreate";

/** `--strategy`. @throws UsageError for another one */
export function toStrategy({ strategy = "rolling" }: Parsed): Strategy {
  if (strategy === "rolling" || strategy === "recreate") return strategy;
  throw new UsageError(
    "WINDLASS_INVALID_STRATEGY",
    `\`--strategy\` must be rolling or recreate, got "${String(strategy)}"`,
    { hint: "leave it out for rolling: containers finish what they run" },
  );
}

/** `--tag`. @throws UsageError for an empty one, a long one, or one of several lines */
export function toTag({ tag }: Parsed): string | undefined {
  if (tag === undefined) return undefined;
  if (/^[^\p{Cc}]{1,128}$/u.test(String(tag))) return String(tag);
  throw new UsageError(
    "WINDLASS_INVALID_TAG",
    `\`--tag\` must be 1 to 128 characters on one line, got ${JSON.stringify(tag)}`,
    { hint: "name a version or a commit, for instance `--tag 1.4.0`" },
  );
}

/** `--domain` and what belongs to it. @throws UsageError for that without a domain */
export function toWebDomain({ domain, certificateArn, hostedZone }: Parsed): WebDomain | undefined {
  if (domain !== undefined) {
    return {
      domainName: String(domain),
      ...(certificateArn !== undefined && { certificateArn: String(certificateArn) }),
      ...(hostedZone !== undefined && { hostedZoneId: String(hostedZone) }),
    };
  }
  const alone = certificateArn === undefined ? hostedZone && "--hosted-zone" : "--certificate-arn";
  if (alone === undefined) return undefined;
  throw new UsageError("WINDLASS_NO_DOMAIN", `\`${alone}\` is of a domain, and none is given`, {
    hint: "add `--domain`, for instance `--domain api.example.com`",
  });
}
