import type { BucketMountSpec, MountSpec, VolumeMountSpec } from "../spec.ts";

type WithoutPath<Spec> = Spec extends MountSpec ? Omit<Spec, "path"> : never;

/** What is mounted, whatever the path. */
export type Mounted = WithoutPath<MountSpec>;

/** A Volume or a CloudBucketMount: what `volumes` may hold. */
export interface Mountable {
  /** What the AppSpec says of it, but for its path. */
  readonly mounted: Mounted;
}

/** What an entry of `volumes` stands for; undefined for anything that cannot be mounted. */
export function mountOf(value: unknown): Mounted | undefined {
  if (typeof value !== "object" || value === null || !("mounted" in value)) return undefined;
  const mounted = value.mounted as Mounted | undefined; // Of this copy of the classes or another.
  return mounted?.kind === "volume" || mounted?.kind === "bucket" ? mounted : undefined;
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
