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
    const mounts = mountsOf({ "/data": models }, { "/data": data, "/logs": Volume.fromName("logs") });

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
    ).toMatchInlineSnapshot();
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

    expect(optionMistakes({ volumes })).toMatchInlineSnapshot();
  });

  it("take nothing but volumes and buckets, each volume once", () => {
    expect(
      optionMistakes(
        { volumes: data },
        { volumes: ["/data"] },
        { volumes: { "/data": Dict.fromName("d"), "/x": "data" } },
        { volumes: { "/a": data, "/b": data.withMountOptions({ readOnly: true }) } },
      ),
    ).toMatchInlineSnapshot();
  });

  it("of the App and a function are held against each other", () => {
    expect(mistake(() => mountsOf({ "/data/inner": models }, { "/data": data }))).toMatchInlineSnapshot();
  });

  it("refuse mount options that are none", () => {
    expect(mistake(() => models.withMountOptions({ subPath: "../other" }))).toMatchInlineSnapshot();
    expect(mistake(() => models.withMountOptions({ readonly: true } as object))).toMatchInlineSnapshot();
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

    expect(mistake(() => new CloudBucketMount(options))).toMatchInlineSnapshot();
  });

  it("has no path outside of containers", () => {
    const bucket = new CloudBucketMount({ bucketName: "corpus" });

    expect(mistake(() => bucket.path)).toMatchInlineSnapshot();
  });
});
