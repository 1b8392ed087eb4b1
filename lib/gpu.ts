import { GPU_MEMORY_MIB } from "./scheduling/host-data.ts";

/**
 * Names that `gpu` takes, in upper or lower case. All but these are types of GPU themselves:
 *
 * - `A10` is `A10G`: EC2 has no other.
 * - `A100` is the one with 40 GB, or the one with 80 GB as an upgrade.
 * - `H100` is an H100, or an H200 as an upgrade. An upgrade is taken where it is the cheaper host for the containers that
 *   wait, where a host with one has room, or where the other has no stock and it costs no more than twice as much. You
 *   pay for its host; Modal's upgrades are free. `H100!` is never upgraded.
 * - `B200+` is a B200 or what is newer, by the same rule: today a B300.
 * - `any` is any GPU, the cheapest first, whatever it costs below the limit of the environment.
 */
export type GpuName = keyof typeof GPU_MEMORY_MIB | "A10" | "A100" | "H100!" | "B200+" | "any";

/**
 * A GPU type, and after a colon how many of them: `"H100"`, `"a100-80gb:2"`. Editors complete the names; the type
 * takes any string, since names may be written in any case, and what is wrong is reported where it is defined.
 */
export type Gpu = GpuName | (string & Record<never, never>);

/** What was asked for, read. */
export interface GpuWish {
  readonly name: GpuName;
  /** Types of GPU that will do, the one that was meant first. */
  readonly kinds: readonly string[];
  readonly count: number;
}

/** GPUs of one container at most: the largest host of each type has as many. */
export const MAX_GPUS = 8;

const TYPES = Object.keys(GPU_MEMORY_MIB) as (keyof typeof GPU_MEMORY_MIB)[]; // The keys of that object.

/** Names that mean something else than the type of the same name alone. */
const MEANT: Readonly<Partial<Record<GpuName, readonly string[]>>> = {
  H100: ["H100", "H200"],
  A10: ["A10G"],
  A100: ["A100-40GB", "A100-80GB"],
  "H100!": ["H100"],
  "B200+": ["B200", "B300"],
  any: TYPES,
};

/** Every name, types first. */
export const GPU_NAMES: readonly GpuName[] = [
  ...new Set([...TYPES, ...(Object.keys(MEANT) as GpuName[])]), // The keys of that object.
];

const BY_LOWER_CASE: ReadonlyMap<string, GpuName> = new Map(
  GPU_NAMES.map((name) => [name.toLowerCase(), name]),
);

/** Few texts are valid, and each is looked at for every host that a container might go to. */
const parsed = new Map<string, GpuWish>();

/** `h100:2` read; undefined for what is not a GPU and a count. */
export function parseGpu(text: string): GpuWish | undefined {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const name = gpuName(text);
  const count = text.includes(":") ? text.slice(text.indexOf(":") + 1) : "1";
  if (name === undefined || !/^[1-9]$/.test(count) || Number(count) > MAX_GPUS) return undefined;
  const wish = { name, kinds: MEANT[name] ?? [name], count: Number(count) };
  parsed.set(text, wish);
  return wish;
}

/** What stands before the colon, in its usual spelling. */
export function gpuName(text: string): GpuName | undefined {
  return BY_LOWER_CASE.get((text.split(":")[0] ?? "").toLowerCase());
}

/** `L4`, `L4:2`. */
export function gpuText(name: string, count: number): string {
  return count === 1 ? name : `${name}:${count}`;
}

/** Memory of one GPU of this type; 0 for one that this version does not know. */
export function gpuMemoryMiB(type: string): number {
  return (GPU_MEMORY_MIB as Readonly<Record<string, number>>)[type] ?? 0;
}
