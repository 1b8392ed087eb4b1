import { callSite } from "../call-site.ts";
import type { ConnectOptions } from "../client/connect-options.ts";
import { storesFor } from "./choose-stores.ts";
import { manageObjects, type ObjectManager } from "./manage-objects.ts";
import type { Mountable, Mounted } from "./mount.ts";
import {
  toVolumeMount,
  type VolumeMount,
  type VolumeMountOptions,
  WHOLE,
} from "./mount-options.ts";
import {
  byId,
  byName,
  createEphemeral,
  type FromNameOptions,
  type NamedObject,
} from "./named-object.ts";
import { checkObjectName } from "./names.ts";
import { registerObject } from "./object-registry.ts";
import { StoredObject } from "./stored-object.ts";
import { type Batch, collectBatch } from "./volume-batch.ts";
import { readPieces, toEntry, type VolumeData } from "./volume-data.ts";
import { type FileEntry, listEntries } from "./volume-listing.ts";
import { mountPath } from "./volume-mistakes.ts";
import { toFilePath, toVolumePath } from "./volume-path.ts";
import type { VolumeChange, VolumeStore } from "./volume-store.ts";

export interface VolumeFromNameOptions extends FromNameOptions {
  /**
   * What keeps it on AWS. `"s3"`: objects with versions; a container sees what was committed when it started, and what
   * it reloads. `"efs"`: a file system that all containers share at once, for ten times the price; its files are reached
   * where it is mounted and nowhere else.
   * @default "s3"
   */
  readonly backing?: "s3" | "efs" | undefined;
}

/**
 * Files that all containers and programs of an environment share. A container that mounts it works on files of its own
 * machine: `commit` makes its changes what everybody else sees, `reload` fetches what others committed.
 *
 * @example
 * const models = Volume.fromName("models", { createIfMissing: true });
 * export const train = app.function("train", { volumes: { "/models": models } }, async () => {
 *   await writeFile(`${models.path}/weights.bin`, weights);
 *   await models.commit();
 * });
 */
export class Volume extends StoredObject implements Mountable {
  /** Makes, lists and removes volumes. */
  static readonly objects: ObjectManager = manageObjects("volume");

  /** What keeps it on AWS. */
  readonly backing: "s3" | "efs";
  readonly #mount: VolumeMount;

  private constructor(
    object: NamedObject,
    backing: "s3" | "efs" = "s3",
    mount: VolumeMount = WHOLE,
  ) {
    super(object);
    this.backing = backing;
    this.#mount = mount;
  }

  /**
   * The volume of this name; it is looked up with its first use. Name it at the top level of the module of an app: its
   * containers may use what their module names.
   * @throws InvalidError for what is no name
   */
  static fromName(name: string, options: VolumeFromNameOptions = {}): Volume {
    const { backing, ...found } = options;
    const object = byName("volume", name, found);
    registerObject({ kind: "volume", name, file: callSite(Volume.fromName) });
    return new Volume(object, backing);
  }

  /** The volume with the id that `info()` told: not another that has its name by now. @throws InvalidError */
  static fromId(id: string, options: ConnectOptions = {}): Volume {
    return new Volume(byId("volume", id, options));
  }

  /**
   * A new volume without a name, removed at the end of the block. Others reach it by its id.
   * @example await using scratch = await Volume.ephemeral();
   */
  static async ephemeral(options: ConnectOptions = {}): Promise<Volume & AsyncDisposable> {
    const { object, remove } = await createEphemeral("volume", options);
    return Object.assign(new Volume(object), { [Symbol.asyncDispose]: remove });
  }

  /**
   * Gives a volume another name. Apps that run with the old one do not find it any more.
   * @throws NotFoundError, AlreadyExistsError
   */
  static async rename(name: string, newName: string, options: ConnectOptions = {}): Promise<void> {
    checkObjectName("volume", name);
    checkObjectName("volume", newName);
    await storesFor(options).volumes.rename(name, newName);
  }

  /**
   * The same volume, mounted otherwise: to be read only, or a folder of it alone. Further calls add to the options.
   * @example { "/models": models.withMountOptions({ readOnly: true, subPath: "llama" }) }
   * @throws InvalidError for a path that leads out of the volume
   */
  withMountOptions(options: VolumeMountOptions): Volume {
    return new Volume(this.object, this.backing, toVolumeMount(this.#mount, options));
  }

  /** What the AppSpec says of it where it is in `volumes`, but for its path. */
  get mounted(): Mounted {
    const { createIfMissing } = this.object;
    return {
      ...{ kind: "volume", name: this.name, backing: this.backing, createIfMissing },
      ...this.#mount,
    };
  }

  /** Where it is mounted in this process. @throws ExecutionError where it is not */
  get path(): string {
    return mountPath(this.name, this.object.subject);
  }

  /**
   * Makes what this container has changed in it what everybody else sees: all of it at once, file by file the last one
   * wins. That happens by itself every few seconds and when the container ends.
   * @throws ExecutionError where it is not mounted
   */
  async commit(): Promise<void> {
    const { path } = this;
    await (await this.#volumes()).commit(this.name, path);
  }

  /**
   * Fetches what others have committed; what was changed here is committed before.
   * @throws ExecutionError while a process has a file of it open, and where it is not mounted
   */
  async reload(): Promise<void> {
    const { path } = this;
    await (await this.#volumes()).reload(this.name, path);
  }

  /**
   * Uploads files and folders, which everybody sees at once when all are there. Only bytes that the volume lacks are
   * sent, so an upload that was interrupted goes on where it was.
   * @param collect - says what to upload
   * @throws AlreadyExistsError for a file that there is, unless `force`
   * @example await volume.batchUpload((batch) => batch.putDirectory("data", "/training"));
   */
  async batchUpload(
    collect: (batch: Batch) => void | Promise<void>,
    { force = false }: { readonly force?: boolean | undefined } = {},
  ): Promise<void> {
    const items = await collectBatch(collect);
    if (items.length > 0) await (await this.#volumes()).upload(this.name, { items, force });
  }

  /** The bytes of a file as it is now, in pieces of up to 8 MiB. @throws NotFoundError */
  async *readFile(path: string): AsyncGenerator<Uint8Array, void> {
    const volumes = await this.#volumes();
    yield* readPieces(volumes, this.name, await volumes.find(this.name, toFilePath(path)));
  }

  /** Writes a file: others see all of it, or what was there before. Folders above it are made. */
  async writeFile(
    path: string,
    data: VolumeData,
    { mode = 0o644 }: { readonly mode?: number | undefined } = {},
  ): Promise<void> {
    const at = toFilePath(path);
    const volumes = await this.#volumes();
    const entry = await toEntry(data, (bytes) => volumes.write(this.name, bytes));
    await volumes.change(this.name, [{ kind: "put", entry: { ...entry, path: at, mode } }]);
  }

  /** What is in a folder; of a file, itself. @throws NotFoundError */
  async listdir(
    path = "/",
    { recursive = false }: { readonly recursive?: boolean | undefined } = {},
  ): Promise<FileEntry[]> {
    const found: FileEntry[] = [];
    for await (const entry of this.iterdir(path, { recursive })) found.push(entry);
    return found;
  }

  /** What is in a folder and its folders, read in pages as it is asked for. @throws NotFoundError */
  async *iterdir(
    path = "/",
    { recursive = true }: { readonly recursive?: boolean | undefined } = {},
  ): AsyncGenerator<FileEntry, void> {
    const volumes = await this.#volumes();
    yield* listEntries(volumes, this.name, { path: toVolumePath(path), recursive });
  }

  /** Removes a file, or a folder with all that is in it. @throws NotFoundError; InvalidError for a folder without `recursive` */
  async removeFile(
    path: string,
    { recursive = false }: { readonly recursive?: boolean | undefined } = {},
  ): Promise<void> {
    await this.#change([{ kind: "remove", path: toFilePath(path), recursive }]);
  }

  /**
   * Copies files without reading them. Into a folder where `destination` is one or there are several; else it is the
   * path of the copy. @throws NotFoundError; InvalidError for a folder without `recursive`
   */
  async copyFiles(
    sources: readonly string[],
    destination: string,
    { recursive = false }: { readonly recursive?: boolean | undefined } = {},
  ): Promise<void> {
    const to = toVolumePath(destination);
    const isInto = sources.length > 1 || destination.endsWith("/") || to === "";
    const changes = sources.map((source): VolumeChange => {
      return { kind: "copy", from: toFilePath(source), to, recursive, isInto };
    });
    await this.#change(changes);
  }

  async #change(changes: readonly VolumeChange[]): Promise<void> {
    if (changes.length > 0) await (await this.#volumes()).change(this.name, changes);
  }

  async #volumes(): Promise<VolumeStore> {
    return (await this.object.stores()).volumes;
  }
}
