import type { Image } from "../../image/image.ts";
import { toImageSpec } from "../../image/image-spec.ts";
import { fullName, namesFile, readNames } from "../../image/named-images.ts";
import { writeAtomically } from "../bundle/files.ts";
import { ensureStateDirectory, projectRootOf } from "../project.ts";
import { readLocalSecret } from "../storage/local-secrets.ts";
import { buildImage } from "./build-image.ts";

/** Builds an image and names it, in the project that this process works in. */
export async function publish(image: Image, name: string): Promise<void> {
  const root = projectRootOf(process.cwd());
  const stateDirectory = ensureStateDirectory(root);
  const { tag } = await buildImage({
    image: toImageSpec(image, { root, gpu: false }),
    readSecret: (secret) => readLocalSecret(stateDirectory, secret),
    code: undefined,
  });
  nameImage(stateDirectory, { name, tag, at: new Date().toISOString() });
}

/** From now on this name stands for the image with this tag. */
export function nameImage(
  stateDirectory: string,
  { name, tag, at }: { readonly name: string; readonly tag: string; readonly at: string },
): void {
  const names = readNames(stateDirectory);
  const revisions = names[fullName(name)] ?? [];
  if (revisions.at(-1)?.tag === tag) return;
  const all = { ...names, [fullName(name)]: [...revisions, { tag, at }] };
  writeAtomically(namesFile(stateDirectory), `${JSON.stringify(all, undefined, 2)}\n`);
}
