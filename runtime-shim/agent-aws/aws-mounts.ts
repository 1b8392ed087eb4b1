import type { FunctionSpec } from "../../lib/spec.ts";
import { storedSecret } from "../../lib/storage/app-secrets.ts";
import { bucketsOf, volumesOf } from "../../lib/storage/mount.ts";
import { cacheMount, cacheVariables } from "../../lib/storage/snapshot-caches.ts";
import type { Stores } from "../../lib/storage/stores.ts";
import { BucketMounts } from "../agent/bucket-mounts.ts";
import { ContainerMounts } from "../agent/container-mounts.ts";

export interface AwsMountsOptions {
  readonly app: string;
  readonly stores: Stores;
  /** The program that mounts a bucket. */
  readonly bucketProgram: string;
  readonly now: () => number;
  readonly onError: (text: string) => void;
}

/** What a container on AWS has mounted, at the very paths that its function names; undefined for nothing. */
export function openMounts(
  spec: FunctionSpec,
  options: AwsMountsOptions,
): ContainerMounts | undefined {
  const { app, stores, bucketProgram, now, onError } = options;
  const { volumes = [] } = spec;
  const cache = cacheMount(app, spec);
  if (volumes.length === 0 && cache === undefined) return undefined;
  const placed = [...volumesOf(volumes), ...(cache ? [cache] : [])].map((mount) => ({
    mount,
    folder: mount.path,
    // ECS has mounted it before this program began.
    isShared: mount.backing === "efs",
    isCache: mount === cache,
  }));
  const defaults = cache && cacheVariables(spec, cache.path);
  const buckets = new BucketMounts({
    placed: bucketsOf(volumes).map((mount) => ({ mount, folder: mount.path })),
    program: bucketProgram,
    readSecret: (name) => stores.secrets.read(storedSecret(app, name)),
    mayLack: false,
  });
  return new ContainerMounts({ placed, buckets, defaults, stores, now, onError });
}
