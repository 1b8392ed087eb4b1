import { definedApp } from "../../lib/app-registry.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import type { Definition } from "../../lib/definition.ts";
import { ContainerStartupError, InvalidError, NotFoundError } from "../../lib/errors.ts";
import { isGenerator } from "../../lib/handler.ts";
import { exit, preempt, runHooks } from "../../lib/hooks.ts";
import { createInstance, type Made } from "../../lib/instance.ts";
import { unpackPage } from "../../lib/messages.ts";
import { generatorError } from "../../lib/options/call-arguments.ts";
import type { LoadRequest } from "../load-request.ts";
import type { Handler } from "./sequential.ts";
import type { ContainerWeb } from "./web.ts";

type Instance = Record<string | symbol, unknown>;

/** How inputs are called. */
export interface CalledAs {
  readonly method: string | undefined;
  /** Their caller iterates items. */
  readonly isGenerator: boolean;
}

/** A function or an entered instance, ready to run inputs. */
export interface Loaded {
  /** What answers requests; undefined where there are none. */
  readonly web?: ContainerWeb | undefined;
  handler(called: CalledAs): Handler;
  preempt(): Promise<void>;
  exit(): Promise<void>;
}

/** What the module of the app has defined. @throws ContainerStartupError */
export function definitionOf(request: LoadRequest): Definition {
  const definition = definedApp(request.app)?.definitions.get(request.name);
  if (definition === undefined) throw missing(request);
  return definition;
}

/** Makes a function ready, or enters an object of a class. */
export async function load(definition: Definition, request: LoadRequest): Promise<Loaded> {
  if (definition.kind === "cls") return loadClass(definition, request);
  const subject = `function "${definition.name}"`;
  const handler = definition.web === undefined ? definition.handler : refusing(subject);
  return {
    handler: (called) => checked(handler, called, subject),
    preempt: async () => {},
    exit: async () => {},
  };
}

/** Answers requests, and no calls. */
function refusing(subject: string): Handler {
  return () => {
    throw new InvalidError(
      "WINDLASS_CALL_OF_WEB",
      `${subject} answers HTTP requests, and cannot be called`,
      { hint: "send a request to its `url()`, or call a function that it calls" },
    );
  };
}

function missing({ app, name }: LoadRequest): ContainerStartupError {
  return new ContainerStartupError(
    "WINDLASS_FUNCTION_NOT_IN_MODULE",
    `the module of app "${app}" does not define "${name}" when it is loaded in a container`,
    { hint: "define functions at the top level of the module, not behind a condition" },
  );
}

async function loadClass(made: Made, request: LoadRequest): Promise<Loaded> {
  const params = request.params === 0 ? [] : decodePage(unpackPage(request.params));
  const instance = (await createInstance(made, params)) as Instance; // Any object can be read by key.
  const bound: Map<string | undefined, Handler> = new Map();
  return {
    handler(called) {
      const { method } = called;
      let run = bound.get(method);
      if (run === undefined) {
        run = bindMethod(instance, method, request);
        bound.set(method, run);
      }
      return checked(run, called, `method "${request.name}.${method}"`);
    },
    preempt: () => runHooks(instance, preempt),
    exit: () => runHooks(instance, exit),
  };
}

/** Callers that know the app by its name alone do not know which of its functions are generators. */
function checked(handler: Handler, { isGenerator: isStream }: CalledAs, subject: string): Handler {
  if (isStream || !isGenerator(handler)) return handler;
  return () => {
    throw generatorError(subject, "remote");
  };
}

function bindMethod(instance: Instance, method: string | undefined, request: LoadRequest): Handler {
  const run = method === undefined ? undefined : instance[method];
  if (typeof run === "function") return run.bind(instance) as Handler;
  return () => {
    throw new NotFoundError(
      "WINDLASS_NO_SUCH_METHOD",
      `class "${request.name}" has no method "${method}"`,
    );
  };
}
