import { pathToFileURL } from "node:url";
import { decodePage } from "../../lib/codec/decode.ts";
import { ContainerStartupError, ExecutionError } from "../../lib/errors.ts";
import { enter, enterSnapshot, exit, runHooks } from "../../lib/hooks.ts";
import { unpackPage } from "../../lib/messages.ts";
import type { LoadRequest } from "./messages.ts";
import type { Handler } from "./sequential.ts";

// By registered symbols: the user's bundle loads its own copy of the package.
const APPS: symbol = Symbol.for("windlass.apps");

type Instance = Record<string | symbol, unknown>;

interface Definition {
  readonly handler?: Handler;
  readonly ctor?: new (params?: unknown) => Instance;
}

interface LoadedApp {
  readonly name: string;
  readonly definitions: ReadonlyMap<string, Definition>;
}

/** A function or an entered instance, ready to run inputs. */
export interface Loaded {
  handler(method: string | undefined): Handler;
  exit(): Promise<void>;
}

/** Imports the user's module, finds the function or class, and enters it. */
export async function load(request: LoadRequest): Promise<Loaded> {
  await import(pathToFileURL(request.bundle).href);
  const { handler, ctor } = findDefinition(request);
  if (ctor !== undefined) return createInstance(ctor, request);
  if (handler === undefined) throw missing(request);
  return { handler: () => handler, exit: async () => {} };
}

function findDefinition(request: LoadRequest): Definition {
  const apps = (globalThis as unknown as Record<symbol, LoadedApp[] | undefined>)[APPS] ?? [];
  // The last one: a module that is evaluated twice defines its app twice.
  const app = apps.findLast((candidate) => candidate.name === request.app);
  const definition = app?.definitions.get(request.name);
  if (definition === undefined) throw missing(request);
  return definition;
}

function missing({ app, name }: LoadRequest): ContainerStartupError {
  return new ContainerStartupError(
    "WINDLASS_FUNCTION_NOT_IN_MODULE",
    `the module of app "${app}" does not define "${name}" when it is loaded in a container`,
    { hint: "define functions at the top level of the module, not behind a condition" },
  );
}

async function createInstance(
  ctor: new (params?: unknown) => Instance,
  request: LoadRequest,
): Promise<Loaded> {
  const params = request.params === 0 ? [] : decodePage(unpackPage(request.params));
  const instance = new ctor(...params);
  await runHooks(instance, enterSnapshot);
  await runHooks(instance, enter);
  const bound: Map<string | undefined, Handler> = new Map();
  return {
    handler(method) {
      let run = bound.get(method);
      if (run === undefined) {
        run = bindMethod(instance, method, request);
        bound.set(method, run);
      }
      return run;
    },
    exit: () => runHooks(instance, exit),
  };
}

function bindMethod(instance: Instance, method: string | undefined, request: LoadRequest): Handler {
  const run = method === undefined ? undefined : instance[method];
  if (typeof run === "function") return run.bind(instance) as Handler;
  return () => {
    throw new ExecutionError(
      "WINDLASS_NO_SUCH_METHOD",
      `class "${request.name}" has no method "${method}"`,
    );
  };
}
