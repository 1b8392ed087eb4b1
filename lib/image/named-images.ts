import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "../call-site.ts";
import { NotFoundError } from "../errors.ts";
import { show } from "../options/show.ts";
import type { Violation } from "../options/violation.ts";
import { projectRoot } from "../python/source-file.ts";
import type { Beginning } from "./base.ts";

/** What a name of an image stood for, the last one last. */
type ImageRevisions = readonly { readonly tag: string; readonly at: string }[];

/** Revisions by `name:tag`. */
export type ImageNames = Readonly<Record<string, ImageRevisions>>;

const NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$/;

export function checkImageName(name: unknown, subject: string): Violation[] {
  if (typeof name === "string" && name.length <= 128 && NAME.test(name)) return [];
  return [
    {
      code: "WINDLASS_INVALID_IMAGE_NAME",
      message: `${subject} takes the name of an image, got ${show(name)}`,
      hint: 'write small letters and digits, and a tag if it matters: "base" or "base:v2"',
    },
  ];
}

/** `base` is `base:latest`. */
export function fullName(name: string): string {
  return name.includes(":") ? name : `${name}:latest`;
}

/** The file with the names of a project's images. */
export function namesFile(stateDirectory: string): string {
  return join(stateDirectory, "images", "names.json");
}

export function readNames(stateDirectory: string): ImageNames {
  try {
    return JSON.parse(readFileSync(namesFile(stateDirectory), "utf8")) as ImageNames;
  } catch {
    return {}; // Nothing was published.
  }
}

/** The image that has this name now. @throws NotFoundError */
export function namedImage(name: string, place: Place | undefined): Beginning {
  const root = projectRoot(place) ?? process.cwd();
  const names = readNames(join(root, ".windlass"));
  const tag = names[fullName(name)]?.at(-1)?.tag;
  if (tag !== undefined) return { tag, lines: [`FROM ${tag}`] };
  const known = Object.keys(names).sort().join(", ");
  throw new NotFoundError("WINDLASS_IMAGE_NOT_PUBLISHED", `there is no image "${fullName(name)}"`, {
    hint: `publish one with \`image.publish("${name}")\` or \`windlass image build --publish ${name}\`; there are: ${known || "none"}`,
  });
}
