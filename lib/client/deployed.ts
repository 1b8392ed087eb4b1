import { getCurrentStats, type Scaled, updateAutoscaler } from "../autoscaler.ts";
import type { Target } from "../backend.ts";
import type { ClsHandle } from "../cls.ts";
import { rememberCls } from "../cls-targets.ts";
import { type FunctionHandle, TargetCalls } from "../function.ts";
import { MethodTargets, poolTarget, toParams } from "../method-targets.ts";
import { type BatchVaried, Variants, type Varied } from "../varied.ts";
import type { WebHandle } from "../web/handle.ts";
import { backendFor } from "./backend-for.ts";
import { type DeployedOptions, knowErrorsOf } from "./connect-options.ts";
import { connectionTo, deployedTarget } from "./connection.ts";

/** A handle of what is deployed: without `local`, since its code is elsewhere. `never` for anything else. */
export type Deployed<Handle> = Handle extends RemoteHandle
  ? DeployedHandle<Handle>
  : Handle extends { readonly app: string; new (...params: infer Params): infer Methods }
    ? DeployedClsHandle<Params, Methods>
    : Handle extends WebHandle
      ? WebHandle
      : never;

type DeployedHandle<Handle extends RemoteHandle> = Omit<
  Handle,
  "local" | keyof BatchVaried<unknown>
> &
  (Handle extends { readonly withBatching: unknown }
    ? BatchVaried<DeployedHandle<Handle>>
    : Varied<DeployedHandle<Handle>>);

type RemoteHandle = { readonly app: string; readonly local: unknown };

interface DeployedClsHandle<Params extends readonly unknown[], Methods>
  extends BatchVaried<DeployedClsHandle<Params, Methods>> {
  readonly name: string;
  readonly app: string;
  url(): Promise<string>;
  new (
    ...params: Params
  ): {
    readonly [Name in keyof Methods]: Methods[Name] extends { readonly local: unknown }
      ? Omit<Methods[Name], "local">
      : Methods[Name];
    // Where nobody said which methods there are, every name is one.
  } & (string extends keyof Methods ? Scaled : unknown);
}

/** What stands for a function or class whose type was not given. */
type AnyFunction = FunctionHandle<(...args: unknown[]) => unknown> & BatchVaried<unknown>;
type AnyCls = ClsHandle<unknown[], Record<string, (...args: unknown[]) => unknown>>;

/** Functions of deployed apps, for any Node program with AWS credentials. */
export const DeployedFunction = {
  /**
   * The function of this name; nothing is looked up before its first call.
   * @example const resize = DeployedFunction.fromName<typeof import("./app.ts").resize>("media", "resize");
   */
  fromName<Handle = AnyFunction>(
    app: string,
    name: string,
    options: DeployedOptions = {},
  ): Deployed<Handle> {
    knowErrorsOf(app, options, DeployedFunction.fromName);
    return toFunction(deployedTarget(app, name, options)) as Deployed<Handle>; // Typed by whoever named the function.
  },
};

/** Classes of deployed apps, for any Node program with AWS credentials. */
export const DeployedCls = {
  /**
   * The class of this name; nothing is looked up before the first call.
   * @example const Llm = DeployedCls.fromName<typeof import("./app.ts").Llm>("media", "Llm");
   */
  fromName<Handle = AnyCls>(
    app: string,
    name: string,
    options: DeployedOptions = {},
  ): Deployed<Handle> {
    knowErrorsOf(app, options, DeployedCls.fromName);
    return openClsHandle(deployedTarget(app, name, options)) as Deployed<Handle>; // Typed by whoever named the class.
  },
};

/** The functions and classes that a module exports, by the names of its exports. */
export type Client<Module> = {
  readonly [Name in keyof Module as Deployed<Module[Name]> extends never ? never : Name]: Deployed<
    Module[Name]
  >;
};

/**
 * A typed client of a deployed app: `connect<typeof import("./gpu/app.ts")>("media")`. Only types are imported, so no
 * code of the app comes with them. A function is found by its name, which must be that of its export.
 *
 * In a container these are what its function may call.
 *
 * @throws NotFoundError when the app or its environment does not exist; InvalidError in a container whose function does
 *   not use the app; WindlassError when AWS refuses
 */
export async function connect<Module>(
  app: string,
  options: DeployedOptions = {},
): Promise<Client<Module>> {
  knowErrorsOf(app, options, connect);
  const backend = connectionTo(app, options);
  const functions = await backend.functions(app);
  const entries = functions.map(({ name, kind }) => {
    const target = { app, name, backend };
    return [name, kind === "cls" ? openClsHandle(target) : toFunction(target)];
  });
  return Object.fromEntries(entries) as Client<Module>; // Typed by whoever named the module.
}

class DeployedCalls extends TargetCalls {
  readonly name: string;
  readonly #target: Target;

  constructor(target: Target) {
    super(target, describe(target), undefined);
    this.name = target.method ?? target.name;
    this.#target = target;
  }

  get app(): string {
    return this.#target.app;
  }

  /** Where it answers HTTP requests, for one that does. */
  async url(): Promise<string> {
    return await backendFor(this.#target).url(this.#target);
  }
}

function describe({ name, method }: Target): string {
  return method === undefined ? `function "${name}"` : `method "${name}.${method}"`;
}

/** A function whose handler is elsewhere. */
export function toFunction(target: Target): unknown {
  const subject = describe(target);
  const own = [scaled(target, subject), varied(target, subject, toFunction)];
  return Object.assign(new DeployedCalls(target), ...own);
}

function varied(
  target: Target,
  subject: string,
  create: (target: Target) => unknown,
): BatchVaried<unknown> {
  const variants = new Variants(target, subject, create);
  return {
    withOptions: (options) => variants.withOptions(options),
    withConcurrency: (options) => variants.withConcurrency(options),
    withBatching: (options) => variants.withBatching(options),
  };
}

function scaled(target: Target, subject: string): Scaled {
  return {
    updateAutoscaler: (settings) => updateAutoscaler(target, subject, settings),
    getCurrentStats: () => getCurrentStats(target),
  };
}

/** A class whose objects have a handle for each name that is asked for: which methods there are, its containers know. */
export function openClsHandle(
  target: Target,
): ClsHandle<readonly unknown[], Record<string, (...args: unknown[]) => unknown>> {
  const targets = new MethodTargets(target);
  const Handle = class {
    static get app(): string {
      return target.app;
    }

    static async url(): Promise<string> {
      return await backendFor(target).url(target);
    }

    constructor(...params: readonly unknown[]) {
      const page = toParams(target.name, params);
      const own = scaled(poolTarget(target, page), `class "${target.name}"`);
      // biome-ignore lint/correctness/noConstructorReturn: a proxy is the only object that has every method.
      return new Proxy(this, {
        get(_, method) {
          // An object with a `then` would be taken for a promise.
          if (typeof method !== "string" || method === "then") return undefined;
          if (method === "updateAutoscaler" || method === "getCurrentStats") return own[method];
          return new DeployedCalls(targets.of(method, page));
        },
      });
    }
  };
  Object.defineProperty(Handle, "name", { value: target.name });
  rememberCls(Handle, target);
  const own = varied(target, `class "${target.name}"`, openClsHandle);
  // The proxy has all methods.
  return Object.assign(Handle, own) as unknown as ReturnType<typeof openClsHandle>;
}
