import { describe, expect, it } from "vitest";
import { App, CloudBucketMount, resolveSpec } from "windlass";
import type { FunctionSpec } from "../../lib/spec.ts";
import { bucketIn } from "../../lib/storage/buckets/bucket.ts";
import { ReadAhead } from "../../lib/storage/buckets/read-ahead.ts";
import { Upload } from "../../lib/storage/buckets/upload.ts";
import { relayStores } from "../../lib/storage/relay-stores.ts";
import { checkBucketRequest } from "../../runtime-shim/agent/bucket-requests.ts";
import { mistake } from "../dsl/mistake.ts";
import { MemoryBucket } from "./memory-bucket.ts";

const MIB = 1024 * 1024;

function specOf(options: { readonly readOnly?: boolean }): FunctionSpec {
  const app = new App("media");
  const corpus = new CloudBucketMount({ bucketName: "corpus", keyPrefix: "in/", ...options });
  app.function("f", { volumes: { "/corpus": corpus } }, () => 1);
  const [spec] = resolveSpec(app).functions;
  if (spec === undefined) throw new RangeError("the app has a function");
  return spec;
}

/** A request as code in a container makes it. */
function request(method: string, keyPrefix: string, about: unknown) {
  return { store: "buckets", method, args: ["corpus", { keyPrefix }, about] } as const;
}

describe("what a container may ask of a bucket", () => {
  it("is about what its function mounts, as the function mounts it", () => {
    const checked = checkBucketRequest(specOf({}), request("find", "in/", "in/a.txt"));

    expect(checked.args[1]).toMatchObject({ bucketName: "corpus", path: "/corpus", secret: null });
  });

  it("lies below the prefix, whatever the request says", () => {
    const spec = specOf({});
    const inside = { key: "in/a", upload: "u", etags: [] };
    expect(() => checkBucketRequest(spec, request("end", "in/", inside))).not.toThrow();

    const outside = [
      request("find", "in/", "out/a"),
      request("list", "in/", { prefix: "", isFlat: false }),
      request("put", "in/", { key: "out/a", bytes: new Uint8Array(1) }),
      request("find", "", "in/a"),
    ];
    expect(
      outside.map((one) => mistake(() => checkBucketRequest(spec, one)).split("\n")[0]),
    ).toEqual([
      "InvalidError WINDLASS_BUCKET_KEY",
      "InvalidError WINDLASS_BUCKET_KEY",
      "InvalidError WINDLASS_BUCKET_KEY",
      "InvalidError WINDLASS_NOT_IN_USES",
    ]);
  });

  it("changes nothing where it is only read", () => {
    const spec = specOf({ readOnly: true });
    expect(() => checkBucketRequest(spec, request("find", "in/", "in/a"))).not.toThrow();

    for (const method of ["put", "begin", "part", "end", "remove"]) {
      expect(mistake(() => checkBucketRequest(spec, request(method, "in/", "in/a")))).toContain(
        "WINDLASS_BUCKET_READ_ONLY",
      );
    }
  });
});

describe("an object", () => {
  it("is read by small ranges first, then by larger ones ahead of its reader", async () => {
    const bucket = new MemoryBucket();
    const bytes = Buffer.alloc(
      20 * MIB,
      Uint8Array.from({ length: 251 }, (_, index) => index),
    );
    bucket.set("a", bytes);
    const { etag = "" } = (await bucket.find("a")) ?? {};
    const fetch = (start: number, end: number) => bucket.read({ key: "a", etag, start, end });
    const reader = new ReadAhead(bytes.length, fetch);

    expect((await reader.read(0, 1000)).equals(bytes.subarray(0, 1000))).toBe(true);
    expect(bucket.asked).toEqual([`read a 0-${MIB / 4}`]);
    expect((await reader.read(1000, MIB)).equals(bytes.subarray(1000, 1000 + MIB))).toBe(true);
    expect(bucket.asked.length).toBeGreaterThan(2);
    expect((await reader.read(19 * MIB, 5 * MIB)).equals(bytes.subarray(19 * MIB))).toBe(true);
    expect(await reader.read(20 * MIB, 1)).toHaveLength(0);
  });

  it("of which a part could not be sent is given up, and not there", async () => {
    const bucket = new MemoryBucket();
    const ends: unknown[] = [];
    const failing = Object.assign(Object.create(bucket) as MemoryBucket, {
      begin: async () => "upload",
      part: () => Promise.reject(new RangeError("no network")),
      end: async (end: unknown) => {
        ends.push(end);
      },
    });
    const upload = new Upload(failing, "a");
    await upload.write(Buffer.alloc(9 * MIB));

    await expect(upload.finish()).rejects.toThrow("no network");
    expect(ends).toEqual([{ key: "a", upload: "upload", etags: [] }]);
    expect(bucket.bytesOf("a")).toBeUndefined();
  });

  it("is reached through stores, each request with its mount", async () => {
    const asked: unknown[] = [];
    const stores = relayStores(async ({ store, method, args }) => {
      asked.push([store, method, args[0], args[2]]);
      return undefined;
    });
    const reference = {
      bucketName: "corpus",
      keyPrefix: "in/",
      endpointUrl: null,
      secret: null,
      readOnly: false,
      requesterPays: false,
      forcePathStyle: false,
    };
    const bucket = bucketIn(stores.buckets, reference);
    await bucket.find("in/a");
    await bucket.put("in/b", new Uint8Array(1));

    expect(asked).toEqual([
      ["buckets", "find", "corpus", "in/a"],
      ["buckets", "put", "corpus", { key: "in/b", bytes: new Uint8Array(1) }],
    ]);
  });
});
