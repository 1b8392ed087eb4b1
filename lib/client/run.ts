import type { App } from "../app.ts";
import type { Backend } from "../backend.ts";
import { ExecutionError, InvalidError } from "../errors.ts";
import { runtime } from "../runtime.ts";
import { takeUnconsumedWarnings } from "./unconsumed.ts";

export interface RunOptions {
  /** Where functions run. @default "local", or the value of WINDLASS_BACKEND */
  readonly backend?: "local" | "aws" | undefined;
  /** Show what containers write. @default true */
  readonly output?: boolean | undefined;
}

/** A running app. Close it, or let `await using` do so. */
export interface Run extends AsyncDisposable {
  readonly backend: string;
  /** Stops its containers. Spawned calls that are not done go on when the app is next run. */
  close(): Promise<void>;
}

/** What lib/local provides; loaded on use, since it is most of the package. */
interface LocalModule {
  startLocal(app: App, options: { readonly output: boolean }): Promise<Backend & Closable>;
}

interface Closable {
  close(): Promise<void>;
}

/** Starts a backend for an app; its calls go there until it is closed. @throws ExecutionError in a container */
export async function startRun(app: App, options: RunOptions = {}): Promise<Run> {
  if (runtime.container) {
    throw new ExecutionError(
      "WINDLASS_RUN_IN_CONTAINER",
      `app.run() of "${app.name}" was called in a container, where the module is loaded to find its functions`,
      { hint: "put it behind `if (isLocal())`, or into a file that defines no functions" },
    );
  }
  const name = options.backend ?? process.env["WINDLASS_BACKEND"] ?? "local";
  if (name !== "local") {
    throw new InvalidError(
      "WINDLASS_UNKNOWN_BACKEND",
      `\`backend\` of app.run() must be "local" in this version, got ${JSON.stringify(name)}`,
    );
  }
  // A computed specifier: a static one would make the DSL's project depend on the engine's.
  const file = new URL("../local/start.js", import.meta.url).href;
  const local = (await import(file)) as LocalModule; // The file beside this one in the package.
  const engine = await local.startLocal(app, { output: options.output ?? true });
  runtime.backends.set(app.name, engine);
  return toRun(app, engine);
}

function toRun(app: App, engine: Backend & Closable): Run {
  const close = async (): Promise<void> => {
    if (runtime.backends.get(app.name) === engine) runtime.backends.delete(app.name);
    for (const warning of takeUnconsumedWarnings()) process.emitWarning(warning, "WindlassWarning");
    await engine.close();
  };
  return { backend: engine.name, close, [Symbol.asyncDispose]: close };
}
