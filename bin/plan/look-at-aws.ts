import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { appStackId } from "../../cdk/names.ts";
import { CLIENT_CONFIG } from "../../lib/aws/client-config.ts";
import { whoAmI } from "../../lib/aws/deploy/caller.ts";
import type { CodeDeployment } from "../../lib/aws/deploy/deploy-code.ts";
import { readVcpuQuotas } from "../../lib/aws/deploy/quotas.ts";
import { type DeployedTemplates, readTemplates } from "../../lib/aws/deploy/stack-templates.ts";
import type { StoredData } from "../../lib/aws/deploy/stored-data.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { hostLimits } from "../../lib/aws/facts.ts";
import { deploymentKey } from "../../lib/aws/keys.ts";
import { isWindlassError } from "../../lib/errors.ts";
import type { HostLimits } from "../../lib/scheduling/first-offers.ts";
import type { AppSpec } from "../../lib/spec.ts";
import type { SpecChange } from "../../lib/spec-diff.ts";
import { changesOf, type EnvironmentPorts, openEnvironment } from "../deploy/prepare-deployment.ts";
import { storedOfApp } from "../deploy/stored-of-app.ts";
import type { Check } from "../doctor/check.ts";
import { checkFunctions } from "../doctor/host-checks.ts";

/** Whoever waits longer for AWS gets the plan without it. */
const PATIENCE_MS = 30_000;

/** What AWS says of an app and its environment; what it was not asked, or did not tell, is undefined. */
export interface Looked {
  readonly ports: EnvironmentPorts | undefined;
  readonly limits: HostLimits;
  /** `null`: nothing is deployed. */
  readonly current: DeploymentRow | null | undefined;
  readonly templates: DeployedTemplates | null | undefined;
  readonly changes: readonly SpecChange[] | undefined;
  readonly stored: readonly StoredData[] | undefined;
  readonly quotas: readonly Check[] | undefined;
  /** What was not found out, and why. */
  readonly notes: readonly string[];
}

export interface Looking {
  readonly spec: AppSpec;
  readonly environment: string;
  readonly deployment: CodeDeployment;
  /** The limits of an environment that tells none. */
  readonly usualLimits: HostLimits;
}

/** A plan that AWS has no part in. */
export function notLooked({ usualLimits }: Looking, note: string): Looked {
  const nothing = { ports: undefined, current: undefined, templates: undefined };
  return {
    ...{ ...nothing, changes: undefined, stored: undefined, quotas: undefined },
    ...{ limits: usualLimits, notes: [note] },
  };
}

/** Asks AWS for what a plan compares with. It never fails for what AWS does not tell: that is a note. */
export async function lookAtAws(looking: Looking): Promise<Looked> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Looked>((resolve) => {
    const note = `AWS has not answered within ${PATIENCE_MS / 1000} s, and was not waited for`;
    timer = setTimeout(() => resolve(notLooked(looking, note)), PATIENCE_MS);
  });
  try {
    return await Promise.race([look(looking), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function look(looking: Looking): Promise<Looked> {
  const notes: string[] = [];
  const known = <Result>(asked: Promise<Result>): Promise<Result | undefined> =>
    asked.catch((error: unknown) => {
      if (!isWindlassError(error)) throw error;
      notes.push(error.message);
      return undefined;
    });
  const caller = await known(whoAmI());
  if (caller === undefined) return notLooked(looking, `AWS was not asked: ${notes.join("; ")}`);
  const { spec, environment } = looking;
  const [ports, quotas] = await Promise.all([
    known(openEnvironment(environment)),
    readVcpuQuotas(new ServiceQuotasClient(CLIENT_CONFIG)),
  ]);
  const limits = ports === undefined ? looking.usualLimits : hostLimits(ports.facts);
  const checks = checkFunctions(spec.functions, limits, { quotas, region: caller.region });
  if (ports === undefined) {
    return { ...notLooked(looking, ""), limits, quotas: checks, notes };
  }
  const [deployed, stored] = await Promise.all([
    lookAtDeployed(looking, ports, known),
    known(storedIn(looking, ports)),
  ]);
  return { ...deployed, ports, limits, stored, quotas: checks, notes };
}

type Known = <Result>(asked: Promise<Result>) => Promise<Result | undefined>;

/** The stack may be somebody else's, with more in it than the app. */
async function lookAtDeployed(
  { spec, environment, deployment }: Looking,
  ports: EnvironmentPorts,
  known: Known,
): Promise<Pick<Looked, "current" | "templates" | "changes">> {
  const row = ports.rows.get<DeploymentRow>(deploymentKey(spec.name));
  const current = await known(row.then((found) => found?.body ?? null));
  const stack =
    /:stack\/([^/]+)\//.exec(current?.owner ?? "")?.[1] ?? appStackId(spec.name, environment);
  const client = new CloudFormationClient(CLIENT_CONFIG);
  const templates = known(readTemplates(client, stack).then((answer) => answer ?? null));
  const changes =
    current === undefined
      ? undefined
      : known(changesOf({ spec }, { ports, deployment, current: current ?? undefined }));
  return { current, templates: await templates, changes: await changes };
}

async function storedIn(
  { spec, environment }: Looking,
  { clients, facts }: EnvironmentPorts,
): Promise<readonly StoredData[]> {
  return await storedOfApp({
    ...{ app: spec.name, environment, s3: clients.s3, bucket: facts["bucket-name"] },
    logs: new CloudWatchLogsClient(CLIENT_CONFIG),
  });
}
