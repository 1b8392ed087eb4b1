import { bundleApp } from "../../lib/local/bundle.ts";
import type { BuildInputs } from "../../lib/local/images/build-inputs.ts";
import { readLocalSecret } from "../../lib/local/storage/local-secrets.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import type { AppSpec, ImageSpec } from "../../lib/spec.ts";
import { SHORT_HASH } from "../deploy/images.ts";
import { type LoadedApp, loadApp } from "../load-app.ts";
import { UsageError } from "../usage-error.ts";

/** An image of an app, and the functions that have it. */
export interface AppImage {
  readonly image: ImageSpec;
  readonly functions: readonly string[];
}

/** The images of an app's module: all, or those of the functions with these names, or with hashes that begin so. */
export async function imagesOf(
  file: string,
  names: readonly string[],
): Promise<{ readonly loaded: LoadedApp; readonly images: readonly AppImage[] }> {
  const loaded = await loadApp(file);
  const spec = resolveSpec(loaded.app);
  const all = spec.images.map((image) => ({ image, functions: functionsOf(spec, image) }));
  const unknown = names.find((name) => !all.some((one) => isNamed(one, name)));
  if (unknown !== undefined) throw unknownImage(unknown, all);
  const images = all.filter(
    (one) => names.length === 0 || names.some((name) => isNamed(one, name)),
  );
  return { loaded, images };
}

/** What builds on this machine are given: its secrets, and the code of the app where images run functions of it. */
export async function buildInputs(
  { project }: LoadedApp,
  file: string,
  images: readonly AppImage[],
): Promise<BuildInputs> {
  const runsCode = images.some(({ image }) => image.runsCode);
  const bundle = runsCode
    ? await bundleApp([file], project.root, { isForDeployment: true })
    : undefined;
  return {
    readSecret: (name) => readLocalSecret(project.stateDirectory, name),
    code: bundle?.file,
  };
}

/** `image 0123456789ab of resize, crop`. */
export function imageText({ image, functions }: AppImage): string {
  return `image ${image.hash.slice(0, SHORT_HASH)} of ${functions.join(", ")}`;
}

function functionsOf({ functions }: AppSpec, { hash }: ImageSpec): string[] {
  return functions.filter(({ image }) => image === hash).map(({ name }) => name);
}

function isNamed({ image, functions }: AppImage, name: string): boolean {
  const isHash = name.length >= SHORT_HASH && image.hash.startsWith(name);
  return isHash || functions.includes(name);
}

function unknownImage(name: string, all: readonly AppImage[]): UsageError {
  return new UsageError(
    "WINDLASS_UNKNOWN_IMAGE",
    `the app has no function "${name}", and no image whose hash begins so`,
    { hint: `it has ${all.map(imageText).join("; ") || "no images"}` },
  );
}
