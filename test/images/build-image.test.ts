import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { App, Image, resolveSpec, Secret } from "windlass";
import { buildImage, imageTag } from "../../lib/local/images/build-image.ts";
import { keepsZstd } from "../../lib/local/images/docker.ts";
import { listImages } from "../../lib/local/images/list-images.ts";
import type { ImageSpec } from "../../lib/spec.ts";
import { rejection } from "../dsl/mistake.ts";
import { fakeDocker } from "./fake-docker.ts";

const PLUGIN = { "buildx version": [0], version: [0, "28.1.0 28.1.0"] } as const;
const OLD = { "buildx version": [1], version: [0, "20.10.24 20.10.24"] } as const;
const WITHOUT = { "buildx version": [1], version: [0, "28.1.0 28.1.0"] } as const;
const ABSENT = { "image inspect": [1, "No such image"] } as const;

function specOf(image: Image): ImageSpec {
  const app = new App("media", { image });
  app.function("f", () => 1);
  const [spec] = resolveSpec(app).images;
  if (spec === undefined) throw new RangeError("an app has an image");
  return spec;
}

const inputs = { readSecret: () => ({ TOKEN: "it's" }), code: undefined };

test("an image that is there is not built", async () => {
  const image = specOf(Image.debianSlim());
  const docker = fakeDocker({ ...PLUGIN, "image inspect": [0, "sha256:1"] });

  const built = await buildImage({ ...inputs, image });

  expect(built).toEqual({ tag: imageTag(image), steps: { total: 0, run: 0 } });
  expect(docker.calls.some(({ args }) => args[0] === "build")).toBe(false);
});

test("one that is forced is built all the same, every step", async () => {
  const image = specOf(Image.debianSlim());
  const docker = fakeDocker({ ...PLUGIN, build: [0] });

  await buildImage({ ...inputs, image, isForced: true });

  const args = docker.calls.find((call) => call.args[0] === "build")?.args ?? [];
  expect(args.slice(0, -1)).toEqual([
    ...["build", "--progress", "plain", "--load", "--platform", "linux/amd64"],
    ...["--tag", imageTag(image), "--label", `windlass.image=${image.hash}`],
    ...["--label", "windlass.base=debian:bookworm-slim", "--no-cache"],
  ]);
});

test("steps of BuildKit are counted, and those in its cache", async () => {
  const image = specOf(Image.debianSlim().runCommands("one", "two"));
  const said = [
    "#4 [1/3] FROM docker.io/library/debian:bookworm-slim",
    "#5 [stage-0 2/3] RUN one",
    "#5 CACHED",
    "#6 [stage-0 3/3] RUN two",
    "#6 DONE 0.3s",
  ].join("\n");
  fakeDocker({ ...OLD, ...ABSENT, build: [0, said] });
  const begun: string[] = [];

  const { steps } = await buildImage({ ...inputs, image, onStep: (one) => begun.push(one) });

  expect(steps).toEqual({ total: 2, run: 1 });
  expect(begun).toContain("RUN two");
});

test("a Docker without BuildKit builds without caches, and counts too", async () => {
  const image = specOf(Image.debianSlim().aptInstall("curl"));
  const said = "Step 1/2 : FROM debian\nStep 2/2 : RUN apt\n ---> Using cache\nStep 3/3 : RUN b";
  const docker = fakeDocker({ ...WITHOUT, ...ABSENT, build: [0, said] });

  const { steps } = await buildImage({ ...inputs, image });

  const { Dockerfile = "" } = docker.filesOf("build");
  expect(Dockerfile).not.toContain("--mount");
  expect(Dockerfile).toContain(' curl && rm -rf /var/cache/windlass"]');
  expect(docker.calls.find(({ args }) => args[0] === "build")?.buildKit).toBe("0");
  expect(steps).toEqual({ total: 2, run: 1 });
});

test("it cannot build with secrets", async () => {
  const image = specOf(Image.debianSlim().runCommands("x", { secrets: [Secret.fromName("hf")] }));
  fakeDocker({ ...WITHOUT, ...ABSENT });

  expect(await rejection(buildImage({ ...inputs, image }))).toMatchInlineSnapshot(`
    "WindlassError WINDLASS_NO_BUILDKIT
    images are built with BuildKit, which this Docker does not have
    hint: install the plugin buildx of Docker, or Docker 23 or newer with it"
  `);
});

test("secrets are files that a build alone has, as commands of a shell", async () => {
  const secrets = [Secret.fromName("hf"), Secret.fromDict({ A: "x y", B: "" })];
  const image = specOf(Image.debianSlim().runCommands("x", { secrets }));
  const docker = fakeDocker({ ...OLD, ...ABSENT, build: [0] });

  await buildImage({ ...inputs, image });

  const { hf, "inline-0": inline, Dockerfile } = docker.filesOf("build");
  expect(hf).toBe("export TOKEN='it'\\''s'\n");
  expect(inline).toBe("export A='x y'\nexport B=''\n");
  expect(Dockerfile).not.toContain("x y");
  expect(docker.calls.find(({ args }) => args[0] === "build")?.buildKit).toBe("1");
});

test("an entrypoint of the user runs the agent, and images for GPUs say what they need of the driver", async () => {
  const app = new App("media", { image: Image.debianSlim().entrypoint(["/init"]) });
  app.function("f", { gpu: "L4" }, () => 1);
  const [image] = resolveSpec(app).images;
  const docker = fakeDocker({ ...PLUGIN, ...ABSENT, build: [0] });

  await buildImage({ ...inputs, image: image as ImageSpec });

  const { Dockerfile = "" } = docker.filesOf("build");
  expect(Dockerfile).toContain(
    'ENTRYPOINT ["/init","/opt/windlass/node","/opt/windlass/agent-aws.mjs"]',
  );
  expect(Dockerfile).toContain('ENV NVIDIA_DRIVER_CAPABILITIES="compute,utility,video"');
});

test("a base of a registry with a password is pulled by it, and the password is in no argument", async () => {
  const image = specOf(
    Image.fromRegistry("ghcr.io/team/base:v3", {
      secret: Secret.fromDict({ REGISTRY_USERNAME: "ada", REGISTRY_PASSWORD: "sesame" }),
    }),
  );
  const docker = fakeDocker({ ...PLUGIN, ...ABSENT, "--config": [0], build: [0] });

  await buildImage({ ...inputs, image });

  const auth = Buffer.from("ada:sesame").toString("base64");
  expect(JSON.parse(docker.filesOf("--config")["config.json"] ?? "")).toEqual({
    auths: { "ghcr.io": { auth } },
  });
  const pull = docker.calls.find(({ args }) => args[0] === "--config")?.args.slice(2);
  expect(pull).toEqual(["pull", "--platform", "linux/amd64", "ghcr.io/team/base:v3"]);
  expect(JSON.stringify(docker.calls.map(({ args }) => args))).not.toContain("sesame");
});

test("a base of Google's registry is pulled by the key of a service account", async () => {
  const secret = Secret.fromDict({ SERVICE_ACCOUNT_JSON: '{"a":1}' });
  const image = specOf(Image.fromGcpArtifactRegistry("gcr.io/p/base:v3", { secret }));
  const docker = fakeDocker({ ...PLUGIN, ...ABSENT, "--config": [0], build: [0] });

  await buildImage({ ...inputs, image });

  const { auths } = JSON.parse(docker.filesOf("--config")["config.json"] ?? "");
  expect(Buffer.from(auths["gcr.io"].auth, "base64").toString()).toBe('_json_key:{"a":1}');
});

test("a base of ECR is pulled by a token of it", async () => {
  const authorizationToken = Buffer.from("AWS:token").toString("base64");
  const server = createServer((_, response) => {
    response.setHeader("content-type", "application/x-amz-json-1.1");
    response.end(JSON.stringify({ authorizationData: [{ authorizationToken }] }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
  const secret = Secret.fromDict({ AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" });
  const image = specOf(Image.fromAwsEcr(`${host}/team/base:v3`, { secret }));
  const docker = fakeDocker({ ...PLUGIN, ...ABSENT, "--config": [0], build: [0] });
  vi.stubEnv("AWS_ENDPOINT_URL_ECR", `http://127.0.0.1:${port}`);

  await buildImage({ ...inputs, image });

  const { auths } = JSON.parse(docker.filesOf("--config")["config.json"] ?? "");
  expect(Buffer.from(auths[host].auth, "base64").toString()).toBe("AWS:token");
});

test("what stands in the way of a build is told", async () => {
  const plain = specOf(Image.debianSlim());
  const secret = Secret.fromDict({ REGISTRY_USERNAME: "ada" });
  const registry = specOf(Image.fromRegistry("ghcr.io/team/base:v3", { secret }));
  const elsewhere = { ...specOf(Image.debianSlim().runCommands("x")), hash: "0".repeat(64) };
  const inline = { ...elsewhere, secrets: [{ id: "inline-0", name: null }] };
  const files = { ...elsewhere, files: [{ hash: "1".repeat(64), path: "assets" }] };
  const tell = async (answers: object, image: ImageSpec): Promise<string> => {
    fakeDocker({ ...PLUGIN, ...ABSENT, ...answers });
    return await rejection(buildImage({ ...inputs, image }));
  };

  const told = [
    await tell({ version: [1, "Cannot connect to the Docker daemon"] }, plain),
    await tell({ build: [1, "no such model\nexit code: 3"] }, plain),
    await tell({}, registry),
    await tell({}, inline),
    await tell({}, files),
    await tell({}, { ...plain, runsCode: true }),
  ];

  expect(told.join("\n\n")).toMatchInlineSnapshot(`
    "ExecutionError WINDLASS_NO_DOCKER
    Docker does not answer: Cannot connect to the Docker daemon
    hint: install or start Docker

    WindlassError WINDLASS_IMAGE_NOT_BUILT
    an image could not be built:
      no such model
      exit code: 3
    hint: look at the last command above; \`windlass image build --print\` prints the Dockerfile of each image

    InvalidError WINDLASS_REGISTRY_SECRET
    the secret with the credentials for "ghcr.io/team/base:v3" has no REGISTRY_PASSWORD
    hint: set it: \`windlass secret create <name> REGISTRY_PASSWORD=…\`

    ExecutionError WINDLASS_BUILD_SECRET_UNKNOWN
    an image has a secret whose values are in code, which only a process that has loaded its module can read
    hint: give the App itself, not an AppSpec that was written elsewhere

    ExecutionError WINDLASS_IMAGE_FILES_UNKNOWN
    an image copies "assets", which only a process that has loaded its module can find
    hint: give the App itself, not an AppSpec that was written elsewhere

    ExecutionError WINDLASS_BUILD_CODE_UNKNOWN
    an image runs a function of its module, and is built without the module
    hint: build it with \`windlass image build <file>\`, or deploy its app"
  `);
});

test("images of this machine are listed, the last one first", async () => {
  const of = (hash: string, Created: string): object => ({
    ...{ Created, Size: 1000, RepoTags: [`windlass-image:${hash}`, "other:1"] },
    Config: { Labels: { "windlass.image": hash, "windlass.base": "debian" } },
  });
  const inspected = JSON.stringify([
    of("a", "2026-01-01T00:00:00Z"),
    of("b", "2026-02-01T00:00:00.123Z"),
  ]);
  fakeDocker({ ...PLUGIN, "image ls": [0, "sha256:1\nsha256:2"], "image inspect": [0, inspected] });

  const images = await listImages();

  expect(images.map(({ hash }) => hash)).toEqual(["b", "a"]);
  expect(images[1]).toEqual({
    ...{ hash: "a", base: "debian", tag: "windlass-image:a", bytes: 1000 },
    createdAt: "2026-01-01T00:00:00.000Z",
  });
});

test.each([
  [{ ...PLUGIN, info: [0, '[["driver-type","io.containerd.snapshotter.v1"]]'] }, true],
  [{ ...PLUGIN, info: [0, '[["Backing Filesystem","extfs"]]'] }, false],
  [{ ...PLUGIN, info: [1, "no daemon"] }, false],
] as const)(
  "a Docker keeps layers by zstd where its store is that of containerd (%#)",
  async (answers, expected) => {
    fakeDocker(answers);

    expect(await keepsZstd()).toBe(expected);
  },
);
