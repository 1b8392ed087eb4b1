import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { App as CdkApp, Stage } from "aws-cdk-lib";
import { afterAll, expect, it } from "vitest";
import { App, Image, isWindlassError, resolveSpec, Secret } from "windlass";
import { withBuildSecrets } from "../../bin/deploy/build-secrets.ts";
import { tempProject } from "../bundle/temp-project.ts";
import { fakeDocker } from "../images/fake-docker.ts";
import { appStack } from "./synth.ts";

const assemblies = tempProject({}, afterAll);
let count = 0;

function media(image: Image): App {
  const app = new App("media", { image });
  app.function("resize", () => 1);
  return app;
}

/** How Docker is to build the only image of an app. */
function assetOf(
  app: App,
  context: Readonly<Record<string, unknown>> = {},
): { readonly source: Record<string, unknown>; readonly files: readonly string[] } {
  count += 1;
  const scope = new CdkApp({ outdir: join(assemblies, String(count)), context });
  const stack = appStack({ app }, scope);
  const { directory } = scope.synth();
  const [name = ""] = readdirSync(directory).filter((file) => file.endsWith(".assets.json"));
  const { dockerImages } = JSON.parse(readFileSync(join(directory, name), "utf8"));
  const [{ source }] = Object.values(dockerImages) as [{ source: Record<string, unknown> }];
  const folder = join(Stage.of(stack)?.outdir ?? "", String(source["directory"]));
  return { source, files: readdirSync(folder) };
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isWindlassError(error)) return error.code;
    throw error;
  }
  return "none";
}

it("builds with the secrets that whoever deploys has made ready, and is the same image with others", () => {
  const secrets = [Secret.fromName("hf"), Secret.fromDict({ A: "1" })];
  const app = media(Image.debianSlim().runCommands("x", { secrets }));
  const { hash } = resolveSpec(app).images[0] ?? {};

  const { source } = assetOf(app, {
    "windlass:build-secrets": { [String(hash)]: { hf: "/tmp/hf", "inline-0": "/tmp/0" } },
  });

  expect(source["dockerBuildSecrets"]).toEqual({ hf: "src=/tmp/hf", "inline-0": "src=/tmp/0" });
  expect(codeOf(() => assetOf(app))).toBe("WINDLASS_BUILD_SECRETS");
});

it("gives a function that runs in the build the code of the app, beside the Dockerfile", () => {
  function download(): void {}

  const { source, files } = assetOf(media(Image.debianSlim().runFunction(download)));

  expect(source["dockerBuildSecrets"]).toEqual({ "windlass-code-0": "src=windlass-code-0" });
  expect(files).toContain("windlass-code-0");
});

it("compresses layers by zstd where Docker keeps them so", () => {
  const app = media(Image.debianSlim().runCommands("x"));

  const plain = assetOf(app).source;
  const zstd = assetOf(app, { "windlass:zstd-layers": true }).source;

  expect(plain["dockerOutputs"]).toBeUndefined();
  expect(zstd["dockerOutputs"]).toEqual([expect.stringContaining("compression=zstd")]);
});

it("leaves what needs this machine to Docker", () => {
  const codes = [
    Image.debianSlim().runCommands("x", { secrets: [Secret.fromName("hf")] }),
    Image.debianSlim().runFunction(function download() {}),
    Image.fromRegistry("ghcr.io/a/b", { secret: Secret.fromName("ghcr") }),
  ].map((image) => codeOf(() => appStack({ app: media(image), missingImages: "codebuild" })));

  expect(new Set(codes)).toEqual(new Set(["WINDLASS_NOT_FOR_CODEBUILD"]));
});

it("has files with secrets for as long as a deployment takes", async () => {
  const image = Image.fromRegistry("ghcr.io/team/base:v3", { secret: Secret.fromName("ghcr") });
  const app = media(image.runCommands("x", { secrets: [Secret.fromName("hf")] }));
  const { images } = resolveSpec(app);
  const values = { TOKEN: "1", REGISTRY_USERNAME: "a", REGISTRY_PASSWORD: "b" };
  const docker = fakeDocker({ "image inspect": [1], "--config": [0] });
  let file = "";

  const text = await withBuildSecrets(images, { readSecret: () => values }, async (files) => {
    file = files[images[0]?.hash ?? ""]?.["hf"] ?? "";
    return readFileSync(file, "utf8");
  });

  expect(text).toContain("export TOKEN=1\n");
  expect(() => readFileSync(file)).toThrow("ENOENT");
  expect(docker.filesOf("--config")["config.json"]).toContain("ghcr.io");
});
