import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { App } from "../../lib/app.ts";
import { InvalidError, isWindlassError } from "../../lib/errors.ts";
import { bundleApp } from "../../lib/local/bundle.ts";
import { findApp } from "../../lib/local/find-app.ts";
import { findProject } from "../../lib/local/project.ts";
import { withPython } from "../../lib/local/python/deployed-bundle.ts";
import { resolveSpec } from "../../lib/resolve.ts";

/** An app of a service, and the path of its code. */
export interface LoadedApp {
  readonly app: App;
  readonly code: string;
}

/**
 * Bundles and imports the modules that serverless.yml names.
 *
 * @throws NotFoundError when there is no such file
 * @throws InvalidError when a module exports no App or several, throws, or two Apps have one name
 */
export async function loadApps(folder: string, files: readonly string[]): Promise<LoadedApp[]> {
  const loaded: LoadedApp[] = [];
  const fileOf = new Map<string, string>();
  for (const file of files) {
    const one = await loadApp(folder, file);
    const { name } = one.app;
    const other = fileOf.get(name);
    if (other !== undefined) {
      throw new InvalidError(
        "WINDLASS_SAME_APP_NAME",
        `"${other}" and "${file}" both export an App named "${name}"`,
        { hint: "give one of them another name: an app is found by its name" },
      );
    }
    fileOf.set(name, file);
    loaded.push(one);
  }
  return loaded;
}

async function loadApp(folder: string, file: string): Promise<LoadedApp> {
  const path = join(folder, file);
  const { root } = findProject(path);
  const { file: module } = await bundleApp([path], root);
  const script = await bundleApp([path], root, { isForDeployment: true });
  // Places in the bundle lead to the user's files, which those of Python functions are relative to.
  process.setSourceMapsEnabled(true);
  const app = findApp(await importCode(module, file), file);
  return { app, code: withPython(script, resolveSpec(app), root).file };
}

async function importCode(code: string, file: string): Promise<object> {
  try {
    return await import(pathToFileURL(code).href);
  } catch (cause) {
    if (isWindlassError(cause)) throw cause;
    const told = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidError(
      "WINDLASS_APP_IMPORT",
      `"${file}" threw an exception while it was loaded: ${told}`,
      { cause, hint: "correct what its top level does" },
    );
  }
}
