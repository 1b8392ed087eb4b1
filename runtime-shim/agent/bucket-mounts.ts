import type { BucketMountSpec } from "../../lib/spec.ts";
import {
  BUCKET_PATHS,
  type BucketPath,
  bucketKey,
} from "../../lib/storage/buckets/bucket-paths.ts";
import type { SecretValues } from "../../lib/storage/secret-values.ts";
import { fuseProblem, type MountedBucket, mountBucket } from "./bucket-process.ts";

export interface BucketMountsOptions {
  readonly placed: readonly PlacedBucket[];
  /** The program that mounts one. */
  readonly program: string;
  readonly readSecret: (name: string) => Promise<SecretValues>;
  /** Where nothing can be mounted, code is told when it asks for the path, instead of not being started. */
  readonly mayLack: boolean;
}

/** A bucket of a container, and where on this machine it is. */
export interface PlacedBucket {
  readonly mount: BucketMountSpec;
  /** Absolute. */
  readonly folder: string;
}

/** The buckets of one container: mounted before its code is loaded, until it has ended. */
export class BucketMounts {
  readonly #options: BucketMountsOptions;
  #mounted: Promise<readonly MountedBucket[]> | undefined;

  constructor(options: BucketMountsOptions) {
    this.#options = options;
  }

  /** @throws ContainerStartupError, NotFoundError for a secret */
  async begin(): Promise<void> {
    if (this.#problem() !== undefined) return;
    this.#mounted ??= Promise.all(this.#options.placed.map((placed) => this.#mount(placed)));
    await this.#mounted;
  }

  /** What code in the container finds its buckets by. */
  get variables(): Readonly<Record<string, string>> {
    const problem = this.#problem();
    const paths = this.#options.placed.map(({ mount, folder }): [string, BucketPath] => [
      bucketKey(mount),
      problem === undefined ? { path: folder } : { problem },
    ]);
    return { [BUCKET_PATHS]: JSON.stringify(Object.fromEntries(paths)) };
  }

  async close(): Promise<void> {
    const mounted = (await this.#mounted?.catch(() => [])) ?? [];
    await Promise.all(mounted.map((one) => one.close()));
  }

  #problem(): string | undefined {
    return this.#options.mayLack ? fuseProblem() : undefined;
  }

  async #mount({ mount, folder }: PlacedBucket): Promise<MountedBucket> {
    const { program, readSecret } = this.#options;
    const secret = mount.secret === null ? undefined : await readSecret(mount.secret);
    return await mountBucket({ mount, folder, program, secret });
  }
}
