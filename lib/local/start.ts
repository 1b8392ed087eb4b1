import type { App } from "../app.ts";
import type { Traces } from "../client/traced-call.ts";
import type { Image } from "../image/image.ts";
import type { LogFilter, LogSource } from "../logs/log-line.ts";
import { pause } from "../logs/pause.ts";
import { resolveSpec } from "../resolve.ts";
import { inlineSecrets } from "../storage/app-secrets.ts";
import type { Stores } from "../storage/stores.ts";
import { bundleApp } from "./bundle.ts";
import { traceOf } from "./call-records.ts";
import { type EngineEvents, type LocalEngine, startEngine } from "./engine.ts";
import { LocalLogs } from "./logs/local-logs.ts";
import { ensureStateDirectory, findProject, projectRootOf } from "./project.ts";
import { localStores } from "./storage/local-stores.ts";
import { Store } from "./store.ts";

/** Starts the engine for an app that lives in this process: bundles the files that define it. */
export async function startLocal(
  app: App,
  options: { readonly output: boolean },
): Promise<LocalEngine> {
  const files = [app.file, ...[...app.definitions.values()].map((definition) => definition.file)];
  const entries = [...new Set(files.filter((file) => file !== undefined))].sort();
  const project = findProject(entries[0] ?? process.cwd());
  return startEngine({
    spec: resolveSpec(app),
    inlineSecrets: inlineSecrets(app),
    bundle: await bundleApp(entries, project.root),
    root: project.root,
    stateDirectory: project.stateDirectory,
    files: entries,
    events: options.output ? PLAIN : SILENT,
  });
}

/** Builds an image on this machine and names it, in the project that this process works in. */
export async function publish(image: Image, name: string): Promise<void> {
  const { publish: build } = await import("./images/publish.ts");
  await build(image, name);
}

/** The stores of the project that this process works in. */
export async function openStores(): Promise<Stores> {
  return localStores(ensureStateDirectory(projectRootOf(process.cwd())));
}

/** What containers of an app have written in the project that this process works in. */
export async function openLogs(app: string, filter: LogFilter): Promise<LogSource> {
  const stateDirectory = ensureStateDirectory(projectRootOf(process.cwd()));
  return new LocalLogs({ stateDirectory, app, filter, pause });
}

/** How stored calls of the project that this process works in were run, whichever process runs them. */
export async function openTraces(): Promise<Traces> {
  const store = await Store.open(ensureStateDirectory(projectRootOf(process.cwd())));
  return { trace: async (query) => traceOf(store, query, Date.now()) };
}

const SILENT: EngineEvents = { log: () => {}, notice: () => {} };

const PLAIN: EngineEvents = {
  log: ({ stream, text }) => process[stream].write(`${text}\n`),
  notice: (text) => process.stderr.write(`${text}\n`),
};
