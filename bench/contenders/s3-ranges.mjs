// An object of S3 by parallel ranged GETs, written to a file: `s3-ranges.mjs <put | get> <bucket> <path on the disk>`.
// Prints one JSON object with the seconds that it took, without the start of the program.
import { createReadStream, statSync } from "node:fs";
import { open } from "node:fs/promises";
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";

const RANGE_BYTES = 8 * 1024 * 1024;
const AT_ONCE = 16;
const [what, Bucket, path] = process.argv.slice(2);
const Key = "large";
const s3 = new S3Client({ forcePathStyle: true });

if (what === "put") {
  await s3.send(new CreateBucketCommand({ Bucket }));
  const Body = createReadStream(path);
  await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength: statSync(path).size }));
} else {
  const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  const start = performance.now();
  await download(ContentLength);
  console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000 }));
}

async function download(length) {
  const file = await open(path, "w");
  let next = 0;
  const lane = async () => {
    while (next < length) {
      const from = next;
      next += RANGE_BYTES;
      const Range = `bytes=${from}-${Math.min(from + RANGE_BYTES, length) - 1}`;
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, Range }));
      const bytes = await Body.transformToByteArray();
      await file.write(bytes, 0, bytes.length, from);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  await file.close();
}
