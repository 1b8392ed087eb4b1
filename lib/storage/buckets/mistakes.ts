import { InvalidError, NotFoundError } from "../../errors.ts";
import { show } from "../../options/show.ts";

export function readOnlyBucket(bucketName: string): InvalidError {
  return new InvalidError(
    "WINDLASS_BUCKET_READ_ONLY",
    `bucket "${bucketName}" is mounted to be read only`,
    { hint: "leave out `readOnly` where objects are to be written or removed" },
  );
}

export function objectMissing(bucketName: string, path: string): NotFoundError {
  return new NotFoundError(
    "WINDLASS_BUCKET_PATH_NOT_FOUND",
    `bucket "${bucketName}" has no ${show(path)} below its prefix`,
    { hint: "see what it has with `listdir()`" },
  );
}
