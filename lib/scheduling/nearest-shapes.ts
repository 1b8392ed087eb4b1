import { gpuMemoryMiB, gpuText, parseGpu } from "../gpu.ts";
import { type Needs, type Room, roomOf } from "./fit.ts";
import type { HostType } from "./host-types.ts";
import { priceText } from "./prices.ts";

/** So many are named. */
const MAX_NAMED = 3;

/**
 * Hosts below the limit of dollars an hour that are the most like what cannot be bought: those with the same GPU, then
 * by the memory of one of their GPUs and of all; without GPUs those that miss the least. Of each shape the cheapest.
 */
export function nearestShapes(
  needs: Needs,
  given: {
    readonly types: readonly HostType[];
    readonly learned: Readonly<Record<string, Room>>;
    readonly maxUsdPerHour: number;
  },
): readonly string[] {
  const isGpu = needs.gpu.length > 0;
  const misses = (type: HostType): number => {
    const room = roomOf(type, given.learned);
    return Math.max(1, needs.cpu / room.cpu, needs.memoryMiB / room.memoryMiB);
  };
  const payable = given.types.filter(
    ({ gpu, architecture, usdPerHour }) =>
      (gpu !== null) === isGpu &&
      (isGpu || architecture === (needs.architecture ?? "amd64")) &&
      usdPerHour <= given.maxUsdPerHour,
  );
  const fitting = payable.filter((type) => misses(type) === 1);
  const difference = isGpu ? gpuDifference(needs) : misses;
  const shapes = new Map<string, HostType>();
  for (const type of [...(fitting.length > 0 ? fitting : payable)].sort(byPrice)) {
    const shape = type.gpu === null ? type.name : gpuText(type.gpu, type.gpus);
    if (!shapes.has(shape)) shapes.set(shape, type);
  }
  return [...shapes.values()]
    .sort((a, b) => difference(a) - difference(b))
    .slice(0, MAX_NAMED)
    .map(shapeText);
}

function byPrice(a: HostType, b: HostType): number {
  return a.usdPerHour - b.usdPerHour;
}

function gpuDifference({ gpu: [wish = ""] }: Needs): (type: HostType) => number {
  const { kinds = [], count = 1 } = parseGpu(wish) ?? {};
  const wanted = gpuMemoryMiB(kinds[0] ?? "");
  return ({ gpu, gpus }) => {
    const ratio = gpuMemoryMiB(gpu ?? "") / wanted;
    const difference = Math.abs(Math.log(ratio)) + Math.abs(Math.log((ratio * gpus) / count));
    // No two differ by a factor of e to the 100th.
    return kinds.includes(gpu ?? "") ? difference - 100 : difference;
  };
}

function shapeText({ name, gpu, gpus, vcpus, memoryMiB, usdPerHour }: HostType): string {
  const gpuPart = gpu === null ? "" : `${gpuText(gpu, gpus)} on `;
  return `${gpuPart}${name} (${vcpus} vCPUs, ${memoryMiB / 1024} GiB), ${priceText(usdPerHour)}`;
}
