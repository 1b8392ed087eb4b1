import type { S3 } from "@aws-sdk/client-s3";
import { NotFoundError } from "../../lib/errors.ts";
import type { DeploymentObjects } from "./objects.ts";

/** Objects of the environment's bucket. */
export class S3Objects implements DeploymentObjects {
  readonly #client: S3;
  readonly #bucket: string;

  constructor(client: S3, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async read(key: string): Promise<string> {
    return new TextDecoder().decode(await this.readStaged(this.#bucket, key));
  }

  async readStaged(bucket: string, key: string): Promise<Uint8Array> {
    const { Body } = await this.#client.getObject({ Bucket: bucket, Key: key });
    if (Body !== undefined) return await Body.transformToByteArray();
    const message = `there is nothing at s3://${bucket}/${key}`;
    const hint = "deploy with the CDK, which uploads it";
    throw new NotFoundError("WINDLASS_STAGED_CODE_MISSING", message, { hint });
  }

  async write(key: string, body: Uint8Array | string, contentType: string): Promise<void> {
    const target = { Bucket: this.#bucket, Key: key, ContentType: contentType };
    await this.#client.putObject({ ...target, Body: body });
  }

  async removeAll(prefix: string): Promise<void> {
    let token: string | undefined;
    do {
      const page = await this.#client.listObjectsV2({
        Bucket: this.#bucket,
        Prefix: prefix,
        ...(token && { ContinuationToken: token }),
      });
      for (const { Key } of page.Contents ?? []) {
        if (Key !== undefined) await this.#client.deleteObject({ Bucket: this.#bucket, Key });
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }
}
