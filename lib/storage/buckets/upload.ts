import type { Bucket } from "./bucket.ts";

/** S3 takes 10,000 parts of at least 5 MiB: they grow, so that 5 TiB fit. */
const PART_BYTES = 8 * 1024 * 1024;
const GROWS_EVERY = 1000;
const PARTS_AT_ONCE = 4;

/** An object that is written from its beginning to its end, and is there once it is closed. */
export class Upload {
  readonly #bucket: Bucket;
  readonly #key: string;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #written = 0;
  readonly #etags: string[] = [];
  #parts = 0;
  #upload: Promise<string> | undefined;
  readonly #sending: Set<Promise<void>> = new Set();
  #failure: unknown;
  #done: Promise<void> | undefined;

  constructor(bucket: Bucket, key: string) {
    this.#bucket = bucket;
    this.#key = key;
  }

  get size(): number {
    return this.#written;
  }

  /** True once it was asked to be finished: it takes no more bytes. */
  get isDone(): boolean {
    return this.#done !== undefined;
  }

  /** Takes the next bytes, and waits while too many are on their way. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#written += bytes.length;
    this.#waiting.push(Buffer.from(bytes));
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= this.#partBytes) this.#send();
    while (this.#sending.size >= PARTS_AT_ONCE) await Promise.race(this.#sending);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Makes the object; again it answers as it did. */
  finish(): Promise<void> {
    this.#done ??= this.#finish();
    return this.#done;
  }

  get #partBytes(): number {
    return PART_BYTES * 2 ** Math.floor(this.#parts / GROWS_EVERY);
  }

  #send(): void {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#parts += 1;
    const number = this.#parts;
    this.#upload ??= this.#bucket.begin(this.#key);
    const sent = this.#upload
      .then((upload) => this.#bucket.part({ key: this.#key, upload, number, bytes }))
      .then((etag) => {
        this.#etags[number - 1] = etag;
      })
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#sending.delete(sent));
    this.#sending.add(sent);
  }

  async #finish(): Promise<void> {
    if (this.#upload === undefined) {
      await this.#bucket.put(this.#key, Buffer.concat(this.#waiting));
      return;
    }
    if (this.#waitingBytes > 0) this.#send();
    await Promise.all(this.#sending);
    const end = { key: this.#key, upload: await this.#upload };
    if (this.#failure === undefined) return await this.#bucket.end({ ...end, etags: this.#etags });
    // What was sent costs until it is given up.
    await this.#bucket.end({ ...end, etags: [] });
    throw this.#failure;
  }
}
