import { definedApp, definedApps } from "../app-registry.ts";
import type { Backend, Target } from "../backend.ts";
import { NoBackendError } from "../errors.ts";
import { runtime } from "../runtime.ts";
import { LazyBackend } from "./lazy-backend.ts";
import { startBackend } from "./start-backend.ts";

/** The backend that calls of this target go to. @throws NoBackendError */
export function backendFor(target: Target): Backend {
  const { app, backend = runtime.container()?.backend ?? runningBackend(app) } = target;
  if (backend !== undefined) return backend;
  throw noBackend(`app "${app}"`);
}

/** The backend that runs an app in this process, started by WINDLASS_BACKEND if need be. */
export function runningBackend(app: string): Backend | undefined {
  return runtime.backends.get(app) ?? startByEnvironment(app);
}

/** Any backend of this process, for calls known by id alone. @throws NoBackendError */
export function anyBackend(): Backend {
  const backend = runtime.container()?.backend ?? runtime.backends.values().next().value;
  if (backend !== undefined) return backend;
  const started = definedApps().map((app) => startByEnvironment(app.name));
  const [first] = started.filter((candidate) => candidate !== undefined);
  if (first !== undefined) return first;
  throw noBackend("this process");
}

/** WINDLASS_BACKEND starts a backend with the first call; it ends with the process. */
function startByEnvironment(name: string): Backend | undefined {
  const wanted = process.env["WINDLASS_BACKEND"];
  const app = definedApp(name);
  if (wanted === undefined || app === undefined) return undefined;
  const backend = new LazyBackend(wanted, () => startBackend(app, wanted, { output: true }));
  runtime.backends.set(name, backend);
  return backend;
}

function noBackend(subject: string): NoBackendError {
  return new NoBackendError(
    "WINDLASS_NO_BACKEND",
    `there is nowhere to run remote calls of ${subject}`,
    {
      hint: [
        'start a backend with `await using run = await app.run({ backend: "local" })`,',
        "set WINDLASS_BACKEND=local, or run the module with `npx windlass run <file>`",
      ].join(" "),
    },
  );
}
