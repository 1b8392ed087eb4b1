import { expectTypeOf, test } from "vitest";
import { App, type AppOptions, type FunctionOptions, Image } from "windlass";

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
