import { show } from "../../options/show.ts";
import type { Violation } from "../../options/violation.ts";
import { throwViolations } from "../../options/violation.ts";
import { storesFor } from "../choose-stores.ts";
import type { Mountable, Mounted } from "../mount.ts";
import type { Secret } from "../secret.ts";
import { usedObject } from "../stored-object.ts";
import { inPieces, type VolumeData } from "../volume-data.ts";
import { toFilePath, toVolumePath } from "../volume-path.ts";
import { type Bucket, type BucketPage, bucketIn } from "./bucket.ts";
import { bucketPath } from "./bucket-paths.ts";
import { objectMissing, readOnlyBucket } from "./mistakes.ts";
import { ReadAhead } from "./read-ahead.ts";
import { Upload } from "./upload.ts";

/** Which bucket, and how containers have it. */
export interface CloudBucketMountOptions {
  /** The name of a bucket that exists. */
  readonly bucketName: string;
  /** What lies under it is mounted; ends in "/". @default - all of the bucket */
  readonly keyPrefix?: string | undefined;
  /** Where the bucket is, for others than S3: `https://…`. @default - S3 */
  readonly bucketEndpointUrl?: string | undefined;
  /**
   * A secret with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and perhaps AWS_REGION.
   * @default - on AWS the role of the containers, which may then use that prefix of that bucket and no other
   */
  readonly secret?: Secret | undefined;
  /** Nothing can be written. @default false */
  readonly readOnly?: boolean | undefined;
  /** Whoever reads pays, not the owner; needs `secret`. @default false */
  readonly requesterPays?: boolean | undefined;
  /** The bucket's name comes in the path of URLs, as most other services want it. @default - with `bucketEndpointUrl` */
  readonly forcePathStyle?: boolean | undefined;
}

/** What is at a path of a bucket. */
export interface BucketEntry {
  /** Below `keyPrefix`, without a slash before it. */
  readonly path: string;
  readonly type: "file" | "directory";
  /** Bytes; 0 for a folder. */
  readonly size: number;
  /** When it was last written; S3 does not know it of folders. */
  readonly modifiedAt: Date | undefined;
}

/** What `readFile` gives at once. */
const READ_BYTES: number = 1024 * 1024;
/** Of general purpose buckets, and of other services, which take more. */
const BUCKET = /^[a-z0-9A-Z][a-z0-9A-Z._-]{1,254}$/;

/**
 * A bucket of yours as a folder: an entry of `volumes`. Objects are read by ranges and written as a whole, from the
 * beginning to the end; they can be removed, but not renamed, appended to or changed in part.
 *
 * @example
 * const corpus = new CloudBucketMount({ bucketName: "corpus", keyPrefix: "en/", readOnly: true });
 * app.function("count", { volumes: { "/corpus": corpus } }, async () => (await readdir(corpus.path)).length);
 */
export class CloudBucketMount implements Mountable {
  readonly #mounted: Extract<Mounted, { readonly kind: "bucket" }>;

  /** @throws InvalidError naming every mistake */
  constructor(options: CloudBucketMountOptions) {
    throwViolations("a CloudBucketMount", checkOptions(options), CloudBucketMount);
    const { bucketName, keyPrefix = "", bucketEndpointUrl, secret, readOnly: isReadOnly } = options;
    this.#mounted = {
      kind: "bucket",
      bucketName,
      keyPrefix,
      endpointUrl: bucketEndpointUrl ?? null,
      secret: secret?.name ?? null,
      readOnly: isReadOnly ?? false,
      requesterPays: options.requesterPays ?? false,
      forcePathStyle: options.forcePathStyle ?? bucketEndpointUrl !== undefined,
    };
  }

  /** What the AppSpec says of it where it is in `volumes`, but for its path. */
  get mounted(): Mounted {
    return this.#mounted;
  }

  get bucketName(): string {
    return this.#mounted.bucketName;
  }

  /** Where it is mounted in this process. @throws ExecutionError where it is not, saying why */
  get path(): string {
    return bucketPath(this.#mounted);
  }

  /**
   * The bytes of an object as it is now, by ranges that are fetched ahead. Works in any process, whether or not it has the
   * bucket mounted, as the methods below do.
   * @param path - below `keyPrefix`
   * @throws NotFoundError
   */
  async *readFile(path: string): AsyncGenerator<Uint8Array, void> {
    const bucket = this.#bucket();
    const object = await bucket.find(this.#key(path));
    if (object === undefined) throw objectMissing(this.bucketName, path);
    const { key, etag, size } = object;
    const reader = new ReadAhead(size, (start, end) => bucket.read({ key, etag, start, end }));
    for (let at = 0; at < size; at += READ_BYTES) yield await reader.read(at, READ_BYTES);
  }

  /** Writes an object, in parts where it is large: it is there once this resolves. @throws InvalidError with `readOnly` */
  async writeFile(path: string, data: VolumeData): Promise<void> {
    if (this.#mounted.readOnly) throw readOnlyBucket(this.bucketName);
    const upload = new Upload(this.#bucket(), this.#key(path));
    for await (const bytes of inPieces(data)) await upload.write(bytes);
    await upload.finish();
  }

  /** Removes an object, if there is one. @throws InvalidError with `readOnly` */
  async removeFile(path: string): Promise<void> {
    if (this.#mounted.readOnly) throw readOnlyBucket(this.bucketName);
    await this.#bucket().remove(this.#key(path));
  }

  /** What is in a folder. */
  async listdir(
    path = "/",
    options: { readonly recursive?: boolean | undefined } = {},
  ): Promise<BucketEntry[]> {
    const found: BucketEntry[] = [];
    for await (const entry of this.iterdir(path, { recursive: false, ...options })) {
      found.push(entry);
    }
    return found;
  }

  /** What is in a folder and its folders, read in pages as it is asked for. */
  async *iterdir(
    path = "/",
    { recursive = true }: { readonly recursive?: boolean | undefined } = {},
  ): AsyncGenerator<BucketEntry, void> {
    const folder = toVolumePath(path);
    const prefix = `${this.#mounted.keyPrefix}${folder === "" ? "" : `${folder}/`}`;
    const query = { prefix, isFlat: !recursive };
    let next: string | undefined;
    do {
      const page = await this.#bucket().list({ ...query, next });
      yield* toEntries(page, this.#mounted.keyPrefix.length);
      next = page.next;
    } while (next !== undefined);
  }

  #key(path: string): string {
    return `${this.#mounted.keyPrefix}${toFilePath(path)}`;
  }

  /** By the agent in a container, which has the credentials; elsewhere with those of this process. */
  #bucket(): Bucket {
    const { kind: _, ...mount } = this.#mounted;
    return bucketIn(storesFor({}).buckets, mount);
  }
}

/** Folders are told where only one folder is listed; objects that only mark one are left out. */
function* toEntries(
  { objects, folders }: BucketPage,
  prefix: number,
): Generator<BucketEntry, void> {
  for (const folder of folders) {
    yield { path: folder.slice(prefix, -1), type: "directory", size: 0, modifiedAt: undefined };
  }
  for (const { key, size, modifiedAt } of objects) {
    if (key.endsWith("/") || key.length === prefix) continue;
    yield { path: key.slice(prefix), type: "file", size, modifiedAt: new Date(modifiedAt) };
  }
}

function checkOptions(options: CloudBucketMountOptions): Violation[] {
  const { bucketName, keyPrefix, bucketEndpointUrl, secret, requesterPays } = options;
  const found: Violation[] = [];
  const add = (message: string, hint: string): void => {
    found.push({ code: "WINDLASS_INVALID_BUCKET_MOUNT", message, hint });
  };
  if (typeof bucketName !== "string" || !BUCKET.test(bucketName)) {
    const message = `\`bucketName\` of a CloudBucketMount must be the name of a bucket, got ${show(bucketName)}`;
    add(message, 'write the name alone, without "s3://"');
  }
  if (keyPrefix !== undefined && !/^([^/\0][^\0]*\/)?$/.test(String(keyPrefix))) {
    const message = `\`keyPrefix\` of a CloudBucketMount must end in "/" and not begin with it, got ${show(keyPrefix)}`;
    add(message, 'write `keyPrefix: "training/"`');
  }
  if (bucketEndpointUrl !== undefined && !/^https?:\/\/[^\s]+$/.test(String(bucketEndpointUrl))) {
    const message = `\`bucketEndpointUrl\` of a CloudBucketMount must be an http or https URL, got ${show(bucketEndpointUrl)}`;
    add(message, "write the endpoint of the service, without the bucket's name");
  }
  if (secret !== undefined && !isNamedSecret(secret)) {
    add("`secret` of a CloudBucketMount must be a Secret with a name", "write Secret.fromName(…)");
  }
  if (requesterPays === true && secret === undefined) {
    add("`requesterPays` of a CloudBucketMount needs `secret`", "say by `secret` who pays");
  }
  return found;
}

/** One whose values are in code has a name only once its app is resolved. */
function isNamedSecret(secret: Secret): boolean {
  return usedObject(secret)?.kind === "secret" && secret.inlineValues === undefined;
}
