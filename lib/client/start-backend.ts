import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { App } from "../app.ts";
import { InvalidError } from "../errors.ts";
import { startAws } from "./start-aws.ts";
import type { StartedBackend } from "./started-backend.ts";

/** What lib/local provides; loaded on use, since it is most of the package. */
interface LocalModule {
  startLocal(app: App, options: { readonly output: boolean }): Promise<StartedBackend>;
}

/** Starts the backend of this name for an app. @throws InvalidError for another name */
export async function startBackend(
  app: App,
  name: string,
  options: { readonly output: boolean },
): Promise<StartedBackend> {
  if (name === "aws") return startAws(app.name, {});
  if (name !== "local") {
    throw new InvalidError(
      "WINDLASS_UNKNOWN_BACKEND",
      `the backend of app "${app.name}" must be "local" or "aws", got ${JSON.stringify(name)}`,
      { hint: 'pass `backend: "local"` to app.run(), or set WINDLASS_BACKEND=local' },
    );
  }
  // A computed specifier: a static one would make the DSL's project depend on the engine's.
  // By require.resolve: where tsx turns this package into CommonJS, there is no import.meta.resolve.
  const file = createRequire(import.meta.url).resolve("windlass/local");
  const local = (await import(pathToFileURL(file).href)) as LocalModule; // lib/local/start.ts of this package.
  return local.startLocal(app, options);
}
