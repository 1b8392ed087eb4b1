import type { Bucket } from "../../lib/storage/buckets/bucket.ts";
import { BucketTree, type Node } from "./bucket-tree.ts";
import { FsError } from "./fs-error.ts";
import { Listing } from "./listing.ts";
import { OpenFiles } from "./open-files.ts";
import {
  type Attributes,
  attributesAnswer,
  entryAnswer,
  type FuseRequest,
  initAnswer,
  nameIn,
  OPCODES,
  openAnswer,
  statfsAnswer,
  writeAnswer,
} from "./protocol.ts";

const NOTHING: Buffer = Buffer.alloc(0);
const SIZE_GIVEN = 1 << 3;
/** Of a write's structure, before its bytes. */
const WRITE_BYTES = 40;

export interface BucketFileSystemOptions {
  readonly bucket: Bucket;
  /** "" or a text that ends in "/". */
  readonly keyPrefix: string;
  readonly isReadOnly: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

type Operation = (request: FuseRequest) => Promise<Buffer | undefined> | Buffer | undefined;

/**
 * A bucket as a file system. Objects are read by ranges, and written as a whole: what is written is there when its file
 * is closed. Nothing can be appended, renamed or changed in part.
 */
export class BucketFileSystem {
  readonly #options: BucketFileSystemOptions;
  readonly #tree: BucketTree;
  readonly #files: OpenFiles;
  readonly #listings: Map<bigint, Listing> = new Map();
  readonly #operations: ReadonlyMap<number, Operation>;
  readonly #startedAt: number;
  #listingHandles = 0n;

  constructor(options: BucketFileSystemOptions) {
    this.#options = options;
    this.#tree = new BucketTree(options.bucket, options.keyPrefix);
    this.#files = new OpenFiles(options.bucket);
    this.#startedAt = options.now();
    this.#operations = this.#table();
  }

  /** Answers a request of the kernel; undefined where nobody waits. @throws FsError */
  async serve(request: FuseRequest): Promise<Buffer | undefined> {
    const operation = this.#operations.get(request.opcode);
    if (operation === undefined) throw new FsError("ENOSYS");
    return await operation(request);
  }

  #table(): ReadonlyMap<number, Operation> {
    const quiet: Operation = () => undefined;
    const done: Operation = () => NOTHING;
    return new Map<number, Operation>([
      [OPCODES.INIT, ({ body }) => initAnswer(body)],
      [OPCODES.DESTROY, done],
      [OPCODES.INTERRUPT, quiet],
      [OPCODES.FORGET, (request) => this.#forget(request)],
      [OPCODES.BATCH_FORGET, (request) => this.#forgetMany(request)],
      [OPCODES.LOOKUP, (request) => this.#lookUp(request)],
      [OPCODES.GETATTR, ({ node }) => attributesAnswer(this.#attributes(this.#tree.node(node)))],
      [OPCODES.SETATTR, (request) => this.#setAttributes(request)],
      [OPCODES.STATFS, () => statfsAnswer()],
      [OPCODES.OPEN, (request) => this.#open(request)],
      [OPCODES.CREATE, (request) => this.#create(request)],
      [OPCODES.READ, (request) => this.#read(request)],
      [OPCODES.WRITE, (request) => this.#write(request)],
      [OPCODES.FLUSH, (request) => this.#flush(request)],
      [OPCODES.FSYNC, done],
      [OPCODES.RELEASE, (request) => this.#release(request)],
      [OPCODES.OPENDIR, (request) => this.#openFolder(request)],
      [OPCODES.READDIR, (request) => this.#readFolder(request)],
      [OPCODES.RELEASEDIR, (request) => this.#releaseFolder(request)],
      [OPCODES.FSYNCDIR, done],
      [OPCODES.MKDIR, (request) => this.#makeFolder(request)],
      [OPCODES.RMDIR, (request) => this.#removeFolder(request)],
      [OPCODES.UNLINK, (request) => this.#remove(request)],
    ]);
  }

  #forget({ node, body }: FuseRequest): undefined {
    this.#tree.forget(node, body.readBigUInt64LE(0));
  }

  #forgetMany({ body }: FuseRequest): undefined {
    const count = body.readUInt32LE(0);
    for (let at = 8; at < 8 + count * 16; at += 16) {
      this.#tree.forget(body.readBigUInt64LE(at), body.readBigUInt64LE(at + 8));
    }
  }

  async #lookUp({ node, body }: FuseRequest): Promise<Buffer> {
    return entryAnswer(this.#attributes(await this.#tree.lookUp(node, nameIn(body))));
  }

  /** Times, owners and permissions of objects are S3's; to be asked to change them is no mistake of a program. */
  #setAttributes({ node, body }: FuseRequest): Buffer {
    const found = this.#tree.node(node);
    const attributes = this.#attributes(found);
    const size = Number(body.readBigUInt64LE(16));
    if ((body.readUInt32LE(0) & SIZE_GIVEN) !== 0 && size !== attributes.size) {
      throw new FsError("EPERM", "objects are replaced as a whole");
    }
    return attributesAnswer(attributes);
  }

  #open({ node, body }: FuseRequest): Buffer {
    return openAnswer(this.#files.open(this.#tree.node(node), body.readUInt32LE(0)));
  }

  #create({ node, body }: FuseRequest): Buffer {
    const key = this.#tree.keyIn(node, nameIn(body, 16));
    const made = this.#tree.told(key, undefined);
    const handle = this.#files.create(made);
    return Buffer.concat([entryAnswer(this.#attributes(made)), openAnswer(handle)]);
  }

  async #read({ body }: FuseRequest): Promise<Buffer> {
    const offset = Number(body.readBigUInt64LE(8));
    return await this.#files.read(body.readBigUInt64LE(0), offset, body.readUInt32LE(16));
  }

  async #write({ body }: FuseRequest): Promise<Buffer> {
    const size = body.readUInt32LE(16);
    const bytes = body.subarray(WRITE_BYTES, WRITE_BYTES + size);
    await this.#files.write(body.readBigUInt64LE(0), Number(body.readBigUInt64LE(8)), bytes);
    return writeAnswer(size);
  }

  async #flush({ body }: FuseRequest): Promise<Buffer> {
    await this.#files.flush(body.readBigUInt64LE(0));
    return NOTHING;
  }

  async #release({ body }: FuseRequest): Promise<Buffer> {
    await this.#files.release(body.readBigUInt64LE(0));
    return NOTHING;
  }

  #openFolder({ node }: FuseRequest): Buffer {
    this.#listingHandles += 1n;
    const listing = new Listing(this.#options.bucket, this.#tree, node);
    this.#listings.set(this.#listingHandles, listing);
    return openAnswer(this.#listingHandles);
  }

  async #readFolder({ body }: FuseRequest): Promise<Buffer> {
    const listing = this.#listings.get(body.readBigUInt64LE(0));
    if (listing === undefined) throw new FsError("ESTALE");
    return await listing.read(Number(body.readBigUInt64LE(8)), body.readUInt32LE(16));
  }

  #releaseFolder({ body }: FuseRequest): Buffer {
    this.#listings.delete(body.readBigUInt64LE(0));
    return NOTHING;
  }

  #makeFolder({ node, body }: FuseRequest): Buffer {
    return entryAnswer(this.#attributes(this.#tree.makeFolder(node, nameIn(body, 8))));
  }

  async #removeFolder({ node, body }: FuseRequest): Promise<Buffer> {
    await this.#tree.removeFolder(node, nameIn(body));
    return NOTHING;
  }

  async #remove({ node, body }: FuseRequest): Promise<Buffer> {
    await this.#tree.remove(node, nameIn(body));
    return NOTHING;
  }

  #attributes(node: Node): Attributes {
    const { isFolder, object } = node;
    const write = this.#options.isReadOnly ? 0 : 0o222;
    return {
      node: node.id,
      isFolder,
      size: this.#files.sizeOf(node) ?? object?.size ?? 0,
      modifiedAt: object?.modifiedAt ?? this.#startedAt,
      mode: (isFolder ? 0o555 : 0o444) | write,
    };
  }
}
