import { pathToFileURL } from "node:url";
import { definedApp } from "../../lib/app-registry.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { ContainerStartupError, ExecutionError } from "../../lib/errors.ts";
import type { AnyClass } from "../../lib/handler.ts";
import { enter, enterSnapshot, exit, runHooks } from "../../lib/hooks.ts";
import { unpackPage } from "../../lib/messages.ts";
import type { LoadRequest } from "../load-request.ts";
import type { Handler } from "./sequential.ts";

type Instance = Record<string | symbol, unknown>;

/** A function or an entered instance, ready to run inputs. */
export interface Loaded {
  handler(method: string | undefined): Handler;
  exit(): Promise<void>;
}

/** Imports the user's module, finds the function or class, and enters it. */
export async function load(request: LoadRequest): Promise<Loaded> {
  await import(pathToFileURL(request.bundle).href);
  const definition = definedApp(request.app)?.definitions.get(request.name);
  if (definition === undefined) throw missing(request);
  if (definition.kind === "cls") return createInstance(definition.ctor, request);
  const { handler } = definition;
  return { handler: () => handler, exit: async () => {} };
}

function missing({ app, name }: LoadRequest): ContainerStartupError {
  return new ContainerStartupError(
    "WINDLASS_FUNCTION_NOT_IN_MODULE",
    `the module of app "${app}" does not define "${name}" when it is loaded in a container`,
    { hint: "define functions at the top level of the module, not behind a condition" },
  );
}

async function createInstance(ctor: AnyClass, request: LoadRequest): Promise<Loaded> {
  const params = request.params === 0 ? [] : decodePage(unpackPage(request.params));
  // The caller's parameters were checked by its types.
  const instance = Reflect.construct(ctor, params) as Instance;
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
