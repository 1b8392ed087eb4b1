import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { ConnectOptions } from "./connect-options.ts";
import type { StartedBackend } from "./started-backend.ts";

/** What lib/aws provides; loaded on use, since the AWS SDK is most of the package. */
interface AwsModule {
  startAws(app: string, options: ConnectOptions): Promise<StartedBackend>;
}

let load: () => Promise<AwsModule> = async () => {
  // By require.resolve: where tsx turns this package into CommonJS, there is no import.meta.resolve.
  const file = createRequire(import.meta.url).resolve("windlass/aws");
  return (await import(pathToFileURL(file).href)) as AwsModule; // lib/aws/start.ts of this package.
};

/** Says how `windlass/aws` is loaded: where this code is bundled, no package of that name is beside it. */
export function loadAwsBy(loader: () => Promise<AwsModule>): void {
  load = loader;
}

/** Connects to a deployed app. @throws NotFoundError; WindlassError when AWS refuses */
export async function startAws(app: string, options: ConnectOptions): Promise<StartedBackend> {
  return (await load()).startAws(app, options);
}
