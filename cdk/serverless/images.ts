import type { App } from "../../lib/app.ts";
import { InvalidError } from "../../lib/errors.ts";
import { showList } from "../../lib/options/show.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import type { Template } from "./serverless.ts";

/**
 * URIs of the apps' images by hash: those that serverless.yml gives.
 *
 * @throws InvalidError when it gives one that no function has
 */
export function imageUris(
  apps: readonly App[],
  given: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const known = new Set(apps.flatMap((app) => resolveSpec(app).images.map(({ hash }) => hash)));
  const unknown = Object.keys(given).find((hash) => !known.has(hash));
  if (unknown === undefined) return given;
  throw new InvalidError(
    "WINDLASS_IMAGE_UNKNOWN",
    `\`windlass.images\` names the image "${unknown}", which no function has`,
    { hint: `the images are ${showList([...known], "and")}; \`windlass spec\` prints them` },
  );
}

/**
 * Looks for images that are neither in serverless.yml nor given as parameters.
 *
 * @throws InvalidError when there are any
 */
export function checkImages(
  template: Template,
  parameters: readonly { readonly ParameterKey: string }[] = [],
): void {
  const given = new Set(parameters.map(({ ParameterKey }) => ParameterKey));
  const missing = Object.entries(template["Parameters"] ?? {}).find(
    ([name]) => /^ImageUri[0-9a-f]{12}$/.test(name) && !given.has(name),
  );
  if (missing === undefined) return;
  // Written by cdk/app/task-definitions.ts: the URI of the image with this hash.
  const { Description = "" } = missing[1] as { readonly Description?: string };
  throw new InvalidError("WINDLASS_IMAGE_MISSING", `there is no ${Description}`, {
    hint: "build and push it, and give its URI as `windlass.images.<hash>` in serverless.yml",
  });
}
