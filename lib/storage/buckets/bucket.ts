import type { BucketMountSpec } from "../../spec.ts";

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

/** A part of an object that is on its way. */
export interface UploadPart {
  readonly key: string;
  /** As `begin` answered it. */
  readonly upload: string;
  /** From 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** An upload, and what `part` answered for each of its parts in order; no parts: it is given up. */
export interface UploadEnd {
  readonly key: string;
  readonly upload: string;
  readonly etags: readonly string[];
}

/** Bytes of an object from `start` to before `end`. */
export interface BucketRange extends Pick<BucketObject, "key" | "etag"> {
  readonly start: number;
  readonly end: number;
}

/** Port to a bucket of S3 or of anything that speaks as it does. Keys are whole, with the prefix of a mount. */
export interface Bucket {
  list(query: BucketListQuery): Promise<BucketPage>;
  /** Undefined where there is no such object. */
  find(key: string): Promise<BucketObject | undefined>;
  /** Bytes of that very content. @throws WindlassError when it has changed or is gone */
  read(range: BucketRange): Promise<Uint8Array>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Begins an object that is sent in parts, which may come in any order. */
  begin(key: string): Promise<string>;
  part(part: UploadPart): Promise<string>;
  end(end: UploadEnd): Promise<void>;
  remove(key: string): Promise<void>;
}

/** Which bucket a request is about: what a mount says of it. */
export type BucketReference = Omit<BucketMountSpec, "kind" | "path">;

type Stored<Method> = Method extends (argument: infer Argument) => infer Answer
  ? (bucketName: string, mount: BucketReference, argument: Argument) => Answer
  : never;

/** Port to all buckets of the user's, for code that has none mounted. */
export type BucketStore = {
  readonly [Name in Exclude<keyof Bucket, "put">]: Stored<Bucket[Name]>;
} & {
  put(
    bucketName: string,
    mount: BucketReference,
    object: { readonly key: string; readonly bytes: Uint8Array },
  ): Promise<void>;
};

/** One bucket of a store. */
export function bucketIn(store: BucketStore, mount: BucketReference): Bucket {
  const { bucketName } = mount;
  return {
    list: (query) => store.list(bucketName, mount, query),
    find: (key) => store.find(bucketName, mount, key),
    read: (range) => store.read(bucketName, mount, range),
    put: (key, bytes) => store.put(bucketName, mount, { key, bytes }),
    begin: (key) => store.begin(bucketName, mount, key),
    part: (part) => store.part(bucketName, mount, part),
    end: (end) => store.end(bucketName, mount, end),
    remove: (key) => store.remove(bucketName, mount, key),
  };
}
