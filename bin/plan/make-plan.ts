import { diffTemplates, type ResourceChange } from "../../cdk/toolkit/diff-templates.ts";
import type { StackTemplates } from "../../cdk/toolkit/synthesize-stack.ts";
import type { Violation } from "../../lib/options/violation.ts";
import { diffGrants, type Grant, type GrantChanges, grantsOf } from "../../lib/plan/access.ts";
import { type CallCost, callCosts } from "../../lib/plan/call-cost.ts";
import { type CostItem, idleCosts, totalOf } from "../../lib/plan/idle-cost.ts";
import { type Settings, settingsOf } from "../../lib/plan/settings.ts";
import {
  type FirstHost,
  type FirstOffer,
  firstHosts,
  firstOffers,
  hostMistakes,
} from "../../lib/scheduling/first-offers.ts";
import type { AppSpec, FunctionSpec } from "../../lib/spec.ts";
import type { SpecChange } from "../../lib/spec-diff.ts";
import type { Check } from "../doctor/check.ts";
import type { Looked } from "./look-at-aws.ts";

/** What a deployment would make, change and cost. */
export interface Plan {
  readonly app: string;
  readonly environment: string;
  /** Number of the current deployment; `null`: none. Undefined: not known. */
  readonly deployed: number | null | undefined;
  readonly settings: Readonly<Record<string, Settings>>;
  readonly hosts: readonly FirstHost[];
  readonly gpus: readonly FirstOffer[];
  readonly changes: readonly SpecChange[] | undefined;
  /** Undefined: what is deployed is not known. */
  readonly resources: readonly ResourceChange[] | undefined;
  /** How many the template has. */
  readonly resourceCount: number;
  readonly grants: readonly Grant[];
  readonly grantChanges: GrantChanges | undefined;
  readonly idle: readonly CostItem[];
  readonly idleUsdPerMonth: number;
  readonly secondsPerCall: number;
  readonly calls: readonly CallCost[];
  readonly quotas: readonly Check[] | undefined;
  /** What no host can hold, or none that costs so little: the deployment refuses it. */
  readonly mistakes: readonly Violation[];
  readonly notes: readonly string[];
}

/** Puts together what is known. */
export function makePlan(given: {
  readonly spec: AppSpec;
  readonly environment: string;
  readonly templates: StackTemplates;
  readonly looked: Looked;
  readonly secondsPerCall: number;
}): Plan {
  const { spec, environment, templates, looked, secondsPerCall } = given;
  const { functions, images } = spec;
  const { limits, stored } = looked;
  const hosts = firstHosts(functions, limits);
  const mistakes = hostMistakes(functions, limits);
  const all = [templates.main, ...Object.values(templates.nested)];
  const idle = idleCosts({ functions, limits, templates: all, stored });
  const grants = grantsOf(templates.main);
  return {
    ...{ app: spec.name, environment, hosts, secondsPerCall },
    deployed: looked.current === undefined ? undefined : (looked.current?.number ?? null),
    settings: Object.fromEntries(
      functions.map((one) => {
        const host = hosts.find((each) => each.function === one.name);
        return [one.name, settingsOf(one, { host, images })];
      }),
    ),
    gpus: firstOffers(functions, limits),
    changes: looked.changes,
    resourceCount: all.reduce((sum, { Resources = {} }) => sum + Object.keys(Resources).length, 0),
    ...compared(looked, templates, grants),
    ...{ grants, idle, idleUsdPerMonth: totalOf(idle) },
    calls: callCosts(functions, { secondsPerCall, limits }),
    ...{ quotas: looked.quotas, mistakes },
    notes: [
      ...looked.notes,
      ...mistakes.map(({ message }) => `it cannot be deployed: ${message}`),
      ...functions.filter(isColdPage).map(({ name }) => {
        return `the first who visits "${name}" after a rest waits for a container, and streams are refused meanwhile: \`minContainers: 1\` keeps one`;
      }),
    ],
  };
}

/** A whole app that answers requests, of which no container is kept. */
function isColdPage({ web, minContainers }: FunctionSpec): boolean {
  return web !== null && web !== undefined && web.kind !== "endpoints" && minContainers === 0;
}

function compared(
  { templates: deployed }: Looked,
  templates: StackTemplates,
  grants: readonly Grant[],
): Pick<Plan, "resources" | "grantChanges"> {
  if (deployed === undefined) return { resources: undefined, grantChanges: undefined };
  return {
    resources: diffTemplates(deployed ?? undefined, templates),
    grantChanges: diffGrants(grantsOf(deployed?.main ?? {}), grants),
  };
}
