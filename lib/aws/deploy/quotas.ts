import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  type ServiceQuotasClient,
} from "@aws-sdk/client-service-quotas";
import type { Market } from "../../scheduling/fit.ts";
import { quotaClass } from "../../scheduling/rests.ts";

/** vCPUs that an account may run at once, by family of instances; undefined where it could not be read. */
export interface VcpuQuota {
  readonly family: string;
  readonly onDemand: number | undefined;
  readonly spot: number | undefined;
}

/** Quotas of EC2, "Running … instances" and "All … Spot Instance Requests", which count vCPUs. */
const FAMILIES = [
  { family: "standard", onDemand: "L-1216C47A", spot: "L-34B43A08" },
  { family: "G and VT", onDemand: "L-DB2E81BA", spot: "L-3819A6DF" },
  { family: "P", onDemand: "L-417A185B", spot: "L-7212CCBC" },
] as const;

/** Reads the quotas that limit which hosts can be bought. It never fails: they are for information. */
export async function readVcpuQuotas(client: ServiceQuotasClient): Promise<readonly VcpuQuota[]> {
  return await Promise.all(
    FAMILIES.map(async ({ family, onDemand, spot }) => {
      const [first, second] = await Promise.all([quota(client, onDemand), quota(client, spot)]);
      return { family, onDemand: first, spot: second };
    }),
  );
}

async function quota(client: ServiceQuotasClient, QuotaCode: string): Promise<number | undefined> {
  const asked = { ServiceCode: "ec2", QuotaCode };
  try {
    return (await client.send(new GetServiceQuotaCommand(asked))).Quota?.Value;
  } catch (error) {
    // One that the account never changed.
    if (!(error instanceof Error) || error.name !== "NoSuchResourceException") return undefined;
    const answer = client.send(new GetAWSDefaultServiceQuotaCommand(asked));
    return await answer.then(
      ({ Quota }) => Quota?.Value,
      () => undefined,
    );
  }
}

/** What cannot be bought at all, and the fix; none where every family has some vCPUs. */
export function quotaNotices(
  quotas: readonly VcpuQuota[],
  region: string,
): readonly { readonly code: string; readonly message: string; readonly hint: string }[] {
  return quotas.flatMap(({ family, onDemand, spot }) => {
    if (onDemand !== 0) return [];
    const also = spot === 0 ? ", nor spot" : "";
    return [
      {
        code: "WINDLASS_QUOTA_ZERO",
        message: `this account may not run ${family} instances on demand${also}: its quota is 0 vCPUs`,
        hint: askForMore({ family, market: "on-demand", vcpus: 8, region }),
      },
    ];
  });
}

/** How to be allowed so many vCPUs of a family. */
export function askForMore(more: {
  readonly family: string;
  readonly market: Market;
  readonly vcpus: number;
  readonly region: string;
}): string {
  const { family, market, vcpus, region } = more;
  const codes = FAMILIES.find((one) => one.family === family);
  const code = market === "spot" ? codes?.spot : codes?.onDemand;
  return `ask for more: \`aws service-quotas request-service-quota-increase --region ${region} --service-code ec2 --quota-code ${code} --desired-value ${vcpus}\``;
}

/** The quota that limits how many instances of a type run. */
export function quotaOfType(quotas: readonly VcpuQuota[], type: string): VcpuQuota | undefined {
  const name = quotaClass(type).toLowerCase();
  return quotas.find(({ family }) => family.toLowerCase() === name);
}
