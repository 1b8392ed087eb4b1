import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BuildSecretFiles } from "../../cdk/images/built-image.ts";
import { NotFoundError } from "../../lib/errors.ts";
import type { BuildInputs } from "../../lib/local/images/build-inputs.ts";
import type { ImageSpec } from "../../lib/spec.ts";
import { storedSecret } from "../../lib/storage/app-secrets.ts";
import type { SecretValues } from "../../lib/storage/secret-values.ts";
import type { SecretStore } from "../../lib/storage/stores.ts";

export interface BuildSecretPorts {
  /** That of the environment. */
  readonly secrets: Pick<SecretStore, "read">;
  /** That of this machine. @throws NotFoundError */
  readonly readLocal: (name: string) => SecretValues;
}

/** Reads secrets for builds: those of this machine, else those of the environment. */
export function secretReader(
  { secrets, readLocal }: BuildSecretPorts,
  app: string,
): BuildInputs["readSecret"] {
  return async (name) => {
    try {
      return readLocal(name);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      return await secrets.read(storedSecret(app, name));
    }
  };
}

/**
 * Makes ready what Docker needs to build images and the CDK does not know of: bases of registries that want to know who
 * asks, and files with secrets, which are gone when `use` has ended.
 * @throws WindlassError when a secret is missing, or a base cannot be pulled
 */
export async function withBuildSecrets<Result>(
  images: readonly ImageSpec[],
  inputs: Pick<BuildInputs, "readSecret">,
  use: (files: BuildSecretFiles) => Promise<Result>,
): Promise<Result> {
  const needing = images.filter(({ secrets, registry }) => secrets.length > 0 || registry !== null);
  if (needing.length === 0) return await use({});
  const { writeBuildSecrets } = await import("../../lib/local/images/build-inputs.ts");
  const { pullBase } = await import("../../lib/local/images/registry.ts");
  const folder = mkdtempSync(join(tmpdir(), "windlass-secrets-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // Ctrl-C ends the process by itself.
  process.on("exit", remove);
  try {
    const files: Record<string, Readonly<Record<string, string>>> = {};
    for (const image of needing) {
      const own = mkdtempSync(join(folder, "image-"));
      await pullBase(image, inputs, own);
      // The CDK gives the code itself.
      const request = { ...image, runsCode: false };
      const written = await writeBuildSecrets(request, { ...inputs, code: undefined }, own);
      files[image.hash] = Object.fromEntries(written);
    }
    return await use(files);
  } finally {
    process.off("exit", remove);
    remove();
  }
}
