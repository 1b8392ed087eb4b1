import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The part of Windlass's own package.json that the program needs. */
export interface OwnPackage {
  readonly version: string;
  readonly dependencies: { readonly esbuild: string };
}

/** The folder of the Windlass that this code is part of. */
export function ownFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** Reads the package.json of the Windlass that this code is part of. */
export function readOwnPackage(): OwnPackage {
  return JSON.parse(readFileSync(join(ownFolder(), "package.json"), "utf8")) as OwnPackage;
}
