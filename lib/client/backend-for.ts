import type { Backend } from "../backend.ts";
import { NoBackendError } from "../errors.ts";
import { runtime } from "../runtime.ts";

/** The backend that calls of this app go to. @throws NoBackendError */
export function backendFor(app: string): Backend {
  const backend = runtime.backend ?? runtime.backends.get(app);
  if (backend !== undefined) return backend;
  throw new NoBackendError(
    "WINDLASS_NO_BACKEND",
    `there is nowhere to run a remote call of app "${app}" in this process`,
    {
      hint: [
        'start one with `await using run = await app.run({ backend: "local" })`,',
        "or run the module with `npx windlass run <file>`",
      ].join(" "),
    },
  );
}

/** Any backend of this process, for calls known by id alone. @throws NoBackendError */
export function anyBackend(): Backend {
  const backend = runtime.backend ?? runtime.backends.values().next().value;
  return backend ?? backendFor("(any)");
}
