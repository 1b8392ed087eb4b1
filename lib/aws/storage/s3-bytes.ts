import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { WindlassError } from "../../errors.ts";
import type { ByteRange, ObjectBytes, StoredBytes } from "../../storage/volumes/object-bytes.ts";
import { onAws } from "../aws-error.ts";

const DELETED_AT_ONCE = 1000;
/** Names under which S3 says that there is no such object. */
const MISSING: ReadonlySet<string> = new Set(["NoSuchKey", "NotFound"]);
/**
 * Somebody else has replaced the object, is doing so, or has removed it. The second is no answer to whether this write was
 * made, so it is asked again.
 */
const REFUSED: ReadonlySet<string> = new Set(["PreconditionFailed", "NoSuchKey", "NotFound"]);
const AT_THE_SAME_TIME = "ConditionalRequestConflict";
const MAX_ATTEMPTS = 10;

/** Bytes of volumes as objects of the environment's bucket. */
export class S3Bytes implements ObjectBytes {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async get(key: string, range?: ByteRange): Promise<StoredBytes | undefined> {
    const Range = range && `bytes=${range.offset}-${range.offset + range.length - 1}`;
    return await this.#whileThere(`read "${key}"`, async () => {
      const get = new GetObjectCommand({ ...this.#at(key), ...(Range && { Range }) });
      const { Body, ETag = "" } = await this.#client.send(get);
      return { bytes: (await Body?.transformToByteArray()) ?? new Uint8Array(), tag: ETag };
    });
  }

  async has(key: string): Promise<boolean> {
    const head = new HeadObjectCommand(this.#at(key));
    return await this.#do(`look for "${key}"`, async () => {
      try {
        await this.#client.send(head);
        return true;
      } catch (error) {
        // A role that may not list is told of what does not exist as if it might not read it.
        if (error instanceof S3ServiceException && isRefusal(error)) return false;
        throw error;
      }
    });
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const put = new PutObjectCommand({ ...this.#at(key), Body: bytes });
    await this.#do(`write "${key}"`, () => this.#client.send(put));
  }

  async replace(key: string, bytes: Uint8Array, expected: string | undefined): Promise<boolean> {
    const condition = expected === undefined ? { IfNoneMatch: "*" } : { IfMatch: expected };
    const put = new PutObjectCommand({ ...this.#at(key), Body: bytes, ...condition });
    return await this.#do(`replace "${key}"`, async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          await this.#client.send(put);
          return true;
        } catch (error) {
          if (REFUSED.has(nameOf(error))) return false;
          if (nameOf(error) !== AT_THE_SAME_TIME || attempt === MAX_ATTEMPTS) throw error;
        }
      }
    });
  }

  async list(
    prefix: string,
    after: string | undefined,
  ): Promise<{ readonly keys: readonly string[]; readonly next?: string | undefined }> {
    const list = new ListObjectsV2Command({
      ...{ Bucket: this.#bucket, Prefix: prefix },
      ...(after !== undefined && { ContinuationToken: after }),
    });
    const { Contents = [], NextContinuationToken } = await this.#do(`list "${prefix}"`, () =>
      this.#client.send(list),
    );
    const keys = Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
    return { keys, next: NextContinuationToken };
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += DELETED_AT_ONCE) {
      const Objects = keys.slice(from, from + DELETED_AT_ONCE).map((Key) => ({ Key }));
      const remove = new DeleteObjectsCommand({
        ...{ Bucket: this.#bucket, Delete: { Objects, Quiet: true } },
      });
      const { Errors = [] } = await this.#do("delete objects", () => this.#client.send(remove));
      const [first] = Errors;
      if (first !== undefined) throw notDeleted(first.Key ?? "", `${first.Code}: ${first.Message}`);
    }
  }

  async copy(from: string, to: string): Promise<void> {
    const CopySource = `${this.#bucket}/${from.split("/").map(encodeURIComponent).join("/")}`;
    const copy = new CopyObjectCommand({ ...this.#at(to), CopySource });
    await this.#do(`copy "${from}"`, () => this.#client.send(copy));
  }

  async #whileThere<T>(what: string, act: () => Promise<T>): Promise<T | undefined> {
    return await this.#do(what, async () => {
      try {
        return await act();
      } catch (error) {
        if (MISSING.has(nameOf(error))) return undefined;
        throw error;
      }
    });
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: key };
  }

  #do<T>(what: string, act: () => Promise<T>): Promise<T> {
    return onAws(`${what} in bucket "${this.#bucket}"`, act);
  }
}

function isRefusal({ $metadata }: S3ServiceException): boolean {
  return $metadata.httpStatusCode === 404 || $metadata.httpStatusCode === 403;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

function notDeleted(key: string, problem: string): WindlassError {
  return new WindlassError("WINDLASS_AWS_FAILED", `cannot delete "${key}": ${problem}`);
}
