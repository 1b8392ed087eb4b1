import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BucketMounts } from "../../runtime-shim/agent/bucket-mounts.ts";
import { ContainerMounts, type PlacedVolume } from "../../runtime-shim/agent/container-mounts.ts";
import type { Clock } from "../clock.ts";
import type { BucketMountSpec, FunctionSpec, VolumeMountSpec } from "../spec.ts";
import { bucketsOf, volumesOf } from "../storage/mount.ts";
import type { SecretValues } from "../storage/secret-values.ts";
import { cacheMount, cacheVariables } from "../storage/snapshot-caches.ts";
import type { Stores } from "../storage/stores.ts";
import { describeSelf, isAlive } from "./liveness.ts";
import { sharedFolder } from "./storage/local-stores.ts";

const BUCKET_PROGRAM: string = fileURLToPath(import.meta.resolve("windlass/bucket-mount"));

export interface LocalMountsOptions {
  readonly app: string;
  readonly stateDirectory: string;
  readonly stores: Stores;
  /** Variables of a secret that has a name. @throws NotFoundError */
  readonly readSecret: (name: string) => SecretValues;
  readonly clock: Clock;
}

/** Volumes of one container on this machine: in folders of its own, which end with it. */
export interface OpenMounts {
  readonly mounts: ContainerMounts;
  /** Those of volumes, and the paths at which containers with a file system of their own have them. */
  readonly folders: readonly {
    readonly path: string;
    readonly folder: string;
    readonly isReadOnly: boolean;
  }[];
  /** Commits what the container has left, and removes its folders. */
  close(): Promise<void>;
}

/** Where containers on this machine have their volumes. There is no file system of their own to put them into. */
export class LocalMounts {
  readonly #options: LocalMountsOptions;
  #folder: string | undefined;

  constructor(options: LocalMountsOptions) {
    this.#options = options;
  }

  /** Undefined for a container that has nothing mounted. */
  open(
    spec: FunctionSpec,
    container: { readonly id: string; readonly onError: (text: string) => void },
  ): OpenMounts | undefined {
    const { volumes } = spec;
    const cache = cacheMount(this.#options.app, spec);
    if (volumes.length === 0 && cache === undefined) return undefined;
    const folder = join(this.#engineFolder(), container.id);
    const caches = join(folder, "~caches");
    const placed: readonly PlacedVolume[] = [
      ...volumesOf(volumes).map((mount) => this.#place(mount, folder)),
      ...(cache ? [{ mount: cache, folder: caches, isShared: false, isCache: true }] : []),
    ];
    const mounts = new ContainerMounts({
      placed,
      defaults: cacheVariables(spec, caches),
      buckets: this.#buckets(bucketsOf(volumes), folder),
      stores: this.#options.stores,
      now: () => this.#options.clock.now(),
      onError: container.onError,
    });
    return {
      mounts,
      folders: placed.map(({ mount, folder: own }) => ({
        path: mount.path,
        folder: own,
        isReadOnly: mount.readOnly,
      })),
      close: async () => {
        await mounts.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  }

  #buckets(mounts: readonly BucketMountSpec[], folder: string): BucketMounts | undefined {
    if (mounts.length === 0) return undefined;
    const placed = mounts.map((mount, index) => ({ mount, folder: join(folder, `~${index}`) }));
    return new BucketMounts({
      placed,
      program: BUCKET_PROGRAM,
      readSecret: async (name) => this.#options.readSecret(name),
      mayLack: true,
    });
  }

  #place(mount: VolumeMountSpec, folder: string): PlacedVolume {
    if (mount.backing === "s3") {
      return { mount, folder: join(folder, mount.name), isShared: false };
    }
    // One folder for all containers, as they have one file system on AWS.
    const shared = join(sharedFolder(this.#options.stateDirectory, mount.name), mount.subPath);
    mkdirSync(shared, { recursive: true });
    return { mount, folder: shared, isShared: true };
  }

  /** Named by this process: engines that were killed leave theirs behind. */
  #engineFolder(): string {
    if (this.#folder !== undefined) return this.#folder;
    const all = join(this.#options.stateDirectory, "mounts");
    mkdirSync(all, { recursive: true });
    for (const name of readdirSync(all)) {
      const [pid, startedAt = ""] = name.split("-");
      if (isAlive({ pid: Number(pid), startedAt })) continue;
      rmSync(join(all, name), { recursive: true, force: true });
    }
    const { pid, startedAt } = describeSelf();
    this.#folder = join(all, `${pid}-${startedAt}`);
    return this.#folder;
  }
}
