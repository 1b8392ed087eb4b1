/** What lies under a key of a bucket. */
export interface BucketObject {
  readonly key: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  /** Another one for each content. */
  readonly etag: string;
}

export interface BucketListQuery {
  readonly prefix: string;
  /** Only what has no further "/" after the prefix; what has is told as folders. */
  readonly isFlat: boolean;
  /** Go on where another page ended. */
  readonly next?: string | undefined;
  readonly limit?: number | undefined;
}

export interface BucketPage {
  readonly objects: readonly BucketObject[];
  /** Prefixes that end in "/". */
  readonly folders: readonly string[];
  readonly next?: string | undefined;
}

/** An object on its way, in parts that may come in any order. */
export interface PartUpload {
  /** @param number - from 1 */
  part(number: number, bytes: Uint8Array): Promise<void>;
  complete(): Promise<void>;
  abort(): Promise<void>;
}

/** Port to a bucket of S3 or of anything that speaks as it does. Keys are whole, with the prefix of a mount. */
export interface Bucket {
  list(query: BucketListQuery): Promise<BucketPage>;
  /** Undefined where there is no such object. */
  find(key: string): Promise<BucketObject | undefined>;
  /** Bytes from `start` to before `end`, of that very content. @throws NotFoundError when it has changed or is gone */
  read(object: Pick<BucketObject, "key" | "etag">, start: number, end: number): Promise<Uint8Array>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  upload(key: string): Promise<PartUpload>;
  remove(key: string): Promise<void>;
}
