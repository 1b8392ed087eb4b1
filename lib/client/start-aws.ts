import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { LogFilter, LogSource } from "../logs/log-line.ts";
import type { ConnectOptions } from "./connect-options.ts";
import type { StartedBackend } from "./started-backend.ts";

/** What lib/aws provides; loaded on use, since the AWS SDK is most of the package. */
interface AwsModule {
  startAws(app: string, options: ConnectOptions): Promise<StartedBackend>;
  openLogs(app: string, filter: LogFilter, options: ConnectOptions): Promise<LogSource>;
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

/** What containers of a deployed app write. @throws NotFoundError; WindlassError when AWS refuses */
export async function openAwsLogs(
  app: string,
  filter: LogFilter,
  options: ConnectOptions,
): Promise<LogSource> {
  return (await load()).openLogs(app, filter, options);
}
