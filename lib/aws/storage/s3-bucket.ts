import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NotFound,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type {
  Bucket,
  BucketListQuery,
  BucketObject,
  BucketPage,
  BucketRange,
  UploadEnd,
  UploadPart,
} from "../../storage/buckets/bucket.ts";
import { onAws } from "../aws-error.ts";

/** A bucket of S3, or of anything that speaks as it does. */
export class S3Bucket implements Bucket {
  readonly #client: S3Client;
  readonly #name: string;
  readonly #request: { readonly Bucket: string; readonly RequestPayer?: "requester" };

  constructor(
    client: S3Client,
    given: { readonly bucketName: string; readonly requesterPays: boolean },
  ) {
    this.#client = client;
    this.#name = given.bucketName;
    this.#request = {
      Bucket: given.bucketName,
      ...(given.requesterPays && { RequestPayer: "requester" }),
    };
  }

  list({ prefix, isFlat, next, limit }: BucketListQuery): Promise<BucketPage> {
    return this.#ask("list", async () => {
      const page = await this.#client.send(
        new ListObjectsV2Command({
          ...{ ...this.#request, Prefix: prefix, MaxKeys: limit, ContinuationToken: next },
          ...(isFlat && { Delimiter: "/" }),
        }),
      );
      return {
        objects: (page.Contents ?? []).map(({ Key = "", Size = 0, LastModified, ETag = "" }) => {
          return { key: Key, size: Size, modifiedAt: LastModified?.getTime() ?? 0, etag: ETag };
        }),
        folders: (page.CommonPrefixes ?? []).map(({ Prefix = "" }) => Prefix),
        next: page.NextContinuationToken,
      };
    });
  }

  find(key: string): Promise<BucketObject | undefined> {
    return this.#ask("look into", async () => {
      try {
        const found = await this.#client.send(
          new HeadObjectCommand({ ...this.#request, Key: key }),
        );
        const { ContentLength: size = 0, LastModified, ETag: etag = "" } = found;
        return { key, size, modifiedAt: LastModified?.getTime() ?? 0, etag };
      } catch (error) {
        if (error instanceof NotFound) return undefined;
        // S3 refuses to say so of what is not there to a role that may list under a prefix alone.
        if (isRefusal(error) && !(await this.#isListed(key))) return undefined;
        throw error;
      }
    });
  }

  read({ key, etag, start, end }: BucketRange): Promise<Uint8Array> {
    return this.#ask("read from", async () => {
      const { Body } = await this.#client.send(
        new GetObjectCommand({
          ...{ ...this.#request, Key: key, Range: `bytes=${start}-${end - 1}` },
          ...(etag !== "" && { IfMatch: etag }),
        }),
      );
      return (await Body?.transformToByteArray()) ?? new Uint8Array(0);
    });
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    return this.#ask("write to", async () => {
      await this.#client.send(new PutObjectCommand({ ...this.#request, Key: key, Body: bytes }));
    });
  }

  begin(key: string): Promise<string> {
    return this.#ask("write to", async () => {
      const command = new CreateMultipartUploadCommand({ ...this.#request, Key: key });
      return (await this.#client.send(command)).UploadId ?? "";
    });
  }

  part({ key, upload, number, bytes }: UploadPart): Promise<string> {
    return this.#ask("write to", async () => {
      const target = { ...this.#request, Key: key, UploadId: upload };
      const command = new UploadPartCommand({ ...target, PartNumber: number, Body: bytes });
      return (await this.#client.send(command)).ETag ?? "";
    });
  }

  end({ key, upload, etags }: UploadEnd): Promise<void> {
    return this.#ask("write to", async () => {
      const target = { ...this.#request, Key: key, UploadId: upload };
      if (etags.length === 0) {
        await this.#client.send(new AbortMultipartUploadCommand(target));
        return;
      }
      const Parts = etags.map((ETag, index) => ({ PartNumber: index + 1, ETag }));
      const MultipartUpload = { Parts };
      await this.#client.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload }));
    });
  }

  remove(key: string): Promise<void> {
    return this.#ask("delete from", async () => {
      await this.#client.send(new DeleteObjectCommand({ ...this.#request, Key: key }));
    });
  }

  /** Of all keys that begin with this one it is the first. */
  async #isListed(key: string): Promise<boolean> {
    const command = new ListObjectsV2Command({ ...this.#request, Prefix: key, MaxKeys: 1 });
    const { Contents: [first] = [] } = await this.#client.send(command);
    return first?.Key === key;
  }

  #ask<Result>(doing: string, work: () => Promise<Result>): Promise<Result> {
    return onAws(`${doing} bucket "${this.#name}"`, work);
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 403;
}
