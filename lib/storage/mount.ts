import type { BucketMountSpec, MountSpec, VolumeMountSpec } from "../spec.ts";

/** Marks what may stand in `volumes`, for copies of this package. */
export const MOUNT: unique symbol = Symbol.for("windlass.mount") as never;

type WithoutPath<Spec> = Spec extends MountSpec ? Omit<Spec, "path"> : never;

/** What is mounted, whatever the path. */
export type Mounted = WithoutPath<MountSpec>;

/** A Volume or a CloudBucketMount: what `volumes` may hold. */
export interface Mountable {
  /** @internal */
  readonly [MOUNT]: Mounted;
}

/** What an entry of `volumes` stands for; undefined for anything that cannot be mounted. */
export function mountOf(value: unknown): Mounted | undefined {
  if (typeof value !== "object" || value === null || !(MOUNT in value)) return undefined;
  return value[MOUNT] as Mounted; // Of this copy of the classes or another.
}

/** The mounts of a definition, sorted by path: the order in which they are written means nothing. */
export function toMountSpecs(volumes: Readonly<Record<string, unknown>> = {}): MountSpec[] {
  return Object.entries(volumes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, value]) => {
      const mounted = mountOf(value);
      return mounted === undefined ? [] : [{ ...mounted, path }];
    });
}

/** The volumes among mounts; manifests of before there were any say nothing of them. */
export function volumesOf(mounts: readonly MountSpec[] = []): VolumeMountSpec[] {
  return mounts.filter((mount) => mount.kind === "volume");
}

/** The buckets among mounts. */
export function bucketsOf(mounts: readonly MountSpec[] = []): BucketMountSpec[] {
  return mounts.filter((mount) => mount.kind === "bucket");
}
