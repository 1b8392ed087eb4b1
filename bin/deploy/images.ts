import { NotFoundError } from "../../lib/errors.ts";
import type { ImageSpec } from "../../lib/spec.ts";
import { UsageError } from "../usage-error.ts";

/** URIs by hash of the image. */
export type ImageUris = Readonly<Record<string, string>>;

/** Digits of a hash that tell images apart for people. */
const SHORT_HASH = 12;

/**
 * Reads `--image <hash>=<uri>` and the variable WINDLASS_IMAGES, a list of the same with commas. The start of a hash
 * does, of 12 digits or more.
 *
 * @throws UsageError for what names no image of the app
 */
export function givenImages(images: readonly ImageSpec[], flags: readonly string[]): ImageUris {
  const variable = process.env["WINDLASS_IMAGES"] ?? "";
  const entries = [...variable.split(",").filter((entry) => entry !== ""), ...flags];
  return Object.fromEntries(entries.map((entry) => toGiven(images, entry)));
}

function toGiven(images: readonly ImageSpec[], entry: string): [hash: string, uri: string] {
  const [, start = "", uri = ""] = /^([^=]*)=(.+)$/.exec(entry) ?? [];
  const image = images.find(({ hash }) => hash.startsWith(start));
  if (image !== undefined && start.length >= SHORT_HASH) return [image.hash, uri];
  throw new UsageError(
    "WINDLASS_UNKNOWN_IMAGE",
    `\`--image\` must be <hash>=<uri> with the hash of an image of the app, got "${entry}"`,
    { hint: "`windlass spec` prints the app's images with their hashes" },
  );
}

/** A URI for each image of an app. @throws NotFoundError when one was neither given nor built */
export function imageUris(images: readonly ImageSpec[], given: ImageUris): ImageUris {
  const missing = images.filter(({ hash }) => given[hash] === undefined);
  const [first] = missing;
  if (first === undefined) return given;
  const short = first.hash.slice(0, SHORT_HASH);
  throw new NotFoundError(
    "WINDLASS_IMAGE_NOT_BUILT",
    `the image ${short} on ${first.base} is not built, and its functions cannot start without it`,
    { hint: `build and push it, then pass \`--image ${short}=<uri>\`` },
  );
}
