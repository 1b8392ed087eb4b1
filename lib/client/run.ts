import type { App } from "../app.ts";
import { AlreadyExistsError, ExecutionError } from "../errors.ts";
import { runtime } from "../runtime.ts";
import { startBackend } from "./start-backend.ts";
import type { StartedBackend } from "./started-backend.ts";
import { takeUnconsumedWarnings } from "./unconsumed.ts";

export interface RunOptions {
  /** Where functions run. @default - the value of WINDLASS_BACKEND, else "local" */
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

/**
 * Starts a backend for an app; its calls go there until it is closed.
 * @throws ExecutionError in a container; AlreadyExistsError while the app runs; InvalidError for an unknown backend
 */
export async function startRun(app: App, options: RunOptions = {}): Promise<Run> {
  checkMayRun(app);
  const name = options.backend ?? process.env["WINDLASS_BACKEND"] ?? "local";
  const backend = await startBackend(app, name, { output: options.output ?? true });
  return { backend: backend.name, ...attachBackend(app, backend) };
}

/** @throws ExecutionError in a container; AlreadyExistsError while the app runs */
export function checkMayRun(app: App): void {
  if (runtime.container() !== undefined) {
    throw new ExecutionError(
      "WINDLASS_RUN_IN_CONTAINER",
      `app.run() of "${app.name}" was called in a container, where the module is loaded to find its functions`,
      { hint: "put it behind `if (isLocal())`, or into a file that defines no functions" },
    );
  }
  if (runtime.backends.has(app.name)) {
    throw new AlreadyExistsError(
      "WINDLASS_ALREADY_RUNNING",
      `app "${app.name}" already runs in this process`,
      { hint: "close the first run before you start another" },
    );
  }
}

/** Lets a backend run the calls of an app, until it is closed. */
export function attachBackend(app: App, backend: StartedBackend): Omit<Run, "backend"> {
  runtime.backends.set(app.name, backend);
  const close = async (): Promise<void> => {
    if (runtime.backends.get(app.name) === backend) runtime.backends.delete(app.name);
    for (const warning of takeUnconsumedWarnings()) process.emitWarning(warning, "WindlassWarning");
    await backend.close();
  };
  return { close, [Symbol.asyncDispose]: close };
}
