import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { IAMClient } from "@aws-sdk/client-iam";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { SSMClient } from "@aws-sdk/client-ssm";
import type { WindlassEnvironmentProps } from "../../cdk/environment.ts";
import { CLIENT_CONFIG } from "../../lib/aws/client-config.ts";
import { whoAmI } from "../../lib/aws/deploy/caller.ts";
import { readParameter, writeParameter } from "../../lib/aws/deploy/parameters.ts";
import { quotaNotices, readVcpuQuotas, type VcpuQuota } from "../../lib/aws/deploy/quotas.ts";
import { ensureServiceLinkedRoles } from "../../lib/aws/deploy/service-linked-roles.ts";
import {
  checkOutput,
  checkUpdatable,
  findStack,
  hasFailedCreation,
} from "../../lib/aws/deploy/stack.ts";
import {
  ENVIRONMENT_VERSION,
  type Fact,
  factsPath,
  limitOf,
  MAX_HOURLY_USD,
} from "../../lib/aws/facts.ts";
import { ExecutionError } from "../../lib/errors.ts";
import { countOf } from "./describe-deployment.ts";
import { progressText, type Steps } from "./steps.ts";

/** What templates of stacks demand of the CDK's bootstrap. */
const CDK_BOOTSTRAP_VERSION = 6;

/** What an environment may buy. Undefined leaves it as it is, null means no limit. */
export interface LimitOptions {
  /** The dearest host. */
  readonly maxHourlyUsd: number | undefined;
  /** Hosts at a time. */
  readonly maxHosts: number | null | undefined;
  /** All hosts together, in dollars an hour. */
  readonly maxTotalHourlyUsd: number | null | undefined;
}

type Limits = Pick<WindlassEnvironmentProps, "maxHourlyUsd" | "maxHosts" | "maxTotalHourlyUsd">;

/** Prepares the account and region, and deploys an environment. @throws WindlassError */
export async function bootstrap({
  environment,
  limits: asked,
  steps,
}: {
  readonly environment: string;
  readonly limits: LimitOptions;
  readonly steps: Steps;
}): Promise<{ readonly json: object; readonly resources: number }> {
  const { account, region } = await whoAmI();
  steps.done(`account ${account}, region ${region}`);
  const ssm = new SSMClient(CLIENT_CONFIG);
  const [created, quotas] = await Promise.all([
    ensureServiceLinkedRoles(new IAMClient(CLIENT_CONFIG)),
    readVcpuQuotas(new ServiceQuotasClient(CLIENT_CONFIG)),
    checkVersion(ssm, environment),
  ]);
  const roles = created.length === 0 ? "are there" : `created: ${created.join(", ")}`;
  steps.done(`service-linked roles ${roles}`);
  tellQuotas(quotas, region, steps);
  await ensureCdk({ account, region, ssm, steps });
  const limits = await toLimits(asked, ssm, environment);
  const resources = await deployEnvironment({ environment, limits, ssm, steps });
  steps.done(limitsText(limits));
  const made = { account, region, environment, resources, ...limits };
  const json = { ...made, serviceLinkedRoles: created, quotas };
  return { json, resources };
}

/** Refuses to make an environment older. */
async function checkVersion(ssm: SSMClient, environment: string): Promise<void> {
  const version = await readParameter(ssm, `${factsPath(environment)}/version`);
  if (Number(version ?? 0) <= Number(ENVIRONMENT_VERSION)) return;
  throw new ExecutionError(
    "WINDLASS_ENVIRONMENT_NEWER",
    `environment "${environment}" has version ${version}, this Windlass makes ${ENVIRONMENT_VERSION}`,
    { hint: "use a newer windlass: `npm install windlass@latest`" },
  );
}

/** What was not asked for stays as it is. */
async function toLimits(asked: LimitOptions, ssm: SSMClient, environment: string): Promise<Limits> {
  const read = (fact: Fact): Promise<string | undefined> =>
    readParameter(ssm, `${factsPath(environment)}/${fact}`);
  const or = async (given: number | null | undefined, fact: Fact): Promise<number | undefined> =>
    given === undefined ? limitOf(await read(fact)) : (given ?? undefined);
  const [maxHourlyUsd, maxHosts, maxTotalHourlyUsd] = await Promise.all([
    or(asked.maxHourlyUsd, "max-hourly-usd"),
    or(asked.maxHosts, "max-hosts"),
    or(asked.maxTotalHourlyUsd, "max-total-hourly-usd"),
  ]);
  return {
    maxHourlyUsd: maxHourlyUsd ?? MAX_HOURLY_USD,
    ...(maxHosts !== undefined && { maxHosts }),
    ...(maxTotalHourlyUsd !== undefined && { maxTotalHourlyUsd }),
  };
}

/** `hosts of at most $10/h, 4 at a time, together at most $20/h`. */
function limitsText({ maxHourlyUsd, maxHosts, maxTotalHourlyUsd }: Limits): string {
  const texts = [`hosts of at most $${maxHourlyUsd}/h`];
  if (maxHosts !== undefined) texts.push(`${maxHosts} at a time`);
  if (maxTotalHourlyUsd !== undefined) texts.push(`together at most $${maxTotalHourlyUsd}/h`);
  return texts.join(", ");
}

function tellQuotas(quotas: readonly VcpuQuota[], region: string, steps: Steps): void {
  const known = quotas.filter(({ onDemand }) => onDemand !== undefined);
  if (known.length === 0) {
    steps.done("quotas of vCPUs could not be read, which changes nothing");
    return;
  }
  const texts = known.map(
    ({ family, onDemand, spot }) => `${family} ${onDemand} (spot ${spot ?? "?"})`,
  );
  steps.done(`quotas of vCPUs: ${texts.join(", ")}`);
  for (const notice of quotaNotices(quotas, region)) steps.notice(notice);
}

async function ensureCdk(given: {
  readonly account: string;
  readonly region: string;
  readonly ssm: SSMClient;
  readonly steps: Steps;
}): Promise<void> {
  const { account, region, ssm, steps } = given;
  const version = await readParameter(ssm, "/cdk-bootstrap/hnb659fds/version");
  // One that is good enough is left as it is: others may have chosen how it was made.
  if (Number(version ?? 0) >= CDK_BOOTSTRAP_VERSION) {
    steps.done(`the CDK is bootstrapped, version ${version}`);
    return;
  }
  const { bootstrapCdk } = await import("../../cdk/toolkit/bootstrap-cdk.ts");
  await bootstrapCdk({
    ...{ account, region },
    onProgress: (progress) => steps.progress(progressText(progress)),
    onMessage: steps.detail,
  });
  steps.done("the CDK is bootstrapped now");
}

async function deployEnvironment(given: {
  readonly environment: string;
  readonly limits: Limits;
  readonly ssm: SSMClient;
  readonly steps: Steps;
}): Promise<number> {
  const { environment, limits, ssm, steps } = given;
  const name = `Windlass-${environment}`;
  const stack = await findStack(new CloudFormationClient(CLIENT_CONFIG), name);
  if (stack !== undefined && !hasFailedCreation(stack)) {
    checkUpdatable(stack);
    checkOutput(
      stack,
      (output) => output.includes("ClusterName"),
      `the environment "${environment}"`,
    );
  }
  const zones = `${factsPath(environment)}/context`;
  const known = await readParameter(ssm, zones);
  // The CDK takes a second to load: after all that may be refused.
  const { WindlassEnvironmentStack } = await import("../../cdk/stacks.ts");
  const { deployStack } = await import("../../cdk/toolkit/deploy-stack.ts");
  const { changed, lookedUp } = await deployStack({
    name,
    build: (scope, env) =>
      new WindlassEnvironmentStack(scope, { env, environmentName: environment, ...limits }),
    // The zones of the first time: subnets cannot move when AWS opens or closes another one.
    context: known === undefined ? {} : (JSON.parse(known) as Record<string, unknown>),
    onProgress: (progress) => steps.progress(progressText(progress)),
    onMessage: steps.detail,
  });
  if (known === undefined) await writeParameter(ssm, zones, JSON.stringify(lookedUp));
  steps.done(`stack ${name}: ${changed === 0 ? "no changes" : countOf(changed, "resource")}`);
  return changed;
}
