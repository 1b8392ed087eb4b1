import type { S3 } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { S3Objects } from "../../cdk/deployment/s3-objects.ts";

/** A client whose calls must be exactly these, in this order. */
function scripted<Client>(...script: readonly [method: string, input: object, answer: object][]) {
  const left = [...script];
  const client = new Proxy(
    {},
    {
      get: (_, method: string) => async (input: object) => {
        const [expected, given, answer] = left.shift() ?? [];
        expect([method, input]).toEqual([expected, given]);
        return answer;
      },
    },
  );
  return { client: client as Client, left };
}

it("removes all pages of objects", async () => {
  const list = { Bucket: "objects", Prefix: "manifests/media/" };
  const { client, left } = scripted<S3>(
    ["listObjectsV2", list, { Contents: [{ Key: "a" }], NextContinuationToken: "next" }],
    ["deleteObject", { Bucket: "objects", Key: "a" }, {}],
    ["listObjectsV2", { ...list, ContinuationToken: "next" }, {}],
  );

  await new S3Objects(client, "objects").removeAll("manifests/media/");

  expect(left).toEqual([]);
});
