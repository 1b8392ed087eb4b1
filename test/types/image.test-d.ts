import { expectTypeOf, test } from "vitest";
import { App, type AppOptions, type FunctionOptions, Image, Secret } from "windlass";

test("options of an installer come after packages and lists of them", () => {
  const image = Image.debianSlim({ python: "3.12" });

  expectTypeOf(image.pipInstall("numpy", ["torch"], { pre: true })).toEqualTypeOf<Image>();
  expectTypeOf(image.uvPipInstall(["torch"], { uvVersion: "0.13.9" })).toEqualTypeOf<Image>();
  // @ts-expect-error: options are the last argument
  image.pipInstall({ pre: true }, "numpy");
  // @ts-expect-error: only uv has this option
  image.pipInstall("numpy", { uvVersion: "0.13.9" });
  // @ts-expect-error: apt has no options
  image.aptInstall("curl", { pre: true });
});

test("an image is made by its factories, and is the type of `image` of apps and functions", () => {
  // @ts-expect-error: the constructor is private
  new Image();

  expectTypeOf<AppOptions["image"]>().toEqualTypeOf<Image | undefined>();
  expectTypeOf<FunctionOptions["image"]>().toEqualTypeOf<Image | undefined>();
  // @ts-expect-error: a tag is no image
  new App("media", { image: "debian" });
});

test("options come last, after any number of packages", () => {
  const image = Image.debianSlim();
  const secrets = [Secret.fromName("hf")];
  expectTypeOf(
    image.aptInstall("a", ["b", "c"], { secrets, forceBuild: true }),
  ).toEqualTypeOf<Image>();
  expectTypeOf(image.runCommands("a", { env: { A: "1" } })).toEqualTypeOf<Image>();
  expectTypeOf(image.runFunction(async (name: string) => name)).toEqualTypeOf<Image>();
  expectTypeOf(image.imports<typeof import("node:os")>("node:os")).resolves.toHaveProperty("EOL");
  // @ts-expect-error: packages come before options
  image.aptInstall({ secrets }, "a");
  // @ts-expect-error: it needs the user of the token
  image.pipInstallPrivateRepos("github.com/a/b", { secrets });
});
