import { getCurrentStats, type Scaled, updateAutoscaler } from "./autoscaler.ts";
import type { AutoscalerSettings, FunctionStats, Target } from "./backend.ts";
import type { FunctionCall } from "./client/function-call.ts";
import { callRemoteGen } from "./client/generator.ts";
import { callRemote } from "./client/group.ts";
import { checkKey, type KeyOption } from "./client/idempotency.ts";
import { callForEach, callMap, type MapOptions, type MapStream } from "./client/map.ts";
import { callSpawnOnce } from "./client/once.ts";
import { callSpawn, callSpawnMap } from "./client/spawn.ts";
import type { AnyHandler, IfGenerator, Items, Output, Unary, Yield } from "./handler.ts";
import { checkMapArguments, generatorError, notGeneratorError } from "./options/call-arguments.ts";
import type {
  BatchOptions,
  ConcurrencyOptions,
  VariantOptions,
} from "./options/function-options.ts";
import { type BatchVaried, Variants, type Varied } from "./varied.ts";

export interface ForEachOptions<Item = never> {
  /** Go on to the end whatever fails. @default false */
  readonly ignoreExceptions?: boolean | undefined;
  /** Runs each input once, as that of `map`. @default - each call runs all of its inputs */
  readonly idempotencyKey?: KeyOption<Item> | undefined;
}

type Result<Handler extends AnyHandler, Failures extends boolean> = Failures extends true
  ? Output<Handler> | Error
  : Output<Handler>;

/** The ways to call a function or method under an idempotency key. */
export interface OnceCalls<Handler extends AnyHandler> {
  /** As `remote` of the handle; a call whose key was used has the result of then. */
  remote(...args: Parameters<Handler>): Promise<Output<Handler>>;
  /** As `spawn` of the handle; a call whose key was used is the one of then. */
  spawn(...args: Parameters<Handler>): Promise<FunctionCall<Output<Handler>>>;
}

/** The ways to call a function or method remotely. */
export interface RemoteCalls<Handler extends AnyHandler> {
  /**
   * Runs it once and waits for its output.
   * @throws what the handler threw; FunctionTimeoutError, ContainerCrashedError, ContainerStartupError,
   * InputCancellation; NoBackendError when there is nowhere to run it
   */
  remote(...args: Parameters<Handler>): Promise<Output<Handler>>;

  /**
   * Runs it once per item; iterate the result for the outputs. Lazy: nothing runs before. A failure is thrown when it
   * arrives.
   * @example for await (const output of resize.map(urls)) { … }
   */
  map<Failures extends boolean = false>(
    items: Items<Parameters<Handler>[0]>,
    options?: MapOptions<Failures, Parameters<Handler>[0]>,
  ): Unary<
    Handler,
    MapStream<Result<Handler, Failures>>,
    "this function has several required parameters: use starmap() with tuples of arguments"
  >;

  /**
   * Runs it once per tuple of arguments; otherwise as `map`.
   * @example for await (const output of resize.starmap(zip(urls, widths))) { … }
   */
  starmap<Failures extends boolean = false>(
    tuples: Items<Readonly<Parameters<Handler>>>,
    options?: MapOptions<Failures, Readonly<Parameters<Handler>>>,
  ): MapStream<Result<Handler, Failures>>;

  /** Runs it once per item, at once, and waits for all of them. Throws the first failure, unless told to ignore them. */
  forEach(
    items: Items<Parameters<Handler>[0]>,
    options?: ForEachOptions<Parameters<Handler>[0]>,
  ): Unary<
    Handler,
    Promise<void>,
    "this function has several required parameters: iterate starmap() with tuples of arguments"
  >;

  /** Stores a call and returns; it runs whether or not anyone waits. Results are kept for seven days. */
  spawn(...args: Parameters<Handler>): Promise<FunctionCall<Output<Handler>>>;

  /** Stores one call with an input per item; returns when all items are stored. */
  spawnMap(
    items: Items<Parameters<Handler>[0]>,
  ): Unary<
    Handler,
    Promise<FunctionCall<Output<Handler>>>,
    "this function has several required parameters: spawn() it once per tuple of arguments"
  >;

  /**
   * Calls it once, however often this is called with this key and the same arguments, by any process: the first call
   * runs, and later ones wait for its result or have it, a failure too. The key is free again after seven days, and when
   * its call was cancelled or no container could start for it.
   * @example const receipt = await charge.withIdempotencyKey("order-42").remote(order);
   * @throws InvalidError for an empty key; its calls, for other arguments under a key that was used
   */
  withIdempotencyKey(key: string): OnceCalls<Handler>;
}

/** The way to call a generator remotely. */
export interface RemoteGenerator<Handler extends AnyHandler> {
  /**
   * Runs the generator and yields its items as they come.
   * @example for await (const token of generate.remoteGen(prompt)) { … }
   */
  remoteGen(...args: Parameters<Handler>): AsyncGenerator<Yield<Handler>, void, undefined>;
}

/** What every handle has. */
export interface Named<Handler extends AnyHandler> {
  readonly name: string;
  /** Name of the app that it runs in: the including one, for an included app. */
  readonly app: string;
  /** The handler itself: runs in this process. */
  readonly local: Handler;
}

/** A function of an app. It is no function: call `remote`, `local`, `map`, … */
export interface FunctionHandle<Handler extends AnyHandler>
  extends Named<Handler>,
    RemoteCalls<Handler>,
    Scaled,
    Varied<FunctionHandle<Handler>> {}

/** A generator function of an app: call `remoteGen` or `local`. */
export interface GeneratorHandle<Handler extends AnyHandler>
  extends Named<Handler>,
    RemoteGenerator<Handler>,
    Scaled,
    Varied<GeneratorHandle<Handler>> {}

/** The handle of a handler. */
export type HandleOf<Handler extends AnyHandler> = IfGenerator<
  Handler,
  GeneratorHandle<Handler>,
  FunctionHandle<Handler>
>;

/** Every call of one target, untyped: {@link RemoteCalls} and {@link RemoteGenerator} type it. */
export class TargetCalls {
  readonly #target: Target;
  readonly #subject: string;
  readonly #isGenerator: boolean | undefined;

  /** @param isGenerator - Undefined where only the deployed app knows. */
  constructor(target: Target, subject: string, isGenerator: boolean | undefined) {
    this.#target = target;
    this.#subject = subject;
    this.#isGenerator = isGenerator;
  }

  /** What a handle calls; undefined for anything else. */
  static targetOf(handle: unknown): Target | undefined {
    const isHandle = typeof handle === "object" && handle !== null && #target in handle;
    return isHandle ? handle.#target : undefined;
  }

  // Not async: that would cost every call three turns of the microtask queue.
  remote(...args: readonly unknown[]): Promise<unknown> {
    if (this.#isGenerator === true) return Promise.reject(generatorError(this.#subject, "remote"));
    return callRemote(this.#target, args);
  }

  remoteGen(...args: readonly unknown[]): AsyncGenerator<unknown, void, undefined> {
    if (this.#isGenerator === false) throw notGeneratorError(this.#subject);
    return callRemoteGen(this.#target, args);
  }

  map(items: Items<unknown>, options: MapOptions = {}): MapStream<unknown> {
    return this.#map("map", items, options);
  }

  starmap(tuples: Items<unknown>, options: MapOptions = {}): MapStream<unknown> {
    return this.#map("starmap", tuples, options);
  }

  async forEach(items: Items<unknown>, options: ForEachOptions = {}): Promise<void> {
    const names = ["ignoreExceptions", "idempotencyKey"];
    this.#check({ method: "forEach", items, options, names });
    const { ignoreExceptions = false, idempotencyKey } = options;
    await callForEach(this.#target, items, { unary: true, ignoreExceptions, idempotencyKey });
  }

  async spawn(...args: readonly unknown[]): Promise<FunctionCall<unknown>> {
    if (this.#isGenerator === true) throw generatorError(this.#subject, "spawn");
    return callSpawn(this.#target, args);
  }

  async spawnMap(items: Items<unknown>): Promise<FunctionCall<unknown>> {
    this.#check({ method: "spawnMap", items, options: {}, names: [] });
    return callSpawnMap(this.#target, items, { unary: true });
  }

  withIdempotencyKey(key: string): OnceCalls<(...args: unknown[]) => unknown> {
    if (this.#isGenerator === true) throw generatorError(this.#subject, "withIdempotencyKey");
    checkKey(this.#subject, key);
    const spawn = (...args: unknown[]): Promise<FunctionCall<unknown>> =>
      callSpawnOnce(this.#target, key, args);
    return { spawn, remote: async (...args) => await (await spawn(...args)).get() };
  }

  #map(method: "map" | "starmap", items: Items<unknown>, options: MapOptions): MapStream<unknown> {
    const names = ["ordered", "returnExceptions", "idempotencyKey"];
    this.#check({ method, items, options, names });
    const { ordered = true, returnExceptions = false, idempotencyKey } = options;
    const unary = method === "map";
    return callMap(this.#target, items, { unary, ordered, returnExceptions, idempotencyKey });
  }

  #check(call: Parameters<typeof checkMapArguments>[1]): void {
    if (this.#isGenerator === true) throw generatorError(this.#subject, call.method);
    checkMapArguments(this.#subject, call);
  }
}

/** What {@link createHandle} makes; `HandleOf` types it. */
export class FunctionCalls extends TargetCalls implements BatchVaried<FunctionCalls> {
  readonly name: string;
  readonly local: AnyHandler;
  readonly #target: Target;
  readonly #variants: Variants<FunctionCalls>;

  /** @param generates - Undefined where only its container knows. */
  constructor(target: Target, handler: AnyHandler, generates: boolean | undefined) {
    super(target, `function "${target.name}"`, generates);
    this.name = target.name;
    this.local = handler;
    this.#target = target;
    const create = (varied: Target): FunctionCalls => new FunctionCalls(varied, handler, generates);
    this.#variants = new Variants(target, `function "${target.name}"`, create);
  }

  withOptions(options: VariantOptions): FunctionCalls {
    return this.#variants.withOptions(options);
  }

  withConcurrency(options: ConcurrencyOptions): FunctionCalls {
    return this.#variants.withConcurrency(options);
  }

  withBatching(options: BatchOptions): FunctionCalls {
    return this.#variants.withBatching(options);
  }

  get app(): string {
    return this.#target.app;
  }

  async updateAutoscaler(settings: AutoscalerSettings): Promise<void> {
    await updateAutoscaler(this.#target, `function "${this.name}"`, settings);
  }

  async getCurrentStats(): Promise<FunctionStats> {
    return await getCurrentStats(this.#target);
  }
}
