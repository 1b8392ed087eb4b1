import { parseGpu } from "../gpu.ts";
import type { Architecture, FunctionSpec } from "../spec.ts";
import type { HostType } from "./host-types.ts";

/** What a host has, or what is left of it. */
export interface Room {
  /** 1,024 a vCPU, as ECS counts. */
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly gpus: number;
}

/** What a container of a function takes from its host. */
export interface Needs {
  readonly cpu: number;
  readonly memoryMiB: number;
  /** GPUs in the order of preference, as the function asks for them; none for a container without. */
  readonly gpu: readonly string[];
  readonly spot: FunctionSpec["spot"];
  /** What its image is built for; left out by what was written down before there was a choice: `amd64`. */
  readonly architecture?: Architecture | undefined;
}

/** How an instance is bought: EC2 can take a spot instance back, two minutes after it has said so. */
export type Market = "spot" | "on-demand";

/** What decides which containers may run on a host at all. */
export interface HostKind {
  readonly gpu: string | null;
  readonly market: Market;
  readonly architecture: Architecture;
}

const CPU_UNITS = 1024;
/** What kernel and ECS keep of the memory of the price list, until a type's real figure is known. */
const USABLE_SHARE = 0.94;
const RESERVED_MIB = 512;

const MARKETS: Readonly<Record<FunctionSpec["spot"], readonly Market[]>> = {
  prefer: ["spot", "on-demand"],
  require: ["spot"],
  never: ["on-demand"],
};

export function needsOf({ cpu, memoryMiB, gpu, spot, architecture }: FunctionSpec): Needs {
  const size = { cpu: Math.ceil(cpu.request * CPU_UNITS), memoryMiB: memoryMiB.request };
  return { ...size, gpu, spot, architecture };
}

/** How hosts for a container may be bought, in the order of preference. */
export function marketsOf({ spot }: Pick<Needs, "spot">): readonly Market[] {
  // What was deployed before there was a choice says nothing.
  return MARKETS[spot] ?? MARKETS.prefer;
}

/** What a host of this type offers: what such hosts have registered, or what they can be expected to. */
export function roomOf(type: HostType, learned: Readonly<Record<string, Room>>): Room {
  return (
    learned[type.name] ?? {
      cpu: type.vcpus * CPU_UNITS,
      memoryMiB: Math.floor(type.memoryMiB * USABLE_SHARE) - RESERVED_MIB,
      gpus: type.gpus,
    }
  );
}

/**
 * What a container takes from a host of this kind with this room, for the most wanted of its GPUs; undefined where it
 * does not fit or must not run: without the GPUs that it asks for, with GPUs that it does not ask for, where EC2 may
 * take the host back and it must not, or on a processor that its image is not for.
 */
export function claimOn(
  needs: Needs,
  { gpu, market, architecture }: HostKind,
  room: Room,
): Room | undefined {
  const { cpu, memoryMiB } = needs;
  if (room.cpu < cpu || room.memoryMiB < memoryMiB) return undefined;
  if ((needs.architecture ?? "amd64") !== architecture) return undefined;
  if (!marketsOf(needs).includes(market)) return undefined;
  const gpus = gpusOn(needs, gpu, room.gpus);
  return gpus === undefined ? undefined : { cpu, memoryMiB, gpus };
}

/** GPUs of a type that a container takes where so many are free. */
function gpusOn({ gpu: wishes }: Needs, gpu: string | null, free: number): number | undefined {
  if (wishes.length === 0) return gpu === null ? 0 : undefined;
  for (const wish of wishes) {
    const count = isFor(wish, gpu) ? parseGpu(wish)?.count : undefined;
    if (count !== undefined && count <= free) return count;
  }
  return undefined;
}

/** Which wish a GPU satisfies, counted from the most wanted; -1 for none of them, or where there are none. */
export function rankOf({ gpu: wishes }: Needs, gpu: string | null): number {
  return wishes.findIndex((wish) => isFor(wish, gpu));
}

function isFor(wish: string, gpu: string | null): boolean {
  return gpu !== null && parseGpu(wish)?.kinds.includes(gpu) === true;
}

/** How often a claim fits. */
export function timesIn(room: Room, claim: Room): number {
  const ratio = (has: number, takes: number): number =>
    takes === 0 ? Number.POSITIVE_INFINITY : Math.floor(has / takes);
  return Math.min(
    ratio(room.cpu, claim.cpu),
    ratio(room.memoryMiB, claim.memoryMiB),
    ratio(room.gpus, claim.gpus),
  );
}

export function add(a: Room, b: Room): Room {
  return { cpu: a.cpu + b.cpu, memoryMiB: a.memoryMiB + b.memoryMiB, gpus: a.gpus + b.gpus };
}

export function subtract(room: Room, claim: Room): Room {
  return {
    cpu: room.cpu - claim.cpu,
    memoryMiB: room.memoryMiB - claim.memoryMiB,
    gpus: room.gpus - claim.gpus,
  };
}
