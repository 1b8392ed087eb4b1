import { AsyncLocalStorage } from "node:async_hooks";
import { ExecutionError } from "../errors.ts";
import { type Container, runtime } from "../runtime.ts";

/** A container in this process. */
export interface ContainerScope extends Container {
  /** Its variables, over those of the process; undefined for one that it removed. */
  readonly env: Record<string, string | undefined>;
  /** User code ends its process. */
  exit(code: number): void;
}

const scopes: AsyncLocalStorage<ContainerScope | undefined> = new AsyncLocalStorage();

/** Runs code of a container, or with undefined code of none: what it starts belongs there, too. */
export function runInScope(scope: ContainerScope | undefined, run: () => void): void {
  scopes.run(scope, run);
}

let users = 0;
let restore = (): void => {};

/**
 * Lets code of containers see what it would in a process of its own: the container, `process.env`, `process.exit`.
 * Until as many ask for an end as have asked for it.
 */
export function shareProcess(): () => void {
  if (users === 0) restore = replace();
  users += 1;
  return () => {
    users -= 1;
    if (users === 0) restore();
  };
}

function replace(): () => void {
  const { env, exit } = process;
  const { container } = runtime;
  runtime.container = () => scopes.getStore() ?? container();
  process.env = scopedEnv(env);
  process.exit = (code) => {
    const scope = scopes.getStore();
    if (scope === undefined) return exit.call(process, code);
    scope.exit(Number(code ?? 0));
    throw new ExecutionError(
      "WINDLASS_CONTAINER_EXITED",
      `process.exit(${code ?? ""}) ended this container`,
    );
  };
  return () => {
    runtime.container = container;
    process.env = env;
    process.exit = exit;
  };
}

function scopedEnv(real: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = (): Record<string, string | undefined> | undefined => scopes.getStore()?.env;
  const read = (name: string): string | undefined => {
    const env = own();
    return env !== undefined && Object.hasOwn(env, name) ? env[name] : real[name];
  };
  return new Proxy(real, {
    get: (_, name) => (typeof name === "string" ? read(name) : undefined),
    has: (_, name) => typeof name === "string" && read(name) !== undefined,
    set(_, name, value) {
      const env = own() ?? real;
      env[String(name)] = String(value);
      return true;
    },
    deleteProperty(_, name) {
      const env = own();
      if (env !== undefined) env[String(name)] = undefined;
      else delete real[String(name)];
      return true;
    },
    ownKeys: () =>
      [...new Set([...Object.keys(real), ...Object.keys(own() ?? {})])].filter(
        (name) => read(name) !== undefined,
      ),
    getOwnPropertyDescriptor(_, name) {
      const value = typeof name === "string" ? read(name) : undefined;
      if (value === undefined) return undefined;
      return { value, writable: true, enumerable: true, configurable: true };
    },
  });
}
