import type { BucketStore } from "./buckets/bucket.ts";
import type { SecretValues } from "./secret-values.ts";
import type { VolumeStore } from "./volume-store.ts";

/** What can be stored under a name. */
export type ObjectKind = "dict" | "queue" | "secret" | "volume";

/** A named object, as the environment knows it. */
export interface ObjectInfo {
  readonly kind: ObjectKind;
  readonly name: string;
  /** Another one for each object that ever had this name. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** What keeps it, where its kind has a choice. */
  readonly backing?: string | undefined;
}

/** Whether an object may be there already; with `backing`, what keeps it if it is made. */
export type CreateMode = boolean | ResolvedMode;

interface ResolvedMode {
  readonly allowExisting: boolean;
  readonly backing?: string | undefined;
}

/** What keeps objects on AWS of which nothing is said, where their kind has a choice. */
const DEFAULT_BACKINGS: Partial<Readonly<Record<ObjectKind, string>>> = {
  queue: "sqs",
  secret: "ssm",
};

export function resolveMode(kind: ObjectKind, mode: CreateMode): ResolvedMode {
  const given = typeof mode === "boolean" ? { allowExisting: mode } : mode;
  return { ...given, backing: given.backing ?? DEFAULT_BACKINGS[kind] };
}

/** Port to the names of an environment. */
export interface ObjectStore {
  /** Makes an object. @throws AlreadyExistsError where there is one that may not be there */
  create(kind: ObjectKind, name: string, mode: CreateMode): Promise<ObjectInfo>;
  /** @throws NotFoundError naming those that there are */
  find(kind: ObjectKind, name: string): Promise<ObjectInfo>;
  list(kind: ObjectKind): Promise<readonly ObjectInfo[]>;
  /** Removes an object with all that it holds; false where there is none. */
  delete(kind: ObjectKind, name: string): Promise<boolean>;
}

/** A value of a dict, as its bytes, and what its last write is called. */
export interface DictEntry {
  readonly value: Uint8Array;
  readonly version: string;
}

export interface DictWrite {
  readonly key: string;
  readonly value: Uint8Array;
  /** The version that is replaced; null: there must be no entry. @default - whatever there is */
  readonly expected?: string | null | undefined;
}

/** Some entries of a dict, in no order; values only where they were asked for. */
export interface DictPage {
  readonly entries: readonly { readonly key: string; readonly value?: Uint8Array | undefined }[];
  /** Where to go on; undefined at the end. */
  readonly next?: string | undefined;
}

/** Port to dicts. Every method throws NotFoundError for a dict that does not exist. */
export interface DictStore {
  /** Reads an entry, which is then kept for seven days more. */
  get(dict: string, key: string): Promise<DictEntry | undefined>;
  has(dict: string, key: string): Promise<boolean>;
  /** False where the entry is not as expected. */
  put(dict: string, write: DictWrite): Promise<boolean>;
  putMany(
    dict: string,
    entries: readonly { readonly key: string; readonly value: Uint8Array }[],
  ): Promise<void>;
  /** Removes an entry and answers its value: of several who ask for it, one gets it. */
  take(dict: string, key: string): Promise<Uint8Array | undefined>;
  count(dict: string): Promise<number>;
  clear(dict: string): Promise<void>;
  page(
    dict: string,
    query: { readonly after?: string | undefined; readonly withValues: boolean },
  ): Promise<DictPage>;
}

export interface QueuePut {
  /** "": the one without a name. */
  readonly partition: string;
  readonly items: readonly Uint8Array[];
  /** The partition is over this long after it was last put into. */
  readonly ttlMs: number;
}

export interface QueueGet {
  readonly partition: string;
  readonly count: number;
  /** How long to wait for the first item; 0: what can be had at once. */
  readonly waitMs: number;
}

/** Items of a partition in their order. */
export interface QueuePage {
  readonly items: readonly Uint8Array[];
  /** Where to go on; undefined without items. */
  readonly last?: string | undefined;
}

/** Port to queues. Every method throws NotFoundError for a queue that does not exist. */
export interface QueueStore {
  /** Adds all of them, or none where there is no room: false. */
  put(queue: string, items: QueuePut): Promise<boolean>;
  /** Takes up to so many items, each for one who asks; none once the signal is aborted. */
  get(queue: string, wanted: QueueGet, signal?: AbortSignal): Promise<readonly Uint8Array[]>;
  /** @throws InvalidError where a queue cannot be read without being taken from */
  page(
    queue: string,
    query: { readonly partition: string; readonly after?: string | undefined },
  ): Promise<QueuePage>;
  /** Of a partition; null: of all. Approximate where the queue is kept by SQS. */
  count(queue: string, partition: string | null): Promise<number>;
  clear(queue: string, partition: string | null): Promise<void>;
}

/** Port to the values of secrets. Whether there is one of a name, ObjectStore knows. */
export interface SecretStore {
  /** Sets some variables; the others stay. @throws NotFoundError */
  update(secret: string, values: SecretValues): Promise<void>;
  /** Removes all variables but these. @param kept - none by default */
  remove(secret: string, kept?: readonly string[]): Promise<void>;
  /** For containers that start. @throws NotFoundError */
  read(secret: string): Promise<SecretValues>;
}

/** Port to everything that has a name. Values are bytes here: what they mean, `packValue` says. */
export interface Stores {
  readonly objects: ObjectStore;
  readonly dicts: DictStore;
  readonly queues: QueueStore;
  readonly secrets: SecretStore;
  readonly volumes: VolumeStore;
  readonly buckets: BucketStore;
}

/** Entries are kept for this long after they were last read or written, as Modal's. */
export const ENTRY_TTL_MS: number = 7 * 24 * 3600 * 1000;
/** A read writes a new time only to an entry whose last one is older than this. */
export const REFRESH_AFTER_MS: number = 24 * 3600 * 1000;
/** Items that a partition has at most, as Modal's. */
export const MAX_QUEUED = 5000;
/** Items that a page of a queue has at most. */
export const QUEUE_PAGE_ITEMS = 100;
