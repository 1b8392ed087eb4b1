import { GENERAL, SIZES, WITH_GPUS } from "./host-data.ts";

/** A kind of instance that can be bought as a host. */
export interface HostType {
  readonly name: string;
  readonly vcpus: number;
  /** What the price list says; ECS registers less. */
  readonly memoryMiB: number;
  /** Type of its GPUs as functions ask for it; null for a host without. */
  readonly gpu: string | null;
  readonly gpus: number;
  /** On demand, Linux, us-east-1; the most that it costs as a spot instance. */
  readonly usdPerHour: number;
}

/** All that is bought, see host-data.ts for where the figures are from. Images are for amd64, and so are hosts. */
export const HOST_TYPES: readonly HostType[] = [...generalTypes(), ...gpuTypes()];

const BY_NAME: ReadonlyMap<string, HostType> = new Map(HOST_TYPES.map((type) => [type.name, type]));

/** The type of this name; undefined for one that this version does not know. */
export function hostType(name: string): HostType | undefined {
  return BY_NAME.get(name);
}

function generalTypes(): HostType[] {
  return GENERAL.flatMap(([family, gib, usd]) =>
    SIZES.map(([size, larges]) => ({
      name: `${family}.${size}`,
      vcpus: 2 * larges,
      memoryMiB: 2 * larges * gib * 1024,
      gpu: null,
      gpus: 0,
      usdPerHour: usd * larges,
    })),
  );
}

function gpuTypes(): HostType[] {
  return WITH_GPUS.map(([name, vcpus, gib, gpu, gpus, usdPerHour]) => ({
    name,
    vcpus,
    memoryMiB: gib * 1024,
    gpu,
    gpus,
    usdPerHour,
  }));
}
