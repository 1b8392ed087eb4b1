import type { Bucket, BucketObject } from "../../lib/storage/buckets/bucket.ts";
import { FsError } from "./fs-error.ts";

/** The number that the kernel has for the folder that is mounted. */
const ROOT = 1n;

/** A file or a folder that the kernel knows by a number. */
export interface Node {
  readonly id: bigint;
  /** Of a folder it ends in "/"; the prefix of the mount is in it. */
  readonly key: string;
  /** Undefined for a folder, and for a file that is being written. */
  object: BucketObject | undefined;
  readonly isFolder: boolean;
  /** How often the kernel was told its number. */
  lookups: bigint;
}

/** Keys as files and folders. What has no object yet, folders and files that are being written, is known here alone. */
export class BucketTree {
  readonly #bucket: Bucket;
  readonly #byId: Map<bigint, Node> = new Map();
  readonly #byKey: Map<string, Node> = new Map();
  /** Folders that were made and may have no object. */
  readonly #made: Set<string> = new Set();
  #ids = ROOT;

  constructor(bucket: Bucket, prefix: string) {
    this.#bucket = bucket;
    this.#keep({ id: ROOT, key: prefix, object: undefined, isFolder: true, lookups: 1n });
  }

  /** @throws FsError ESTALE for what the kernel has forgotten */
  node(id: bigint): Node {
    const found = this.#byId.get(id);
    if (found === undefined) throw new FsError("ESTALE");
    return found;
  }

  /** What has this name in a folder, asked anew. A folder hides an object of its name. @throws FsError ENOENT */
  async lookUp(folder: bigint, name: string): Promise<Node> {
    const key = this.keyIn(folder, name);
    const [object, page] = await Promise.all([
      this.#bucket.find(key),
      this.#bucket.list({ prefix: `${key}/`, isFlat: true, limit: 1 }),
    ]);
    const isFolder = page.objects.length + page.folders.length > 0 || this.#made.has(`${key}/`);
    if (isFolder) return this.told(`${key}/`, undefined);
    const known = this.#byKey.get(key);
    if (object === undefined && known === undefined) throw new FsError("ENOENT");
    return this.told(key, object ?? known?.object);
  }

  /** A node that the kernel is told once more. */
  told(key: string, object: BucketObject | undefined): Node {
    let node = this.#byKey.get(key);
    if (node === undefined) {
      this.#ids += 1n;
      const isFolder = key.endsWith("/");
      node = { id: this.#ids, key, object, isFolder, lookups: 0n };
      this.#keep(node);
    }
    node.object = object;
    node.lookups += 1n;
    return node;
  }

  forget(id: bigint, times: bigint): void {
    const node = this.#byId.get(id);
    if (node === undefined || id === ROOT) return;
    node.lookups -= times;
    if (node.lookups > 0n) return;
    this.#drop(node);
  }

  makeFolder(folder: bigint, name: string): Node {
    const key = `${this.keyIn(folder, name)}/`;
    this.#made.add(key);
    return this.told(key, undefined);
  }

  /** @throws FsError ENOTEMPTY */
  async removeFolder(folder: bigint, name: string): Promise<void> {
    const key = `${this.keyIn(folder, name)}/`;
    const { objects, folders } = await this.#bucket.list({ prefix: key, isFlat: true, limit: 2 });
    const isMarked = objects.some((object) => object.key === key);
    if (objects.length + folders.length > (isMarked ? 1 : 0)) throw new FsError("ENOTEMPTY");
    if (isMarked) await this.#bucket.remove(key);
    this.#made.delete(key);
    this.#forgetKey(key);
  }

  /** @throws FsError ENOENT */
  async remove(folder: bigint, name: string): Promise<void> {
    const key = this.keyIn(folder, name);
    if ((await this.#bucket.find(key)) === undefined) throw new FsError("ENOENT");
    await this.#bucket.remove(key);
    this.#forgetKey(key);
  }

  /** Names of folders that were made in this one and have nothing in them yet. */
  madeIn(folder: bigint): readonly string[] {
    const { key } = this.node(folder);
    return [...this.#made]
      .filter((made) => made.startsWith(key) && made.indexOf("/", key.length) === made.length - 1)
      .map((made) => made.slice(key.length, -1));
  }

  /** @throws FsError ENOTDIR */
  keyIn(folder: bigint, name: string): string {
    const { key, isFolder } = this.node(folder);
    if (!isFolder) throw new FsError("ENOTDIR");
    return `${key}${name}`;
  }

  #keep(node: Node): void {
    this.#byId.set(node.id, node);
    this.#byKey.set(node.key, node);
  }

  #drop(node: Node): void {
    this.#byId.delete(node.id);
    if (this.#byKey.get(node.key) === node) this.#byKey.delete(node.key);
  }

  /** Programs may still have it open by its number. */
  #forgetKey(key: string): void {
    this.#byKey.delete(key);
  }
}
