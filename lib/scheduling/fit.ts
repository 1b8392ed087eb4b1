import type { FunctionSpec } from "../spec.ts";
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
}

const CPU_UNITS = 1024;
/** What kernel and ECS keep of the memory of the price list, until a type's real figure is known. */
const USABLE_SHARE = 0.94;
const RESERVED_MIB = 512;

/** GPUs that satisfy a wish that is not the name of one. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  A10: ["A10G"],
  A100: ["A100-40GB", "A100-80GB"],
  "H100!": ["H100"],
  "B200+": ["B200", "B300"],
};

export function needsOf({ cpu, memoryMiB, gpu }: FunctionSpec): Needs {
  return { cpu: Math.ceil(cpu.request * CPU_UNITS), memoryMiB: memoryMiB.request, gpu };
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
 * What a container takes from a host with these GPUs; undefined where it must not run: without the GPUs that it
 * asks for, or with GPUs that it does not ask for.
 */
export function claimOn(needs: Needs, gpu: string | null): Room | undefined {
  const { cpu, memoryMiB } = needs;
  if (needs.gpu.length === 0) return gpu === null ? { cpu, memoryMiB, gpus: 0 } : undefined;
  if (gpu === null) return undefined;
  const wish = needs.gpu.map(parseGpu).find(({ kinds }) => kinds === "any" || kinds.includes(gpu));
  return wish === undefined ? undefined : { cpu, memoryMiB, gpus: wish.count };
}

/** `H100:2` as the GPUs that will do, and how many of them. */
export function parseGpu(wish: string): {
  readonly kinds: readonly string[] | "any";
  readonly count: number;
} {
  const [name = "", count = "1"] = wish.split(":");
  if (name === "any") return { kinds: "any", count: Number(count) };
  return { kinds: ALIASES[name] ?? [name], count: Number(count) };
}

export function fits(room: Room, claim: Room): boolean {
  return room.cpu >= claim.cpu && room.memoryMiB >= claim.memoryMiB && room.gpus >= claim.gpus;
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

export function subtract(room: Room, claim: Room): Room {
  return {
    cpu: room.cpu - claim.cpu,
    memoryMiB: room.memoryMiB - claim.memoryMiB,
    gpus: room.gpus - claim.gpus,
  };
}

export function times({ cpu, memoryMiB, gpus }: Room, count: number): Room {
  return { cpu: cpu * count, memoryMiB: memoryMiB * count, gpus: gpus * count };
}
