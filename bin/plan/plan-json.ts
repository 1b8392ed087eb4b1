import type { Grant } from "../../lib/plan/access.ts";
import { grantText } from "../../lib/plan/grant-words.ts";
import { LIST_PRICES } from "../../lib/plan/list-prices.ts";
import { PRICE_LIST } from "../../lib/scheduling/host-data.ts";
import type { Plan } from "./make-plan.ts";

/** A plan for programs; `null`: not known. */
export function planJson(plan: Plan): object {
  const { deployed, changes, resources, grantChanges, quotas, hosts, ...rest } = plan;
  return {
    ...rest,
    isDeployedKnown: deployed !== undefined,
    deployed: deployed ?? null,
    changes: changes ?? null,
    resources: resources ?? null,
    hosts: hosts.map(({ type, ...host }) => ({
      ...host,
      instanceType: type.name,
      usdPerHour: type.usdPerHour,
    })),
    grants: plan.grants.map(withText),
    grantChanges:
      grantChanges === undefined
        ? null
        : {
            added: grantChanges.added.map(withText),
            removed: grantChanges.removed.map(withText),
          },
    quotas: quotas ?? null,
    prices: { hosts: PRICE_LIST, others: pick(LIST_PRICES) },
  };
}

function withText(grant: Grant): object {
  return { ...grant, text: grantText(grant) };
}

function pick({ region, date, source }: typeof LIST_PRICES): object {
  return { region, date, source };
}
