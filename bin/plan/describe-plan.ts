import type { ResourceChange } from "../../cdk/toolkit/diff-templates.ts";
import type { Grant } from "../../lib/plan/access.ts";
import { CALLS } from "../../lib/plan/call-cost.ts";
import { grantText } from "../../lib/plan/grant-words.ts";
import { LIST_PRICES } from "../../lib/plan/list-prices.ts";
import { PRICE_LIST } from "../../lib/scheduling/host-data.ts";
import { priceText } from "../../lib/scheduling/prices.ts";
import { changeLines } from "../../lib/spec-diff.ts";
import { columns } from "../columns.ts";
import { gpuLines } from "../deploy/gpu-lines.ts";
import type { Check } from "../doctor/check.ts";
import type { Plan } from "./make-plan.ts";
import { settingsTable } from "./settings-table.ts";

/** A plan as text. */
export function describePlan(plan: Plan): string {
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ["Settings", settingsTable(plan.settings)],
    ["Changes", changesOf(plan)],
    ["Infrastructure", resourceLines(plan)],
    ["Who may do what", grantLines(plan.grants.map((grant) => ["", grant]))],
    ["Changes of access", grantChangeLines(plan)],
    [`Cost at rest: ${usdText(plan.idleUsdPerMonth)} a month`, idleLines(plan)],
    [`Cost of calls, ${plan.secondsPerCall} s each`, callLines(plan)],
    ["Quotas", quotaLines(plan)],
    ["Notes", [...plan.notes, ...priceNotes()]],
  ];
  const head = `Plan of ${plan.app} in environment ${plan.environment}: ${deployedText(plan)}`;
  const texts = sections.map(([title, lines]) => [title, ...lines.map(indented)].join("\n"));
  return `${[head, ...texts].join("\n\n")}\n`;
}

function indented(line: string): string {
  return line === "" ? "" : `  ${line}`;
}

function deployedText({ deployed }: Plan): string {
  if (deployed === undefined) return "what is deployed is not known";
  return deployed === null ? "nothing is deployed" : `deployment ${deployed} is deployed`;
}

function changesOf({ changes, deployed }: Plan): readonly string[] {
  if (changes === undefined) return ["not known"];
  if (deployed === null) return ["all functions are new"];
  const lines = changeLines(changes);
  return lines.length === 0 ? ["none"] : lines;
}

const SIGNS = { added: "+", removed: "-", changed: "~", replaced: "!" } as const;

function resourceLines({ resources, resourceCount, deployed }: Plan): readonly string[] {
  if (resources === undefined) return [`${resourceCount} resources; what is deployed is not known`];
  if (deployed === null && resources.every(({ kind }) => kind === "added")) {
    return [`all ${resourceCount} resources are new:`, ...countsByType(resources)];
  }
  if (resources.length === 0) return [`none of ${resourceCount} resources changes`];
  return resources.map(({ kind, id, type, properties, remark }) => {
    const what = properties.length === 0 ? "" : `: ${properties.join(", ")}`;
    const how = kind === "replaced" ? ", replaced" : remark === null ? "" : `, ${remark}`;
    return `${SIGNS[kind]} ${type} ${id}${what}${how}`;
  });
}

function countsByType(resources: readonly ResourceChange[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { type } of resources) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].sort().map(([type, count]) => `+ ${count} × ${type}`);
}

/** A block for each who, with a line for each grant. */
function grantLines(grants: readonly (readonly [sign: string, Grant])[]): readonly string[] {
  const byWho = new Map<string, Set<string>>();
  for (const [sign, grant] of grants) {
    byWho.set(grant.who, (byWho.get(grant.who) ?? new Set()).add(`${sign}${grantText(grant)}`));
  }
  return [...byWho].flatMap(([who, texts]) => [who, ...[...texts].map((text) => `  ${text}`)]);
}

function grantChangeLines({ grantChanges, deployed }: Plan): readonly string[] {
  if (grantChanges === undefined) return ["not known"];
  const { added, removed } = grantChanges;
  if (added.length + removed.length === 0) return ["none"];
  if (deployed === null && removed.length === 0) return ["all of that is new"];
  return grantLines([
    ...added.map((grant) => ["+ ", grant] as const),
    ...removed.map((grant) => ["- ", grant] as const),
  ]);
}

function idleLines({ idle }: Plan): readonly string[] {
  const rows = idle.map(({ what, usdPerMonth }) => [
    usdPerMonth === null ? "by use" : usdText(usdPerMonth),
    what,
  ]);
  return columns(rows).split("\n");
}

function callLines({ calls, hosts, gpus }: Plan): readonly string[] {
  const head = ["function", "first host", "a container", `${CALLS} calls`, "that come together"];
  const rows = calls.map((cost) => {
    const host = hosts.find((one) => one.function === cost.function);
    const { usdPerHour, usdPer1000, usdPer1000Together, atOnce } = cost;
    return [
      cost.function,
      host === undefined ? "none" : `${host.type.name} ${priceText(host.type.usdPerHour)}`,
      usdPerHour === null ? "" : `${usdText(usdPerHour)}/h`,
      usdPer1000 === null ? "" : usdText(usdPer1000),
      atOnce === 1 || usdPer1000Together === null
        ? ""
        : `${usdText(usdPer1000Together)}, ${atOnce} at once`,
    ];
  });
  return [...columns([head, ...rows]).split("\n"), ...gpuLines(gpus)];
}

function quotaLines({ quotas }: Plan): readonly string[] {
  if (quotas === undefined) return ["not known"];
  if (quotas.length === 0) return ["no function needs hosts with a GPU"];
  return quotas.flatMap(checkLines);
}

function checkLines({ subject, status, message, fix }: Check): string[] {
  const line = `${status.padEnd(4)}  ${subject}: ${message}`;
  return fix === null ? [line] : [line, `      fix: ${fix}`];
}

function priceNotes(): readonly string[] {
  const { region, gpuDate, generalDate, gravitonDate } = PRICE_LIST;
  return [
    `prices are list prices on demand in ${region}, without free tiers: of hosts with GPUs of ${gpuDate}, of others of ${generalDate} (Graviton ${gravitonDate}), of all else of ${LIST_PRICES.date}; spot instances cost less`,
    "calls are priced while a container is there: its start, and its scaledown window, come beside that",
  ];
}

/** Cents where they matter, more digits below. */
export function usdText(usd: number): string {
  if (usd === 0) return "$0";
  if (usd < 0.00005) return "below $0.0001";
  return usd < 1 ? `$${Number(usd.toPrecision(2))}` : `$${usd.toFixed(2)}`;
}
