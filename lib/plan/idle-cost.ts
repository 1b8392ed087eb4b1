import type { HostLimits } from "../scheduling/first-offers.ts";
import type { FunctionSpec } from "../spec.ts";
import { keptHosts } from "./kept-hosts.ts";
import { FREE_TYPES, HOURS_A_MONTH, LIST_PRICES, RESOURCE_MONTH } from "./list-prices.ts";
import type { Template } from "./template.ts";

/** Something that costs money, or might, while nothing is called. */
export interface CostItem {
  readonly what: string;
  /** `null`: it is not known how much of it there is; `what` then says what it costs. */
  readonly usdPerMonth: number | null;
}

/** What is stored already, with its price. */
interface StoredItem {
  readonly name: string;
  readonly bytes: number;
  readonly usdPerMonth: number;
}

export interface IdleInputs {
  readonly functions: readonly FunctionSpec[];
  readonly limits: HostLimits;
  /** What is to be deployed, nested stacks among it. */
  readonly templates: readonly Template[];
  /** Undefined: nobody was asked. */
  readonly stored: readonly StoredItem[] | undefined;
}

/** What an app costs a month while nothing is called: its parts, the dearest first. */
export function idleCosts(inputs: IdleInputs): CostItem[] {
  const items = [...hostItems(inputs), ...resourceItems(inputs), ...storedItems(inputs)];
  const rank = ({ usdPerMonth }: CostItem): number => usdPerMonth ?? -1;
  return items.sort((a, b) => rank(b) - rank(a));
}

/** The sum of what is known. */
export function totalOf(items: readonly CostItem[]): number {
  return items.reduce((sum, { usdPerMonth }) => sum + (usdPerMonth ?? 0), 0);
}

/** Spot instances cost less, by how much nobody can say before. */
function hostItems({ functions, limits }: IdleInputs): CostItem[] {
  const byType = new Map<string, { usd: number; count: number; names: Set<string> }>();
  for (const { type, containers } of keptHosts(functions, limits)) {
    const { name, usdPerHour } = type;
    const known = byType.get(name) ?? { usd: usdPerHour, count: 0, names: new Set() };
    known.count += 1;
    for (const one of Object.keys(containers)) known.names.add(one);
    byType.set(name, known);
  }
  return [...byType].map(([name, { usd, count, names }]) => ({
    what: `${count} × ${name} on demand, for minContainers of ${[...names].sort().join(", ")}`,
    usdPerMonth: count * usd * HOURS_A_MONTH,
  }));
}

function resourceItems({ templates }: IdleInputs): CostItem[] {
  const types = templates.flatMap(({ Resources = {} }) =>
    Object.values(Resources).map(({ Type }) => Type),
  );
  const paid = new Map<string, number>();
  const unknown = new Set<string>();
  let free = 0;
  for (const type of types) {
    if (RESOURCE_MONTH[type] !== undefined) paid.set(type, (paid.get(type) ?? 0) + 1);
    else if (FREE_TYPES.has(type)) free += 1;
    else unknown.add(type);
  }
  return [
    ...[...paid].map(([type, count]) => {
      const { usd = 0, name = type } = RESOURCE_MONTH[type] ?? {};
      return { what: `${count} × ${name}`, usdPerMonth: count * usd };
    }),
    {
      what: "the environment's controller, which all apps share",
      usdPerMonth: LIST_PRICES.controllerMonth,
    },
    {
      what: `${free} resources that are paid by use: queues, roles, task definitions, schedules, …`,
      usdPerMonth: 0,
    },
    ...[...unknown].map((type) => ({
      what: `${type}, whose price is not in the table`,
      usdPerMonth: null,
    })),
  ];
}

function storedItems({ stored, functions }: IdleInputs): CostItem[] {
  const { objects, logs, images, files } = LIST_PRICES.storedGib;
  const onFiles = functions.some(({ volumes }) =>
    volumes.some((one) => one.kind === "volume" && one.backing === "efs"),
  );
  const known = (stored ?? []).map(({ name, bytes, usdPerMonth }) => ({
    what: `${sizeText(bytes)} at ${name}`,
    usdPerMonth,
  }));
  return [
    ...known,
    ...(stored === undefined
      ? [
          {
            what: `what is stored: $${objects} a GiB of objects, $${logs} of logs`,
            usdPerMonth: null,
          },
        ]
      : []),
    ...(onFiles ? [{ what: `files of volumes on EFS: $${files} a GiB`, usdPerMonth: null }] : []),
    { what: `images: $${images} a GiB`, usdPerMonth: null },
  ];
}

/** `1.5 GiB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let size = bytes / 1024;
  let unit = 0;
  for (; size >= 1024 && unit < units.length - 1; unit += 1) size /= 1024;
  return `${size.toFixed(1)} ${units[unit]}`;
}
