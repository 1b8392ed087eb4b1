import type { Bucket, PartUpload } from "../../lib/storage/bucket.ts";
import { FsError } from "./fs-error.ts";

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
  #parts = 0;
  #upload: Promise<PartUpload> | undefined;
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

  /** @throws FsError for anything but the next bytes: objects cannot be changed in part */
  async write(offset: number, bytes: Buffer): Promise<void> {
    if (this.#done !== undefined || offset !== this.#written) {
      throw new FsError("EINVAL", "objects are written from the beginning to the end");
    }
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
    this.#upload ??= this.#bucket.upload(this.#key);
    const sent = this.#upload
      .then((upload) => upload.part(number, bytes))
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
    const upload = await this.#upload;
    if (this.#failure === undefined) return await upload.complete();
    // What was sent costs until it is given up.
    await upload.abort();
    throw this.#failure;
  }
}
