import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { onAws } from "../aws-error.ts";

/** Values that are too large for a row, as objects of the environment's bucket. */
export class Blobs {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const put = new PutObjectCommand({ ...this.#at(key), Body: bytes });
    await this.#do(`write "${key}"`, () => this.#client.send(put));
  }

  /** Undefined for an object that is gone: its entry was replaced since it was read. */
  async get(key: string): Promise<Uint8Array | undefined> {
    return await this.#do(`read "${key}"`, async () => {
      try {
        const { Body } = await this.#client.send(new GetObjectCommand(this.#at(key)));
        return await Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    });
  }

  /** Makes an object as young as a new one: the bucket's lifecycle removes old ones. */
  async refresh(key: string): Promise<void> {
    const CopySource = `${this.#bucket}/${key}`;
    // S3 copies an object onto itself only where something of it changes.
    const change = { MetadataDirective: "REPLACE", CopySource } as const;
    await this.#do(`refresh "${key}"`, () =>
      this.#client.send(new CopyObjectCommand({ ...this.#at(key), ...change })),
    );
  }

  async delete(key: string): Promise<void> {
    await this.#do(`delete "${key}"`, () =>
      this.#client.send(new DeleteObjectCommand(this.#at(key))),
    );
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: key };
  }

  #do<T>(what: string, act: () => Promise<T>): Promise<T> {
    return onAws(`${what} in bucket "${this.#bucket}"`, act);
  }
}
