import { DEFAULT_IMAGE } from "../image/default-image.ts";
import type { AppSpec } from "../spec.ts";

const MAX_NAMES = 5;

/** What to tell the user of images, which are not built here; undefined if all are the default one. */
export function ignoredImagesNotice(spec: AppSpec): string | undefined {
  const names = spec.functions
    .filter(({ image, python }) => python === null && image !== DEFAULT_IMAGE.hash)
    .map(({ name }) => `"${name}"`);
  if (names.length === 0) return undefined;
  const shown = names.slice(0, MAX_NAMES).join(", ");
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : "";
  return `images are not built on this machine: ${shown}${more} will find what is installed here`;
}
