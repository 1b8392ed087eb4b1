import { mkdir } from "node:fs/promises";
import { ContainerStartupError, InvalidError, isWindlassError } from "../../lib/errors.ts";
import { showList } from "../../lib/options/show.ts";
import type { VolumeMountSpec } from "../../lib/spec.ts";
import type { Stores } from "../../lib/storage/stores.ts";
import { VOLUME_PATHS } from "../../lib/storage/volume-store.ts";
import type { BucketMounts } from "./bucket-mounts.ts";

/** Changes are committed this long after they were last looked for, or later where looking takes long. */
const COMMIT_EVERY_MS = 10_000;
/** Of its time, a container spends at most a twentieth on looking for changes. */
const REST_FACTOR = 20;

/** A volume of a container, and where on this machine it is. */
export interface PlacedVolume {
  readonly mount: VolumeMountSpec;
  /** Absolute. */
  readonly folder: string;
  /** The folder itself is what all containers share: there is nothing to check out or to commit. */
  readonly isShared: boolean;
  /** Caches: committed when the container is ready and when it ends. It starts without them as well. @default false */
  readonly isCache?: boolean | undefined;
}

export interface ContainerMountsOptions {
  readonly placed: readonly PlacedVolume[];
  /** @default - none */
  readonly buckets?: BucketMounts | undefined;
  /** Variables with folders of caches, which the user's own win over. @default - none */
  readonly defaults?: Readonly<Record<string, string>> | undefined;
  readonly stores: Pick<Stores, "objects" | "volumes">;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** A commit that nobody waits for has failed; the next one has all of its changes. */
  readonly onError: (text: string) => void;
}

interface Mounted extends PlacedVolume {
  isCheckedOut: boolean;
  /** When to look for changes next. */
  dueAt: number;
}

/**
 * What one container has mounted. Its volumes are checked out before its code is loaded, committed in the background, when
 * code asks and when the container ends.
 */
export class ContainerMounts {
  readonly #options: ContainerMountsOptions;
  readonly #mounted: readonly Mounted[];
  #closed: Promise<void> | undefined;

  constructor(options: ContainerMountsOptions) {
    this.#options = options;
    this.#mounted = options.placed.map((volume) => ({
      ...volume,
      isCheckedOut: false,
      dueAt: Number.POSITIVE_INFINITY,
    }));
  }

  /** What the user's own variables win over. */
  get defaults(): Readonly<Record<string, string>> {
    return this.#options.defaults ?? {};
  }

  /** What code in the container finds its volumes by. */
  get variables(): Readonly<Record<string, string>> {
    const folders = this.#mounted
      .filter(({ isCache }) => isCache !== true)
      .map(({ mount, folder }) => [mount.name, folder]);
    const paths = { [VOLUME_PATHS]: JSON.stringify(Object.fromEntries(folders)) };
    return { ...paths, ...this.#options.buckets?.variables };
  }

  /**
   * Before a runner loads code: checks volumes out. Where an earlier runner had them, it gets the newest, unless what that
   * has left running holds files open.
   * @throws WindlassError
   */
  async begin(): Promise<void> {
    const volumes = this.#mounted.map((one) =>
      one.isCheckedOut ? this.#refresh(one).catch(this.#tell(one)) : this.#begin(one),
    );
    await Promise.all([...volumes, this.#options.buckets?.begin()]);
  }

  /** Its code is loaded and has entered: what that has put into caches is worth keeping. */
  ready(): void {
    for (const one of this.#mounted) if (one.isCache === true) this.#commitAside(one);
  }

  /** @throws InvalidError where this container has no such volume, or may only read it */
  async commit(name: string): Promise<void> {
    const one = this.#find(name);
    if (one.mount.readOnly) throw readOnly(name);
    await this.#save(one);
  }

  /**
   * Commits what has changed, then gets what others have committed.
   * @throws InvalidError where this container has no such volume
   * @throws ExecutionError where files of it are open
   */
  async reload(name: string): Promise<void> {
    await this.#refresh(this.#find(name));
  }

  /** Looks at the clock; to be called about every second. */
  tick(): void {
    if (this.#closed !== undefined) return;
    const now = this.#options.now();
    for (const one of this.#mounted) {
      if (now >= one.dueAt) this.#commitAside(one);
    }
  }

  /** The last commit, once nothing of the container runs any more. */
  close(): Promise<void> {
    this.#closed ??= this.#saveAll();
    return this.#closed;
  }

  async #saveAll(): Promise<void> {
    const saved = this.#mounted.map((one) => this.#save(one).catch(this.#tell(one)));
    await Promise.all([...saved, this.#options.buckets?.close()]);
  }

  #find(name: string): Mounted {
    const found = this.#mounted.find(({ mount }) => mount.name === name);
    if (found !== undefined) return found;
    throw notMounted(
      name,
      this.#mounted.map(({ mount }) => `"${mount.name}"`),
    );
  }

  async #refresh({ mount, folder, isShared }: Mounted): Promise<void> {
    if (!isShared) await this.#options.stores.volumes.reload(mount.name, folder);
  }

  /** Of a cache that cannot be had, nothing is kept either. */
  async #begin(one: Mounted): Promise<void> {
    if (one.isCache !== true) return await this.#checkOut(one);
    await this.#checkOut(one).catch(this.#tell(one));
    // Libraries make files in them, and not all make the folder first.
    for (const folder of Object.values(this.defaults)) await mkdir(folder, { recursive: true });
  }

  async #checkOut(one: Mounted): Promise<void> {
    const { objects, volumes } = this.#options.stores;
    const { name, createIfMissing, readOnly: isReadOnly, subPath } = one.mount;
    if (createIfMissing) await objects.create("volume", name, true);
    else await objects.find("volume", name);
    try {
      const { folder, isShared } = one;
      if (!isShared) await volumes.checkOut(name, { folder, subPath, readOnly: isReadOnly });
    } catch (error) {
      throw isWindlassError(error) ? error : notCheckedOut(one.mount, error);
    }
    one.isCheckedOut = true;
    this.#rest(one, 0);
  }

  async #save({ mount, folder, isCheckedOut, isShared }: Mounted): Promise<void> {
    if (!isCheckedOut || isShared || mount.readOnly) return;
    await this.#options.stores.volumes.commit(mount.name, folder);
  }

  #commitAside(one: Mounted): void {
    one.dueAt = Number.POSITIVE_INFINITY;
    const begunAt = this.#options.now();
    this.#save(one)
      .catch(this.#tell(one))
      .finally(() => this.#rest(one, this.#options.now() - begunAt));
  }

  #rest(one: Mounted, tookMs: number): void {
    if (one.isShared || one.isCache === true || one.mount.readOnly) return;
    one.dueAt = this.#options.now() + Math.max(COMMIT_EVERY_MS, tookMs * REST_FACTOR);
  }

  #tell({ mount }: Mounted): (error: unknown) => void {
    return (error) => {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.onError(`volume "${mount.name}" could not be brought up to date: ${why}`);
    };
  }
}

/** A volume that this container has not; it may have others. */
export function notMounted(name: string, others: readonly string[] = []): InvalidError {
  const has = others.length === 0 ? "it has no volumes" : `it has ${showList(others, "and")}`;
  return new InvalidError(
    "WINDLASS_VOLUME_NOT_MOUNTED",
    `volume "${name}" is not mounted in this container: ${has}`,
    { hint: 'name it in `volumes` of the function, for instance `{ "/data": volume }`' },
  );
}

/** What the disk said, where it said no. */
function notCheckedOut({ name, path }: VolumeMountSpec, cause: unknown): ContainerStartupError {
  const code = (cause as NodeJS.ErrnoException).code; // Errors of node:fs have one.
  const hints: Readonly<Record<string, string>> = {
    ENOSPC: "give the function `ephemeralDiskGiB`, mount a `subPath`, or remove what is not needed",
    EACCES: "mount it where the user of the image may write",
  };
  return new ContainerStartupError(
    "WINDLASS_VOLUME_CHECK_OUT",
    `volume "${name}" cannot be mounted at "${path}": ${String(cause)}`,
    { cause, hint: code === undefined ? undefined : hints[code] },
  );
}

function readOnly(name: string): InvalidError {
  return new InvalidError(
    "WINDLASS_VOLUME_READ_ONLY",
    `volume "${name}" is mounted to be read only: nothing of it can be committed`,
    { hint: "mount it without `readOnly` where its files are to be changed" },
  );
}
