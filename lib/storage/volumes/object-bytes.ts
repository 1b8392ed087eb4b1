/** An object as it was read. */
export interface StoredBytes {
  readonly bytes: Uint8Array;
  /** Another one for each write of the object. */
  readonly tag: string;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Port to where the bytes of volumes are: a folder of this machine, or a bucket. */
export interface ObjectBytes {
  /** Undefined where there is no such object. */
  get(key: string, range?: ByteRange): Promise<StoredBytes | undefined>;
  has(key: string): Promise<boolean>;
  /** Writes an object, whatever there is. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * Writes an object in place of the one that has this tag; undefined: of none. Of several who try, one does it, and the
   * others are told false.
   */
  replace(key: string, bytes: Uint8Array, expected: string | undefined): Promise<boolean>;
  /** Some keys that begin like this, in their order. */
  list(
    prefix: string,
    after: string | undefined,
  ): Promise<{ readonly keys: readonly string[]; readonly next?: string | undefined }>;
  /** Removes objects; it is no mistake that one is missing. */
  delete(keys: readonly string[]): Promise<void>;
  copy(from: string, to: string): Promise<void>;
}
