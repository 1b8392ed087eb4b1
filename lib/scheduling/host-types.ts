import type { Architecture } from "../spec.ts";
import { ADDRESS_USD, DISK_USD, GENERAL, GRAVITON, SIZES, WITH_GPUS } from "./host-data.ts";

/** A kind of instance that can be bought as a host. */
export interface HostType {
  readonly name: string;
  readonly vcpus: number;
  /** What the price list says; ECS registers less. */
  readonly memoryMiB: number;
  /** Type of its GPUs as functions ask for it; null for a host without. */
  readonly gpu: string | null;
  readonly gpus: number;
  /** What images must be built for. */
  readonly architecture: Architecture;
  /**
   * All that it costs: on demand, Linux, us-east-1, with its disk and its public address; the most that it costs as a spot
   * instance.
   */
  readonly usdPerHour: number;
}

/** All that is bought, see host-data.ts for where the figures are from. */
export const HOST_TYPES: readonly HostType[] = [
  ...generalTypes(GENERAL, "amd64"),
  ...generalTypes(GRAVITON, "arm64"),
  ...gpuTypes(),
];

const BY_NAME: ReadonlyMap<string, HostType> = new Map(HOST_TYPES.map((type) => [type.name, type]));

/** The type of this name; undefined for one that this version does not know. */
export function hostType(name: string): HostType | undefined {
  return BY_NAME.get(name);
}

function generalTypes(families: typeof GENERAL, architecture: Architecture): HostType[] {
  return families.flatMap(([family, gib, usd]) =>
    SIZES.map(([size, larges]) => ({
      name: `${family}.${size}`,
      vcpus: 2 * larges,
      memoryMiB: 2 * larges * gib * 1024,
      gpu: null,
      gpus: 0,
      architecture,
      usdPerHour: withRest(usd * larges),
    })),
  );
}

function gpuTypes(): HostType[] {
  return WITH_GPUS.map(([name, vcpus, gib, gpu, gpus, usd]) => ({
    name,
    vcpus,
    memoryMiB: gib * 1024,
    gpu,
    gpus,
    architecture: "amd64",
    usdPerHour: withRest(usd),
  }));
}

/** What an instance costs with all that a host has beside it, to a millionth of a dollar. */
function withRest(usd: number): number {
  return Math.round((usd + ADDRESS_USD + DISK_USD) * 1e6) / 1e6;
}
