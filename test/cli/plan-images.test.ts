import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { App, Image, resolveSpec } from "windlass";
import { type ImageRequest, planImages } from "../../bin/deploy/plan-images.ts";
import { imageContextHash } from "../../lib/local/images/context.ts";
import type { ImageSpec } from "../../lib/spec.ts";
import { MemoryTable } from "../aws/memory-table.ts";

const REGISTRY = "111122223333.dkr.ecr.us-east-1.amazonaws.com";

const app = new App("media");
for (const name of ["ffmpeg", "sox"]) {
  app.function(name, { image: Image.debianSlim().aptInstall(name) }, () => 1);
}
const spec = resolveSpec(app);
const [ffmpeg, sox] = spec.images as [ImageSpec, ImageSpec];

const said: string[] = [];
const steps = {
  done: (text: string) => said.push(text),
  progress: unexpected,
  notice: unexpected,
  detail: unexpected,
  lines: unexpected,
};

beforeEach(() => {
  said.length = 0;
  vi.stubEnv("CDK_DOCKER", "/nonexistent/docker");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

function unexpected(): never {
  throw new RangeError("nothing else is said or asked");
}

/** Deployments of apps by name, each with the URIs of its images. */
async function planned(
  request: Partial<ImageRequest>,
  deployments: Readonly<Record<string, readonly string[]>> = {},
) {
  const rows = new MemoryTable().port(async () => {});
  for (const name of Object.keys(deployments)) {
    const key = { pk: `${name}#deployment`, sk: "current" };
    await rows.put(key, { manifestKey: name }, 0);
  }
  const ports = {
    rows,
    objects: {
      put: unexpected,
      get: async (name: string) => {
        const uris = deployments[name] ?? unexpected();
        const functions = uris.map((uri) => [uri, { taskDefinition: uri }]);
        return JSON.stringify({ functions: Object.fromEntries(functions) });
      },
    },
    imageOf: async (taskDefinition: string) => taskDefinition,
  };
  return await planImages({
    ...{ spec, images: {}, builder: undefined, lender: undefined, ports, steps },
    ...request,
  });
}

const shortOf = ({ hash }: ImageSpec) => hash.slice(0, 12);
const inBootstrap = (image: ImageSpec) =>
  `${REGISTRY}/cdk-hnb659fds-container-assets-111122223333-us-east-1:${imageContextHash(image)}`;
const builtBefore = (image: ImageSpec) =>
  `${REGISTRY}/windlass-media-repository-1:${imageContextHash(image)}`;

test("Docker builds where it answers, and nothing is said", async () => {
  vi.stubEnv("CDK_DOCKER", "true");

  expect(await planned({})).toEqual({ images: {}, missingImages: "build" });
  expect(said).toEqual([]);
});

test("CodeBuild builds where there is no Docker, which is said", async () => {
  expect(await planned({})).toEqual({ images: {}, missingImages: "codebuild" });
  expect(said).toEqual([
    `no Docker here: images ${shortOf(ffmpeg)}, ${shortOf(sox)} are built by CodeBuild`,
  ]);
});

test("CodeBuild builds for processors that this machine has not, Docker or not", async () => {
  vi.stubEnv("CDK_DOCKER", "true");
  // The DSL offers no other platform yet.
  const foreign = { ...ffmpeg, platform: "linux/s390x" } as unknown as ImageSpec;

  const { missingImages } = await planned({ spec: { ...spec, images: [foreign] } });

  expect(missingImages).toBe("codebuild");
  expect(said).toEqual([
    `this machine is not linux/s390x: image ${shortOf(ffmpeg)} is built by CodeBuild`,
  ]);
});

test("who is asked for builds", async () => {
  expect((await planned({ builder: "docker" })).missingImages).toBe("build");
  expect(said).toEqual([]);
  vi.stubEnv("CDK_DOCKER", "true");
  expect((await planned({ builder: "codebuild" })).missingImages).toBe("codebuild");
  expect(said).toEqual([expect.stringMatching(/^as asked: images .* are built by CodeBuild$/)]);
});

test("images that were given are not built", async () => {
  const images = { [ffmpeg.hash]: "a:1", [sox.hash]: "b:1" };

  expect(await planned({ images })).toEqual({ images, missingImages: "build" });
  expect(said).toEqual([]);
});

test("an image that Docker has built for the app is used as it is", async () => {
  const plan = await planned({}, { media: [inBootstrap(ffmpeg), "python:3.12"] });

  expect(plan).toEqual({
    images: { [ffmpeg.hash]: inBootstrap(ffmpeg) },
    missingImages: "codebuild",
  });
  expect(said).toEqual([`no Docker here: image ${shortOf(sox)} is built by CodeBuild`]);
});

test("an image that CodeBuild has built for the app stays with it, and is not built again", async () => {
  const plan = await planned({}, { media: [builtBefore(ffmpeg), builtBefore(sox)] });

  expect(plan).toEqual({ images: {}, missingImages: "codebuild" });
  expect(said).toEqual([]);
});

test("a run takes the images of the deployed app", async () => {
  const run = { ...spec, name: "media-run-01234567" };

  const plan = await planned({ spec: run, lender: "media" }, { media: [builtBefore(ffmpeg)] });

  expect(plan.images).toEqual({ [ffmpeg.hash]: builtBefore(ffmpeg) });
  expect(said).toEqual([`no Docker here: image ${shortOf(sox)} is built by CodeBuild`]);
});
