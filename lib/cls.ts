import { getCurrentStats, type Scaled, updateAutoscaler } from "./autoscaler.ts";
import type { AutoscalerSettings, FunctionStats, Target } from "./backend.ts";
import type { Batched, BatchMethodHandle } from "./batch.ts";
import { backendFor } from "./client/backend-for.ts";
import { rememberCls } from "./cls-targets.ts";
import type { Page } from "./codec/page.ts";
import { type RemoteCalls, type RemoteGenerator, TargetCalls } from "./function.ts";
import {
  type AnyClass,
  type AnyHandler,
  type IfGenerator,
  isGenerator,
  type Output,
} from "./handler.ts";
import { checkParams, createInstance, type Made } from "./instance.ts";
import { MethodTargets, poolTarget, toParams } from "./method-targets.ts";
import type {
  BatchOptions,
  ConcurrencyOptions,
  VariantOptions,
} from "./options/function-options.ts";
import type { SchemaInput, StandardSchema } from "./standard-schema.ts";
import { type BatchVaried, Variants } from "./varied.ts";

/** A method of a remote object. It is no function: call `remote`, `local`, `map`, … */
export interface MethodHandle<Method extends AnyHandler> extends RemoteCalls<Method> {
  readonly name: string;
  /** Runs in this process, on an object of its own that has entered. */
  local(...args: Parameters<Method>): Promise<Output<Method>>;
}

/** A generator method of a remote object: call `remoteGen` or `local`. */
export interface GeneratorMethodHandle<Method extends AnyHandler> extends RemoteGenerator<Method> {
  readonly name: string;
  /** Runs in this process, on an object of its own that has entered. */
  local: RemoteGenerator<Method>["remoteGen"];
}

/**
 * An object of a class that lives in containers: a handle for each of its public methods, and its containers. A method
 * of its own that is called `updateAutoscaler` or `getCurrentStats` takes the place of that.
 */
export type RemoteObject<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends Batched<infer Method>
    ? BatchMethodHandle<Method>
    : Methods[Name] extends AnyHandler
      ? IfGenerator<
          Methods[Name],
          GeneratorMethodHandle<Methods[Name]>,
          MethodHandle<Methods[Name]>
        >
      : never;
} & Omit<Scaled, keyof Methods>;

/**
 * A class of an app: `new` makes a remote object with these parameters; each set of them has containers of its own.
 * Its type names the methods, not the class: a class with private members cannot be written in a declaration file.
 * @example const llm = new Llm({ model: "small" }); await llm.generate.remote("hello");
 */
export interface ClsHandle<Params extends readonly unknown[], Methods>
  extends BatchVaried<ClsHandle<Params, Methods>> {
  readonly name: string;
  /** Name of the app that it runs in: the including one, for an included app. */
  readonly app: string;
  new (...params: Params): RemoteObject<Methods>;
  /**
   * Where its endpoints answer, without a slash at the end.
   * @throws NotFoundError where nothing serves it, NoBackendError
   */
  url(): Promise<string>;
}

/** What the constructor of a class's handle takes: what its schema takes, if it has one. */
export type ParamsOf<
  Ctor extends AnyClass,
  Schema extends StandardSchema | undefined,
> = Schema extends StandardSchema
  ? Record<never, never> extends SchemaInput<Schema>
    ? [params?: SchemaInput<Schema>]
    : [params: SchemaInput<Schema>]
  : ConstructorParameters<Ctor>;

/** The key of a public method: of a string-keyed member that is a function. */
export type MethodKey<Name, Member> = Member extends AnyHandler
  ? Name extends string
    ? Name
    : never
  : never;

type UntypedCls = ClsHandle<readonly unknown[], unknown>;

/** Makes the handle of a class: a class whose objects have a handle per method. */
export function createClsHandle(
  target: Target,
  made: Made,
  methods: readonly string[],
): UntypedCls {
  const targets = new MethodTargets(target);
  const variants = new Variants(target, `class "${target.name}"`, (varied) =>
    createClsHandle(varied, made, methods),
  );
  const Handle = class {
    static withOptions(options: VariantOptions): UntypedCls {
      return variants.withOptions(options);
    }

    static withConcurrency(options: ConcurrencyOptions): UntypedCls {
      return variants.withConcurrency(options);
    }

    static withBatching(options: BatchOptions): UntypedCls {
      return variants.withBatching(options);
    }

    readonly #params: readonly unknown[];
    readonly #page: Page | undefined;
    readonly #handles: Map<string, MethodCalls> = new Map();
    #instance: Promise<object> | undefined;

    constructor(...params: readonly unknown[]) {
      this.#params = params;
      this.#page = toParams(target.name, params);
      checkParams(made, params);
    }

    static get app(): string {
      return target.app;
    }

    static async url(): Promise<string> {
      return await backendFor(target).url(target);
    }

    async updateAutoscaler(settings: AutoscalerSettings): Promise<void> {
      await updateAutoscaler(poolTarget(target, this.#page), `class "${target.name}"`, settings);
    }

    async getCurrentStats(): Promise<FunctionStats> {
      return await getCurrentStats(poolTarget(target, this.#page));
    }

    static handleOf(self: InstanceType<typeof Handle>, method: string): MethodCalls {
      let handle = self.#handles.get(method);
      if (handle === undefined) {
        const instance = (): Promise<object> => {
          self.#instance ??= createInstance(made, self.#params);
          return self.#instance;
        };
        handle = new MethodCalls(targets.of(method, self.#page), method, {
          instance,
          isGenerator: isGenerator((made.ctor.prototype as Record<string, unknown>)[method]),
        });
        self.#handles.set(method, handle);
      }
      return handle;
    }
  };
  Object.defineProperty(Handle, "name", { value: target.name });
  rememberCls(Handle, target);
  // Methods of the class come after, and take their place.
  for (const method of methods) {
    Object.defineProperty(Handle.prototype, method, {
      get(this: InstanceType<typeof Handle>) {
        return Handle.handleOf(this, method);
      },
      enumerable: true,
    });
  }
  return Handle as unknown as UntypedCls; // The getters are made from the list of methods.
}

interface MethodContext {
  readonly instance: () => Promise<object>;
  readonly isGenerator: boolean;
}

class MethodCalls extends TargetCalls {
  readonly name: string;
  readonly local: (...args: readonly unknown[]) => unknown;

  constructor(target: Target, name: string, { instance, isGenerator }: MethodContext) {
    super(target, `method "${target.name}.${name}"`, isGenerator);
    this.name = name;
    const run = async (args: readonly unknown[]): Promise<unknown> => {
      const self = (await instance()) as Record<string, (...args: readonly unknown[]) => unknown>;
      return self[name]?.(...args); // Listed from the prototype, so it is a function.
    };
    this.local = isGenerator ? (...args) => stream(run(args)) : (...args) => run(args);
  }
}

async function* stream(items: Promise<unknown>): AsyncGenerator<unknown, void, undefined> {
  yield* (await items) as AsyncIterable<unknown>; // What a generator method gave back.
}
