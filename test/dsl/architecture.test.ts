import { expect, test } from "vitest";
import { App, Image, resolveSpec } from "windlass";
import { needsOf } from "../../lib/scheduling/fit.ts";
import { mistake } from "./mistake.ts";

test("an image is for amd64 unless it says otherwise, and is another for each", () => {
  const images = [Image.debianSlim(), Image.debianSlim({ architecture: "arm64" })];

  expect(images.map(({ platform }) => platform)).toEqual(["linux/amd64", "linux/arm64"]);
  expect(Image.debianSlim({ architecture: "amd64" }).hash).toBe(images[0]?.hash);
  expect(new Set(images.map(({ hash }) => hash)).size).toBe(2);
});

test("steps keep the architecture of their base", () => {
  const built = [
    Image.debianSlim({ python: "3.12", node: "24", architecture: "arm64" }).aptInstall("curl"),
    Image.fromRegistry("ubuntu:24.04", { architecture: "arm64" }).npmInstall("left-pad"),
  ];

  for (const { platform } of built) expect(platform).toBe("linux/arm64");
});

test("functions and their hosts are of the architecture of their image", () => {
  const app = new App("media", { image: Image.debianSlim({ architecture: "arm64" }) });
  app.function("resize", () => 1);
  app.function("crop", { image: Image.debianSlim() }, () => 1);

  const spec = resolveSpec(app);

  expect(spec.functions.map(({ name, architecture }) => [name, architecture])).toEqual([
    ["crop", "amd64"],
    ["resize", "arm64"],
  ]);
  expect(spec.functions.map((fn) => needsOf(fn).architecture)).toEqual(["amd64", "arm64"]);
});

test("another processor is refused", () => {
  expect(
    mistake(() => Image.debianSlim({ architecture: "x86_64" as never })),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_ARCHITECTURE
    \`architecture\` of debianSlim() must be "amd64" or "arm64", got "x86_64"
    hint: leave it out for "amd64"; Graviton hosts are "arm64""
  `);
  expect(
    mistake(() => Image.fromRegistry("base", { architecture: 64 as never })),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_ARCHITECTURE
    \`architecture\` of fromRegistry() must be "amd64" or "arm64", got 64
    hint: leave it out for "amd64"; Graviton hosts are "arm64""
  `);
  expect(
    mistake(() => Image.fromRegistry("base", { arch: "arm64" } as object)),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_OPTION_RENAMED
    \`arch\` is not an option of fromRegistry(): it is \`architecture\`
    hint: use \`architecture\` instead"
  `);
});

test("a GPU on arm64 is refused, whether the image is the function's or the App's", () => {
  const image = Image.debianSlim({ architecture: "arm64" });
  const own = new App("media");
  own.function("embed", { gpu: "L4", image }, () => 1);
  const ofApp = new App("media", { image });
  ofApp.cls(
    "Llm",
    { gpu: "L4" },
    class {
      run() {}
    },
  );

  expect(mistake(() => resolveSpec(own))).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_GPU_ARCHITECTURE
    \`gpu\` of function "embed" does not go with its image, which is for arm64: hosts with GPUs are amd64
    hint: give it an image without \`architecture\`"
  `);
  expect(mistake(() => resolveSpec(ofApp))).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_GPU_ARCHITECTURE
    \`gpu\` of class "Llm" does not go with its image, which is for arm64: hosts with GPUs are amd64
    hint: give it an image without \`architecture\`"
  `);
});
