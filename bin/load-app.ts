import { pathToFileURL } from "node:url";
import type { App } from "../lib/app.ts";
import { InvalidError, isWindlassError } from "../lib/errors.ts";
import { bundleApp, type WatchedBundle } from "../lib/local/bundle.ts";
import { findApp } from "../lib/local/find-app.ts";
import { findProject, type Project } from "../lib/local/project.ts";
import { knowExportedErrors } from "../lib/module-exports.ts";
import { UserCodeError } from "./usage-error.ts";

/** A user's app in this process, and where it came from. */
export interface LoadedApp {
  readonly app: App;
  readonly bundle: WatchedBundle;
  readonly project: Project;
  /** Paths of the files that define it. */
  readonly files: readonly string[];
}

/**
 * Bundles and imports a user's module and finds the one App that it exports.
 *
 * @throws InvalidError when it exports none or several.
 * @throws UserCodeError when it throws.
 */
export async function loadApp(file: string): Promise<LoadedApp> {
  const library = import("../lib/index.ts");
  const project = findProject(file);
  const bundle = await bundleApp([file], project.root);
  // Node reads the source map of each module that it compiles from now on: the user's, but none of ours.
  await library;
  process.setSourceMapsEnabled(true);
  // Frames of Windlass between user code and an error must not push the user's line out.
  Error.stackTraceLimit = 50;
  const exported = await importBundle(bundle, file);
  const app = findApp(exported, file);
  knowExportedErrors(app.name, exported);
  return { app, bundle, project, files: [file] };
}

async function importBundle({ file }: WatchedBundle, source: string): Promise<object> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (cause) {
    if (isWindlassError(cause)) throw new UserCodeError(cause);
    throw new InvalidError(
      "WINDLASS_APP_IMPORT",
      `"${source}" threw an exception while it was loaded`,
      {
        cause,
        hint: "correct what its top level does",
      },
    );
  }
}
