import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { Image } from "./image.ts";

/** What lib/local provides; loaded on use, since it is most of the package. */
interface LocalModule {
  publish(image: Image, name: string): Promise<void>;
}

/** Builds an image on this machine and names it. */
export async function publishImage(image: Image, name: string): Promise<void> {
  // A computed specifier: a static one would make the DSL's project depend on the engine's.
  const file = createRequire(import.meta.url).resolve("windlass/local");
  const local = (await import(pathToFileURL(file).href)) as LocalModule; // lib/local/start.ts of this package.
  await local.publish(image, name);
}
