import type { Backend, Target } from "../backend.ts";
import { runtime } from "../runtime.ts";
import { runningBackend } from "./backend-for.ts";
import { type ConnectOptions, saysWhere } from "./connect-options.ts";
import { LazyBackend } from "./lazy-backend.ts";
import { startAws } from "./start-aws.ts";
import type { StartedBackend } from "./started-backend.ts";

const connections: Map<string, LazyBackend<StartedBackend>> = new Map();

/**
 * Where calls of a deployed app go. In a container that is its agent: it has the credentials and the environment, and
 * knows which apps the function uses. Where the app runs in this process, it is not called elsewhere.
 */
export function connectionTo(app: string, options: ConnectOptions): Backend {
  return here(app, options) ?? connectedTo(app, options);
}

/** A function or class of a deployed app as the target of calls; where they go is asked with each. */
export function deployedTarget(
  app: string | (() => string),
  name: string,
  options: ConnectOptions,
): Target {
  const nameOfApp = typeof app === "string" ? (): string => app : app;
  let connected: { readonly app: string; readonly backend: Backend } | undefined;
  return {
    get app() {
      return nameOfApp();
    },
    name,
    get backend() {
      const wanted = nameOfApp();
      const found = here(wanted, options);
      if (found !== undefined) return found;
      if (connected?.app !== wanted) {
        connected = { app: wanted, backend: connectedTo(wanted, options) };
      }
      return connected.backend;
    },
  };
}

/** The agent of this container, or what runs the app in this process; undefined for who says where the app is. */
function here(app: string, options: ConnectOptions): Backend | undefined {
  if (saysWhere(options)) return undefined;
  return runtime.container()?.backend ?? runningBackend(app);
}

/** The connection of this process to an app; made with the first use of it. */
function connectedTo(app: string, options: ConnectOptions): LazyBackend<StartedBackend> {
  const { environment, region, credentials } = options;
  const key = JSON.stringify([app, environment, region, credentials?.accessKeyId]);
  const known = connections.get(key);
  if (known !== undefined) return known;
  const connection = new LazyBackend("aws", () => startAws(app, options));
  connections.set(key, connection);
  return connection;
}
