import type { Bucket } from "../../lib/storage/buckets/bucket.ts";
import { ReadAhead } from "../../lib/storage/buckets/read-ahead.ts";
import { Upload } from "../../lib/storage/buckets/upload.ts";
import type { Node } from "./bucket-tree.ts";
import { FsError } from "./fs-error.ts";

/** How programs ask to open [open(2)]. */
const WRITING = 0o3;
const TRUNCATE = 0o1000;
const APPEND = 0o2000;

interface OpenFile {
  readonly node: Node;
  readonly reader: ReadAhead | undefined;
  readonly upload: Upload | undefined;
}

/** Files that programs have open, by their handles: each is read, or written from its beginning. */
export class OpenFiles {
  readonly #bucket: Bucket;
  readonly #open: Map<bigint, OpenFile> = new Map();
  #handles = 0n;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  /** @throws FsError for what would change a part of an object */
  open(node: Node, flags: number): bigint {
    if (node.isFolder) throw new FsError("EISDIR");
    if ((flags & WRITING) === 0) return this.#keep(this.#reading(node));
    const isNew = node.object === undefined || node.object.size === 0;
    if ((flags & APPEND) !== 0 || ((flags & TRUNCATE) === 0 && !isNew)) {
      throw new FsError("EPERM", "objects are replaced as a whole");
    }
    return this.create(node);
  }

  create(node: Node): bigint {
    return this.#keep({ node, reader: undefined, upload: new Upload(this.#bucket, node.key) });
  }

  /** Bytes that are written so far, where a file is being written. */
  sizeOf(node: Node): number | undefined {
    for (const { node: open, upload } of this.#open.values()) {
      if (open === node && upload !== undefined) return upload.size;
    }
    return undefined;
  }

  async read(handle: bigint, offset: number, length: number): Promise<Buffer> {
    const { reader } = this.#find(handle);
    if (reader === undefined) throw new FsError("EACCES", "a file that is written cannot be read");
    return await reader.read(offset, length);
  }

  async write(handle: bigint, offset: number, bytes: Buffer): Promise<void> {
    const { upload } = this.#find(handle);
    if (upload === undefined) throw new FsError("EACCES");
    if (upload.isDone || offset !== upload.size) {
      throw new FsError("EINVAL", "objects are written from the beginning to the end");
    }
    await upload.write(bytes);
  }

  /** A program closes a file, perhaps one of several descriptors of it: what it has written is to be there. */
  async flush(handle: bigint): Promise<void> {
    const { upload, node } = this.#find(handle);
    // A shell closes a copy of what it is about to write to.
    if (upload === undefined || upload.size === 0) return;
    await this.#finish(node, upload);
  }

  /** The last descriptor is closed. */
  async release(handle: bigint): Promise<void> {
    const open = this.#open.get(handle);
    if (open?.upload !== undefined) await this.#finish(open.node, open.upload);
    this.#open.delete(handle);
  }

  async #finish(node: Node, upload: Upload): Promise<void> {
    await upload.finish();
    node.object = await this.#bucket.find(node.key);
  }

  #reading(node: Node): OpenFile {
    const { object } = node;
    if (object === undefined) throw new FsError("EACCES", "it is being written");
    const { key, etag } = object;
    const fetch = (start: number, end: number) => this.#bucket.read({ key, etag, start, end });
    return { node, reader: new ReadAhead(object.size, fetch), upload: undefined };
  }

  #keep(file: OpenFile): bigint {
    this.#handles += 1n;
    this.#open.set(this.#handles, file);
    return this.#handles;
  }

  #find(handle: bigint): OpenFile {
    const found = this.#open.get(handle);
    if (found === undefined) throw new FsError("ESTALE");
    return found;
  }
}
