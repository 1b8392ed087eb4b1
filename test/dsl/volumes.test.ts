import { describe, expect, it } from "vitest";
import { App, CloudBucketMount, Dict, resolveSpec, Secret, Volume } from "windlass";
import type { FunctionOptions } from "../../lib/options/function-options.ts";
import type { MountSpec } from "../../lib/spec.ts";
import { mistake, optionMistakes } from "./mistake.ts";

const data = Volume.fromName("data", { createIfMissing: true });
const models = Volume.fromName("models");

function mountsOf(
  volumes: FunctionOptions["volumes"],
  ofApp?: FunctionOptions["volumes"],
): readonly MountSpec[] | undefined {
  const app = new App("media", { volumes: ofApp });
  app.function("resize", { volumes }, () => 1);
  return resolveSpec(app).functions[0]?.volumes;
}

describe("`volumes`", () => {
  it("are what containers have at which path, sorted by that", () => {
    expect(mountsOf({ "/models": models, "/data": data })).toEqual([
      {
        kind: "volume",
        path: "/data",
        name: "data",
        backing: "s3",
        createIfMissing: true,
        readOnly: false,
        subPath: "",
      },
      expect.objectContaining({ path: "/models", name: "models", createIfMissing: false }),
    ]);
  });

  it("are none where there are none", () => {
    expect(mountsOf(undefined)).toEqual([]);
  });

  it("of a function win over those of its App at the same path, and keep the others", () => {
    const mounts = mountsOf(
      { "/data": models },
      { "/data": data, "/logs": Volume.fromName("logs") },
    );

    expect(mounts?.map(({ path, ...mount }) => [path, "name" in mount && mount.name])).toEqual([
      ["/data", "models"],
      ["/logs", "logs"],
    ]);
  });

  it("may be used by whoever mounts them, whatever `uses` says", () => {
    const app = new App("media");
    app.function("resize", { volumes: { "/data": data }, uses: [] }, () => 1);

    expect(resolveSpec(app).functions[0]?.objects).toEqual([{ kind: "volume", name: "data" }]);
  });

  it("can be mounted to be read only, and a folder of them alone; later options add to earlier ones", () => {
    const some = models.withMountOptions({ subPath: "/llama/" });

    expect(mountsOf({ "/models": some.withMountOptions({ readOnly: true }) })).toMatchObject([
      { name: "models", readOnly: true, subPath: "llama" },
    ]);
    expect(mountsOf({ "/models": some })).toMatchObject([{ readOnly: false, subPath: "llama" }]);
  });

  it("replace those of the definition in `withOptions`", () => {
    const app = new App("media");
    const resize = app.function("resize", { volumes: { "/data": data } }, () => 1);

    expect(() => resize.withOptions({ volumes: { "/models": models } })).not.toThrow();
    expect(
      mistake(() =>
        resize.withOptions({
          volumes: { "/shared": Volume.fromName("shared", { backing: "efs" }) },
        }),
      ),
    ).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_MOUNT_IN_VARIANT
      \`volumes\` of withOptions() of function "resize" cannot mount a volume with \`backing: "efs"\`, got one at "/shared"
      hint: mount it where the function is defined, which may be another with the same handler"
    `);
  });

  it("tell all mistakes of paths at once", () => {
    const volumes = {
      data,
      "/": models,
      "/tmp": Volume.fromName("a"),
      "/a/../b": Volume.fromName("b"),
      "/c/": Volume.fromName("c"),
      "/proc/x": Volume.fromName("d"),
      "/ok": Volume.fromName("e"),
      "/ok/inner": Volume.fromName("f"),
    };

    expect(optionMistakes({ volumes })).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_SEVERAL_MISTAKES
      function "resize" has 7 mistakes
        paths in \`volumes\` of function "resize" must be absolute, without "..", spaces, quotes or a "/" at the end, got "data"; write a path as \`/data\` (WINDLASS_INVALID_MOUNT_PATH)
        paths in \`volumes\` of function "resize" must leave "/" alone: containers need what is there; mount it at a folder of its own, for instance "/data" (WINDLASS_RESERVED_MOUNT_PATH)
        paths in \`volumes\` of function "resize" must leave "/tmp" alone: containers need what is there; mount it at a folder of its own, for instance "/data" (WINDLASS_RESERVED_MOUNT_PATH)
        paths in \`volumes\` of function "resize" must be absolute, without "..", spaces, quotes or a "/" at the end, got "/a/../b"; write a path as \`/data\` (WINDLASS_INVALID_MOUNT_PATH)
        paths in \`volumes\` of function "resize" must be absolute, without "..", spaces, quotes or a "/" at the end, got "/c/"; write a path as \`/data\` (WINDLASS_INVALID_MOUNT_PATH)
        paths in \`volumes\` of function "resize" must leave "/proc/x" alone: containers need what is there; mount it at a folder of its own, for instance "/data" (WINDLASS_RESERVED_MOUNT_PATH)
        paths in \`volumes\` of function "resize" must not lie within each other, got "/ok/inner" in "/ok"; mount them side by side (WINDLASS_NESTED_MOUNTS)
      hint: correct each of them"
    `);
  });

  it("take nothing but volumes and buckets, each volume once", () => {
    expect(
      optionMistakes(
        { volumes: data },
        { volumes: ["/data"] },
        { volumes: { "/data": Dict.fromName("d"), "/x": "data" } },
        { volumes: { "/a": data, "/b": data.withMountOptions({ readOnly: true }) } },
      ),
    ).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_INVALID_VOLUMES
      \`volumes\` of function "resize" must be an object of paths with volumes, got another object
      hint: write \`{ "/data": Volume.fromName("data", { createIfMissing: true }) }\`

      InvalidError WINDLASS_INVALID_VOLUMES
      \`volumes\` of function "resize" must be an object of paths with volumes, got ["/data"]
      hint: write \`{ "/data": Volume.fromName("data", { createIfMissing: true }) }\`

      InvalidError WINDLASS_SEVERAL_MISTAKES
      function "resize" has 2 mistakes
        "/data" in \`volumes\` of function "resize" must be a Volume or a CloudBucketMount, got another object; write \`{ "/data": Volume.fromName("data", { createIfMissing: true }) }\` (WINDLASS_INVALID_VOLUMES)
        "/x" in \`volumes\` of function "resize" must be a Volume or a CloudBucketMount, got "data"; write \`{ "/data": Volume.fromName("data", { createIfMissing: true }) }\` (WINDLASS_INVALID_VOLUMES)
      hint: correct each of them

      InvalidError WINDLASS_VOLUME_MOUNTED_TWICE
      \`volumes\` of function "resize" must mount volume "data" once, got "/a" and "/b"
      hint: leave one of them, and make a symbolic link in your code if it needs both"
    `);
  });

  it("of the App and a function are held against each other", () => {
    expect(
      mistake(() => mountsOf({ "/data/inner": models }, { "/data": data })),
    ).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_NESTED_MOUNTS
      paths in \`volumes\` of function "resize" must not lie within each other, got "/data/inner" in "/data"
      hint: mount them side by side"
    `);
  });

  it("refuse mount options that are none", () => {
    expect(mistake(() => models.withMountOptions({ subPath: "../other" }))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_VOLUME_PATH
      a path of a volume must not have ".." in it, got "../other"
      hint: write names with "/" between them, from the root of the volume: "models/a.bin""
    `);
    expect(
      mistake(() => models.withMountOptions({ readonly: true } as object)),
    ).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_INVALID_MOUNT_OPTIONS
      withMountOptions() has no option "readonly"
      hint: write \`volume.withMountOptions({ readOnly: true, subPath: "models" })\`"
    `);
  });
});

describe("CloudBucketMount", () => {
  it("is a bucket with its prefix, and says how it is reached", () => {
    const secret = Secret.fromName("r2");
    const bucketEndpointUrl = "https://account.r2.example";
    const bucket = new CloudBucketMount({ bucketName: "corpus", bucketEndpointUrl, secret });

    expect(mountsOf({ "/corpus": bucket })).toEqual([
      {
        kind: "bucket",
        path: "/corpus",
        bucketName: "corpus",
        keyPrefix: "",
        endpointUrl: bucketEndpointUrl,
        secret: "r2",
        readOnly: false,
        requesterPays: false,
        forcePathStyle: true,
      },
    ]);
  });

  it("tells all mistakes in its options", () => {
    const options = {
      bucketName: "s3://corpus",
      keyPrefix: "/en",
      bucketEndpointUrl: "r2.example",
      requesterPays: true,
    };

    expect(mistake(() => new CloudBucketMount(options))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_SEVERAL_MISTAKES
      a CloudBucketMount has 4 mistakes
        \`bucketName\` of a CloudBucketMount must be the name of a bucket, got "s3://corpus"; write the name alone, without "s3://" (WINDLASS_INVALID_BUCKET_MOUNT)
        \`keyPrefix\` of a CloudBucketMount must end in "/" and not begin with it, got "/en"; write \`keyPrefix: "training/"\` (WINDLASS_INVALID_BUCKET_MOUNT)
        \`bucketEndpointUrl\` of a CloudBucketMount must be an http or https URL, got "r2.example"; write the endpoint of the service, without the bucket's name (WINDLASS_INVALID_BUCKET_MOUNT)
        \`requesterPays\` of a CloudBucketMount needs \`secret\`; say by \`secret\` who pays (WINDLASS_INVALID_BUCKET_MOUNT)
      hint: correct each of them"
    `);
  });

  it("has no path outside of containers", () => {
    const bucket = new CloudBucketMount({ bucketName: "corpus" });

    expect(mistake(() => bucket.path)).toMatchInlineSnapshot(`
      "ExecutionError WINDLASS_BUCKET_NOT_MOUNTED
      bucket "corpus" is not mounted in this process
      hint: name it in \`volumes\` of the function: \`{ "/corpus": mount }\`"
    `);
  });
});
