import { DeleteObjectsCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { ExecutionError } from "../../lib/errors.ts";
import { LISTED_OBJECTS, type StoredObject, type StoredObjects } from "./ports.ts";

/** What is in an S3 bucket. */
export class S3StoredObjects implements StoredObjects {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async list(prefix: string): Promise<readonly StoredObject[]> {
    const { Contents = [] } = await this.#client.send(
      new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix, MaxKeys: LISTED_OBJECTS }),
    );
    return Contents.flatMap(({ Key, LastModified }) =>
      Key === undefined || LastModified === undefined
        ? []
        : [{ key: Key, at: LastModified.getTime() }],
    );
  }

  async remove(keys: readonly string[]): Promise<void> {
    const { Errors: [refused] = [] } = await this.#client.send(
      new DeleteObjectsCommand({
        Bucket: this.#bucket,
        Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true },
      }),
    );
    // The request succeeds all the same.
    if (refused === undefined) return;
    throw new ExecutionError(
      "WINDLASS_OBJECT_NOT_REMOVED",
      `"${refused.Key}" of bucket "${this.#bucket}" could not be removed: ${refused.Code}`,
    );
  }
}
