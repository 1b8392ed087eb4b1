import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { NotFoundError } from "../errors.ts";
import { onAws } from "./aws-error.ts";
import type { Objects } from "./objects.ts";

/** Texts in an S3 bucket. */
export class S3Objects implements Objects {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async put(key: string, text: string): Promise<void> {
    await onAws(`write "${key}" to bucket "${this.#bucket}"`, () =>
      this.#client.send(new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: text })),
    );
  }

  async get(key: string): Promise<string> {
    return Buffer.from(await this.bytes(key)).toString();
  }

  /** @throws NotFoundError */
  async bytes(key: string): Promise<Uint8Array> {
    return await onAws(`read "${key}" from bucket "${this.#bucket}"`, async () => {
      try {
        const { Body } = await this.#client.send(
          new GetObjectCommand({ Bucket: this.#bucket, Key: key }),
        );
        return (await Body?.transformToByteArray()) ?? new Uint8Array();
      } catch (error) {
        if (!(error instanceof NoSuchKey)) throw error;
        throw new NotFoundError(
          "WINDLASS_OBJECT_MISSING",
          `"${key}" is not in bucket "${this.#bucket}"`,
          { hint: "what a call leaves in the bucket is kept for eight days", cause: error },
        );
      }
    });
  }
}
