import { isImage } from "../image/brand.ts";
import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

export function checkImage(value: unknown, subject: string): Violation[] {
  if (isImage(value)) return [];
  const message = `${subject} must be an Image, got ${show(value)}`;
  const hint = 'write for instance `Image.debianSlim().aptInstall("ffmpeg")`';
  return [{ code: "WINDLASS_INVALID_IMAGE", message, hint }];
}
