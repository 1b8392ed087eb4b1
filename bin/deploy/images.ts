import type { ImageSpec } from "../../lib/spec.ts";
import { UsageError } from "../usage-error.ts";

/** URIs by hash of the image. */
export type ImageUris = Readonly<Record<string, string>>;

/** Digits of a hash that tell images apart for people. */
export const SHORT_HASH = 12;

/**
 * URIs of images that were built elsewhere. Reads `--image <hash>=<uri>` and the variable WINDLASS_IMAGES, a list of
 * the same with commas. The start of a hash does, of 12 digits or more.
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
