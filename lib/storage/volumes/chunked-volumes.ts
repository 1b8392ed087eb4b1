import { ExecutionError } from "../../errors.ts";
import type { ObjectInfo, ObjectStore } from "../stores.ts";
import { pathMissing } from "../volume-mistakes.ts";
import { toFilePath, toVolumePath } from "../volume-path.ts";
import type {
  DownloadRequest,
  ListQuery,
  OnBytes,
  StoredEntry,
  UploadRequest,
  VolumeChange,
  VolumeFolder,
  VolumePage,
  VolumePiece,
  VolumeStore,
} from "../volume-store.ts";
import { commitChange, type OpenVolume } from "./commits.ts";
import { download } from "./download.ts";
import { inParallel } from "./in-parallel.ts";
import { listFolder } from "./list-folder.ts";
import type { ObjectBytes } from "./object-bytes.ts";
import { PieceWriter } from "./piece-writer.ts";
import { firstRoot, PageCache, VolumeTree } from "./tree.ts";
import { upload } from "./upload.ts";
import { VolumeObjects } from "./volume-objects.ts";
import { WorkingCopy } from "./working-copy.ts";

export interface ChunkedVolumesOptions {
  readonly bytes: ObjectBytes;
  /** Knows which volumes there are. */
  readonly objects: Pick<ObjectStore, "create" | "find" | "delete">;
  readonly now: () => number;
}

/** Versions whose listing goes on where it was. */
const LISTED_VERSIONS = 8;
const COPIED_AT_ONCE = 32;

/** Volumes as objects that never change, and a root that says which of them they are. */
export class ChunkedVolumes implements VolumeStore {
  readonly #options: ChunkedVolumesOptions;
  readonly #pages: PageCache = new PageCache();
  /** Where the bytes of a volume were when it was last looked for. */
  readonly #ids: Map<string, string> = new Map();
  readonly #copies: Map<string, { readonly volume: string; readonly copy: WorkingCopy }> =
    new Map();
  readonly #listed: Map<string, VolumeTree> = new Map();

  constructor(options: ChunkedVolumesOptions) {
    this.#options = options;
  }

  async list(volume: string, { path, recursive, after }: ListQuery): Promise<VolumePage> {
    const [commit = "", from] = after === undefined ? [] : splitOnce(after);
    const tree = this.#listed.get(commit) ?? (await this.#read(await this.#open(volume)));
    const folder = await tree.follow(toVolumePath(path));
    const page = await listFolder(volume, tree, { path: folder, recursive, from });
    if (page.next === undefined) return page;
    this.#remember(tree);
    return { ...page, next: `${tree.commit} ${page.next}` };
  }

  async find(volume: string, path: string): Promise<StoredEntry> {
    const tree = await this.#read(await this.#open(volume));
    const at = toFilePath(path);
    const found = await tree.find(await tree.follow(at));
    if (found?.type === "file") return found;
    throw pathMissing(volume, at);
  }

  async read(volume: string, piece: VolumePiece): Promise<Uint8Array> {
    return await (await this.#openKnown(volume)).objects.read(piece);
  }

  async write(volume: string, bytes: Uint8Array): Promise<VolumePiece> {
    const { objects } = await this.#openKnown(volume);
    const writer = new PieceWriter(objects, () => undefined);
    const pending = await writer.add(bytes);
    await writer.finish();
    return pending.piece;
  }

  async change(volume: string, changes: readonly VolumeChange[]): Promise<void> {
    const checkedChanges = changes.map(checkChange);
    await commitChange(await this.#open(volume), async (draft) => {
      for (const change of checkedChanges) await draft.apply(change);
    });
  }

  async upload(volume: string, request: UploadRequest, onBytes?: OnBytes): Promise<void> {
    const items = request.items.map((item) => {
      const path = item.kind === "file" ? toFilePath(item.path) : toVolumePath(item.path);
      return { ...item, path };
    });
    await upload(await this.#open(volume), { ...request, items }, onBytes ?? ignore);
  }

  async download(volume: string, request: DownloadRequest, onBytes?: OnBytes): Promise<void> {
    const path = toVolumePath(request.path);
    await download(await this.#open(volume), { ...request, path }, onBytes ?? ignore);
  }

  async rename(volume: string, name: string): Promise<void> {
    const { objects } = this.#options;
    const from = await objects.find("volume", volume);
    const to = await objects.create("volume", name, false);
    try {
      await this.#copyAll(prefixOf(volume, from.id), prefixOf(name, to.id));
    } catch (error) {
      await this.remove(name);
      throw error;
    }
    await this.remove(volume);
  }

  async checkOut(volume: string, { folder, subPath, readOnly }: VolumeFolder): Promise<number> {
    const place = { folder, subPath: toVolumePath(subPath ?? ""), readOnly: readOnly === true };
    const copy = new WorkingCopy(await this.#open(volume), place);
    const version = await copy.checkOut();
    this.#copies.set(folder, { volume, copy });
    return version;
  }

  async commit(volume: string, folder: string): Promise<number> {
    return await this.#copyIn(volume, folder).commit();
  }

  async reload(volume: string, folder: string): Promise<number> {
    return await this.#copyIn(volume, folder).reload();
  }

  /**
   * Writes the first root of a volume, if there is none. S3 tells a role of a container that it may not read what does not
   * exist: with a root there is always something.
   */
  async begin({ name, id }: Pick<ObjectInfo, "name" | "id">): Promise<void> {
    const { objects } = this.#opened(name, id);
    await objects.replaceRoot(firstRoot(objects.now), undefined);
  }

  /** Removes a volume with its bytes; false where there is none. */
  async remove(volume: string): Promise<boolean> {
    const { objects } = this.#options;
    const found = await objects.find("volume", volume).catch(() => undefined);
    if (!(await objects.delete("volume", volume))) return false;
    this.#ids.delete(volume);
    if (found !== undefined) await this.#deleteAll(prefixOf(volume, found.id));
    return true;
  }

  async #read({ objects, pages }: OpenVolume): Promise<VolumeTree> {
    return await VolumeTree.read(objects, pages);
  }

  /** @throws NotFoundError */
  async #open(volume: string): Promise<OpenVolume> {
    this.#ids.delete(volume);
    const { id } = await this.#options.objects.find("volume", volume);
    this.#ids.set(volume, id);
    return this.#opened(volume, id);
  }

  /** The same without a look at whether it is still there: its objects never change. */
  async #openKnown(volume: string): Promise<OpenVolume> {
    const id = this.#ids.get(volume);
    return id === undefined ? await this.#open(volume) : this.#opened(volume, id);
  }

  #opened(name: string, id: string): OpenVolume {
    const { bytes, now } = this.#options;
    return { name, objects: new VolumeObjects(bytes, prefixOf(name, id), now), pages: this.#pages };
  }

  #copyIn(volume: string, folder: string): WorkingCopy {
    const found = this.#copies.get(folder);
    if (found?.volume === volume) return found.copy;
    throw new ExecutionError(
      "WINDLASS_VOLUME_NOT_MOUNTED",
      `volume "${volume}" is not mounted at "${folder}" by this process`,
      { hint: "commit and reload it in the container that mounts it" },
    );
  }

  #remember(tree: VolumeTree): void {
    this.#listed.delete(tree.commit);
    this.#listed.set(tree.commit, tree);
    for (const [oldest] of this.#listed) {
      if (this.#listed.size <= LISTED_VERSIONS) return;
      this.#listed.delete(oldest);
    }
  }

  /** All but the root first: whoever finds that finds all. */
  async #copyAll(from: string, to: string): Promise<void> {
    const { bytes } = this.#options;
    const keys = await this.#keys(`${from}objects/`);
    await inParallel(keys, COPIED_AT_ONCE, async (key) => {
      await bytes.copy(key, `${to}${key.slice(from.length)}`);
    });
    if (await bytes.has(`${from}root`)) await bytes.copy(`${from}root`, `${to}root`);
  }

  async #deleteAll(prefix: string): Promise<void> {
    // The root first: what is left is then nobody's.
    await this.#options.bytes.delete([`${prefix}root`]);
    await this.#options.bytes.delete(await this.#keys(prefix));
  }

  async #keys(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    let after: string | undefined;
    do {
      const page = await this.#options.bytes.list(prefix, after);
      keys.push(...page.keys);
      after = page.next;
    } while (after !== undefined);
    return keys;
  }
}

/** Where the bytes of a volume are. Roles are cut by its name; by its id, one that is made again finds nothing. */
function prefixOf(name: string, id: string): string {
  return `volumes/${name}/${id}/`;
}

/** What came from elsewhere may be anything. @throws InvalidError */
function checkChange(change: VolumeChange): VolumeChange {
  if (change.kind === "put") {
    return { kind: "put", entry: { ...change.entry, path: toFilePath(change.entry.path) } };
  }
  if (change.kind === "remove") return { ...change, path: toFilePath(change.path) };
  return { ...change, from: toFilePath(change.from), to: toVolumePath(change.to) };
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf(" ");
  return [text.slice(0, at), text.slice(at + 1)];
}

function ignore(): void {}
