import type { SecretStore } from "../stores.ts";
import type {
  Bucket,
  BucketListQuery,
  BucketObject,
  BucketPage,
  BucketRange,
  BucketReference,
  BucketStore,
  UploadEnd,
  UploadPart,
} from "./bucket.ts";

/** Buckets by what mounts say of them, each opened with its first request; the AWS SDK is loaded with the first of all. */
export class StoredBuckets implements BucketStore {
  readonly #secrets: Pick<SecretStore, "read">;
  readonly #open: Map<string, Promise<Bucket>> = new Map();

  constructor(secrets: Pick<SecretStore, "read">) {
    this.#secrets = secrets;
  }

  async list(_: string, mount: BucketReference, query: BucketListQuery): Promise<BucketPage> {
    return (await this.#bucket(mount)).list(query);
  }

  async find(_: string, mount: BucketReference, key: string): Promise<BucketObject | undefined> {
    return (await this.#bucket(mount)).find(key);
  }

  async read(_: string, mount: BucketReference, range: BucketRange): Promise<Uint8Array> {
    return (await this.#bucket(mount)).read(range);
  }

  async put(
    _: string,
    mount: BucketReference,
    { key, bytes }: { readonly key: string; readonly bytes: Uint8Array },
  ): Promise<void> {
    await (await this.#bucket(mount)).put(key, bytes);
  }

  async begin(_: string, mount: BucketReference, key: string): Promise<string> {
    return (await this.#bucket(mount)).begin(key);
  }

  async part(_: string, mount: BucketReference, part: UploadPart): Promise<string> {
    return (await this.#bucket(mount)).part(part);
  }

  async end(_: string, mount: BucketReference, end: UploadEnd): Promise<void> {
    await (await this.#bucket(mount)).end(end);
  }

  async remove(_: string, mount: BucketReference, key: string): Promise<void> {
    await (await this.#bucket(mount)).remove(key);
  }

  #bucket(mount: BucketReference): Promise<Bucket> {
    const { bucketName, endpointUrl, secret, requesterPays, forcePathStyle } = mount;
    const key = JSON.stringify([bucketName, endpointUrl, secret, requesterPays, forcePathStyle]);
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const opened = this.#openBucket(mount);
    this.#open.set(key, opened);
    opened.catch(() => this.#open.delete(key));
    return opened;
  }

  async #openBucket(mount: BucketReference): Promise<Bucket> {
    const values = mount.secret === null ? undefined : await this.#secrets.read(mount.secret);
    const { openBucket } = await import("../../aws/storage/open-bucket.ts");
    return openBucket(mount, values);
  }
}
