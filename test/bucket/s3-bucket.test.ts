import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";
import { expect, onTestFinished, test } from "vitest";
import { S3Bucket } from "../../lib/aws/storage/s3-bucket.ts";

/** S3 as it answers a role that may list under a prefix alone: what there is of these keys, and else that it refuses. */
async function bucketOf(keys: Readonly<Record<string, "readable" | "secret">>): Promise<S3Bucket> {
  const server = createServer(({ method, url = "" }, response) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    const prefix = searchParams.get("prefix");
    if (method === "GET" && prefix !== null) {
      const found = Object.keys(keys)
        .filter((key) => key.startsWith(prefix))
        .sort()
        .slice(0, Number(searchParams.get("max-keys") ?? 1000));
      const contents = found.map((key) => `<Contents><Key>${key}</Key><Size>3</Size></Contents>`);
      response.end(`<ListBucketResult>${contents.join("")}</ListBucketResult>`);
      return;
    }
    const isReadable = keys[pathname.slice("/photos/".length)] === "readable";
    response.writeHead(isReadable ? 200 : 403, { "content-length": isReadable ? 3 : 0 }).end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const client = new S3Client({
    ...{ endpoint: `http://127.0.0.1:${port}`, region: "us-east-1", forcePathStyle: true },
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  return new S3Bucket(client, { bucketName: "photos", requesterPays: false });
}

test("what is not there is not there, though S3 refuses to say so", async () => {
  const bucket = await bucketOf({ "in/a.png": "readable", "in/b.png.old": "readable" });

  expect(await bucket.find("in/a.png")).toMatchObject({ key: "in/a.png", size: 3 });
  expect(await bucket.find("in/b.png")).toBeUndefined();
});

test("what is there and may not be read is refused", async () => {
  const bucket = await bucketOf({ "in/secret.png": "secret" });

  await expect(bucket.find("in/secret.png")).rejects.toThrow(/look into bucket "photos"/);
});
