import { createHash } from "node:crypto";
import type { ObjectInfo } from "../../lib/storage/stores.ts";
import { ChunkedVolumes } from "../../lib/storage/volumes/chunked-volumes.ts";
import type { ObjectBytes } from "../../lib/storage/volumes/object-bytes.ts";

/** What is asked of the objects of volumes. */
export interface Request {
  readonly method: keyof ObjectBytes;
  readonly key: string;
}

/** Objects in memory, with what happens before and after each request. */
export interface MemoryBytes extends ObjectBytes {
  readonly objects: Map<string, Buffer>;
  /** Throws, or lets time pass. */
  before: (request: Request) => void | Promise<void>;
  after: (request: Request) => void | Promise<void>;
}

export function memoryBytes(objects: Map<string, Buffer> = new Map()): MemoryBytes {
  const tagOf = (bytes: Buffer | undefined): string | undefined =>
    bytes && createHash("md5").update(bytes).digest("hex");
  const watched = async <Result>(request: Request, act: () => Result): Promise<Result> => {
    await memory.before(request);
    const result = act();
    await memory.after(request);
    return result;
  };
  const memory: MemoryBytes = {
    objects,
    before: () => {},
    after: () => {},
    get: (key, range) =>
      watched({ method: "get", key }, () => {
        const bytes = objects.get(key);
        if (bytes === undefined) return undefined;
        const { offset, length } = range ?? { offset: 0, length: bytes.length };
        return { bytes: bytes.subarray(offset, offset + length), tag: tagOf(bytes) ?? "" };
      }),
    has: (key) => watched({ method: "has", key }, () => objects.has(key)),
    put: (key, bytes) =>
      watched({ method: "put", key }, () => void objects.set(key, Buffer.from(bytes))),
    replace: (key, bytes, expected) =>
      watched({ method: "replace", key }, () => {
        if (tagOf(objects.get(key)) !== expected) return false;
        objects.set(key, Buffer.from(bytes));
        return true;
      }),
    list: (prefix) =>
      watched({ method: "list", key: prefix }, () => {
        return { keys: [...objects.keys()].filter((key) => key.startsWith(prefix)).sort() };
      }),
    delete: (keys) =>
      watched({ method: "delete", key: keys.join() }, () => {
        for (const key of keys) objects.delete(key);
      }),
    copy: (from, to) =>
      watched({ method: "copy", key: from }, () => {
        objects.set(to, Buffer.from(objects.get(from) ?? ""));
      }),
  };
  return memory;
}

/** Where its objects are. */
export const PREFIX = "volumes/v/1/";
const VOLUME: ObjectInfo = { kind: "volume", name: "v", id: "1", createdAt: 0 };

/** Volumes in these objects, as one process has them: there is one, called "v". */
export function volumesIn(bytes: ObjectBytes, now: () => number = Date.now): ChunkedVolumes {
  const refuse = async (): Promise<never> => {
    throw new Error("nothing creates or deletes a volume here");
  };
  const objects = { create: refuse, delete: refuse, find: async () => VOLUME };
  return new ChunkedVolumes({ bytes, objects, now });
}
