import type {
  Bucket,
  BucketListQuery,
  BucketObject,
  BucketPage,
  BucketRange,
  UploadEnd,
  UploadPart,
} from "../../lib/storage/buckets/bucket.ts";

/** Keys of a page of a listing: few, so that tests have several. */
const PAGE_KEYS = 3;

/** A bucket in memory that remembers what was asked of it. */
export class MemoryBucket implements Bucket {
  /** Requests, as `read a.bin 0-262144`. */
  readonly asked: string[] = [];
  readonly #objects: Map<string, { bytes: Buffer; etag: string }> = new Map();
  readonly #parts: Map<string, Map<number, Buffer>> = new Map();
  #writes = 0;

  set(key: string, bytes: Buffer | string): void {
    this.#writes += 1;
    this.#objects.set(key, { bytes: Buffer.from(bytes), etag: `"${this.#writes}"` });
  }

  bytesOf(key: string): Buffer | undefined {
    return this.#objects.get(key)?.bytes;
  }

  async list({ prefix, next, limit = PAGE_KEYS }: BucketListQuery): Promise<BucketPage> {
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    const names = new Set(
      keys.map((key) => {
        const slash = key.indexOf("/", prefix.length);
        return slash < 0 ? key : key.slice(0, slash + 1);
      }),
    );
    const rest = [...names].filter((name) => next === undefined || name > next);
    const page = rest.slice(0, limit);
    return {
      objects: page
        .filter((name) => !name.endsWith("/") || name === prefix)
        .flatMap((name) => this.#describe(name) ?? []),
      folders: page.filter((name) => name.endsWith("/") && name !== prefix),
      next: rest.length > page.length ? page.at(-1) : undefined,
    };
  }

  async find(key: string): Promise<BucketObject | undefined> {
    return this.#describe(key);
  }

  async read({ key, etag, start, end }: BucketRange): Promise<Uint8Array> {
    this.asked.push(`read ${key} ${start}-${end}`);
    const found = this.#objects.get(key);
    if (found?.etag !== etag) throw new RangeError(`${key} has changed`);
    return found.bytes.subarray(start, end);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    this.asked.push(`put ${key} ${bytes.length}`);
    this.set(key, Buffer.from(bytes));
  }

  async begin(key: string): Promise<string> {
    this.#parts.set(key, new Map());
    return key;
  }

  async part({ key, number, bytes }: UploadPart): Promise<string> {
    this.asked.push(`part ${number} of ${key} ${bytes.length}`);
    this.#parts.get(key)?.set(number, Buffer.from(bytes));
    return String(number);
  }

  async end({ key, etags }: UploadEnd): Promise<void> {
    const parts = etags.map((etag) => this.#parts.get(key)?.get(Number(etag)) ?? Buffer.alloc(0));
    this.set(key, Buffer.concat(parts));
  }

  async remove(key: string): Promise<void> {
    this.#objects.delete(key);
  }

  #describe(key: string): BucketObject | undefined {
    const found = this.#objects.get(key);
    if (found === undefined) return undefined;
    return { key, size: found.bytes.length, modifiedAt: 1_700_000_000_000, etag: found.etag };
  }
}
