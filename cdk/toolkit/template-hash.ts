import { createRequire } from "node:module";
import { readOwnPackage } from "../../lib/local/bundle/own-package.ts";
import { imageContextHash } from "../../lib/local/images/context.ts";
import { sha256 } from "../../lib/sha256.ts";
import type { AppSpec } from "../../lib/spec.ts";
import type { WebDomain } from "../app/web/web-domain.ts";

/**
 * All that an app's template is made from, apart from its code. Who builds an image is not among it: it is the same image
 * afterwards, and a change of code must not update the stack because it comes from another machine.
 */
export interface TemplateInputs {
  /** The spec's text, the hashes of images in it. */
  readonly spec: string;
  readonly environment: string;
  /** URIs that were given for images. */
  readonly images: Readonly<Record<string, string>>;
  readonly shards: number | undefined;
  /** The domain of functions that answer HTTP requests; `false`: they have none, and no URL. */
  readonly web: WebDomain | false | undefined;
}

/** Equal for equal templates: tells a change of code from others without making the template. */
export function templateHash(inputs: TemplateInputs): string {
  const { spec, environment, images, shards = 0, web } = inputs;
  // Written by `specText`.
  const uris = (JSON.parse(spec) as AppSpec).images.map(
    (image) => images[image.hash] ?? imageContextHash(image),
  );
  const made = [readOwnPackage().version, cdkVersion()];
  return sha256(JSON.stringify([spec, environment, uris, shards, web ?? null, made]));
}

function cdkVersion(): string {
  const load = createRequire(import.meta.url);
  return (load("aws-cdk-lib/package.json") as { readonly version: string }).version;
}
