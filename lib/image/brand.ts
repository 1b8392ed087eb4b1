import type { Image } from "./image.ts";

/** What images are known by, whichever copy of this package has made them. */
export const IMAGE_BRAND: symbol = Symbol.for("windlass.image");

/** True for an Image. Apart from the class: programs that only call deployed apps need none of it. */
export function isImage(value: unknown): value is Image {
  return typeof value === "object" && value !== null && IMAGE_BRAND in value;
}
