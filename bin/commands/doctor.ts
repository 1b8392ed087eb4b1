import { EC2Client } from "@aws-sdk/client-ec2";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { CLIENT_CONFIG } from "../../lib/aws/client-config.ts";
import { readVcpuQuotas } from "../../lib/aws/deploy/quotas.ts";
import { hostLimits } from "../../lib/aws/facts.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import type { AppSpec } from "../../lib/spec.ts";
import type { Invocation } from "../command-table.ts";
import { toAwsOptions } from "../deploy/deploy-options.ts";
import { checkCaller, checkEnvironment, checkRoles } from "../doctor/account-checks.ts";
import type { Check } from "../doctor/check.ts";
import { checkFunctions, checkQuotas, checkSpot } from "../doctor/host-checks.ts";
import { checkDocker, checkPython } from "../doctor/machine-checks.ts";
import { loadApp } from "../load-app.ts";
import { EXIT } from "../report.ts";
import { styled } from "../terminal.ts";

const COLORS = { ok: "green", warn: "yellow", fail: "red" } as const;

/** Tells what stands in the way of apps on AWS. Its exit code is that of success where nothing failed. */
export async function run({ operands: [file], options: parsed }: Invocation): Promise<number> {
  const { environment, json } = toAwsOptions(parsed);
  const spec = file === undefined ? undefined : resolveSpec((await loadApp(file)).app);
  const [onAws, docker, python] = await Promise.all([
    checkAws(environment, spec),
    checkDocker(spec?.images ?? []),
    checkPython(),
  ]);
  const checks = [...onAws, docker, python];
  process.stdout.write(json ? `${JSON.stringify(checks)}\n` : checks.map(toText).join(""));
  return checks.some(({ status }) => status === "fail") ? EXIT.failure : EXIT.success;
}

async function checkAws(environment: string, spec: AppSpec | undefined): Promise<Check[]> {
  const { checks, region } = await checkCaller();
  if (region === undefined) return [...checks];
  const [{ check, facts }, roles, quotas] = await Promise.all([
    checkEnvironment(environment),
    checkRoles(),
    readVcpuQuotas(new ServiceQuotasClient(CLIENT_CONFIG)),
  ]);
  const account = { quotas, region };
  const functions = spec?.functions ?? [];
  const limits = hostLimits(facts ?? {});
  const client = new EC2Client(CLIENT_CONFIG);
  return [
    ...[...checks, check, roles, ...checkQuotas(account)],
    ...checkFunctions(functions, limits, account),
    ...(await checkSpot(functions, limits, { client, region })),
  ];
}

function toText({ subject, status, message, fix }: Check): string {
  const label = styled(COLORS[status], status.padEnd(4), process.stdout);
  const line = `${label}  ${subject}: ${message}\n`;
  return fix === null ? line : `${line}      fix: ${fix}\n`;
}
