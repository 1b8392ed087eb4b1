import { brandApps, registerApp } from "./app-registry.ts";
import type { BatchedMethods, BatchHandle, BatchHandler } from "./batch.ts";
import { callPlace, callSite, type Place } from "./call-site.ts";
import { openClsHandle } from "./client/deployed.ts";
import { type Run, type RunOptions, startRun } from "./client/run.ts";
import { type ClsHandle, createClsHandle, type MethodKey, type ParamsOf } from "./cls.ts";
import { readCls, readEntrypoint, readFunction } from "./define.ts";
import type { Definition, EntrypointDefinition } from "./definition.ts";
import {
  type EntrypointArgs,
  type EntrypointHandle,
  type EntrypointOptions,
  runEntrypoint,
} from "./entrypoint.ts";
import { knowErrors } from "./error-classes.ts";
import type { EventName, WindlassEvents } from "./events.ts";
import { FunctionCalls, type HandleOf } from "./function.ts";
import type { Defaults, Given, Reading } from "./given.ts";
import { type AnyClass, type AnyHandler, isGenerator } from "./handler.ts";
import { checkAppName } from "./options/app-name.ts";
import { duplicateViolation } from "./options/body.ts";
import { checkAppOptions } from "./options/check-options.ts";
import { checkEventName } from "./options/events.ts";
import type {
  AppOptions,
  BatchOptions,
  ClsOptions,
  FunctionOptions,
} from "./options/function-options.ts";
import { show } from "./options/show.ts";
import { throwViolations, type Violation } from "./options/violation.ts";
import { type PythonGiven, readPython } from "./python/define.ts";
import type { PythonClsHandle, PythonHandle } from "./python/handle.ts";
import type { MethodsOf, PythonHandlers, PythonParamsOf, SignatureOf } from "./python/handlers.ts";
import type { PythonClsOptions, PythonOptions, PythonWebOptions } from "./python/options.ts";
import type { Schedule } from "./schedule.ts";
import type { SchemaOutput, StandardSchema } from "./standard-schema.ts";
import { readWeb } from "./web/define-web.ts";
import type { EndpointRequest } from "./web/endpoint-request.ts";
import { createWebHandle, type WebHandle } from "./web/handle.ts";
import type {
  ClsWebOptions,
  EndpointOptions,
  WebAppOptions,
  WebServerOptions,
} from "./web/options.ts";
import type { WebAppFactory, WebServerContext } from "./web/web-app.ts";

// A class with a schema is given what that makes of the parameters.
type ClassTaking<Schema extends StandardSchema | undefined> = Schema extends StandardSchema
  ? new (
      params: SchemaOutput<Schema>,
    ) => object
  : AnyClass;

type MethodNames<Ctor extends AnyClass> = Extract<keyof InstanceType<Ctor>, string>;
/** A function that hears of events of one name. */
interface Listener {
  readonly event: EventName;
  readonly function: string;
}

/** The handle of a function that can be called with an event. */
type ListenerHandle<Event> =
  | { readonly name: string; readonly local: (event: Event) => unknown }
  | PythonHandle<(event: Event) => unknown>;

// A scheduled function is called without arguments.
type HandlerFor<When> = [When] extends [Schedule] ? () => unknown : AnyHandler;

/**
 * Functions and classes that are run and deployed together.
 * @example
 * export const app = new App("media");
 * export const resize = app.function("resize", { memoryMiB: 2048 }, async (url: string, width = 100) => { … });
 */
export class App {
  readonly name: string;
  /** Absolute path of the file that creates it; undefined if it is in none. */
  readonly file: string | undefined;
  /** Where in that file; in a bundle where that is what runs. */
  readonly place: Place | undefined;
  readonly #tags: Readonly<Record<string, string>>;
  readonly #defaults: Defaults;
  readonly #definitions: Map<string, Definition> = new Map();
  readonly #entrypoints: Map<string, EntrypointDefinition> = new Map();
  readonly #included: App[] = [];
  readonly #listeners: Listener[] = [];
  #parent: App | undefined;

  /**
   * @param name - 1 to 64 letters, digits, `.`, `_` or `-`
   * @throws InvalidError naming every mistake
   */
  constructor(name: string, options: AppOptions = {}) {
    const subject = `app ${show(name)}`;
    throwViolations(subject, [...checkAppName(name), ...checkAppOptions(options, subject)], App);
    this.name = name;
    this.place = callPlace(App);
    this.file = this.place?.file;
    this.#tags = { ...options.tags };
    this.#defaults = {
      env: { ...options.env },
      image: options.image,
      secrets: [...(options.secrets ?? [])],
      ...(options.volumes !== undefined && { volumes: { ...options.volumes } }),
    };
    knowErrors(name, options.errors ?? {});
    registerApp(this);
  }

  /** Functions and classes by name, those of included apps too. */
  get definitions(): ReadonlyMap<string, Definition> {
    return this.#definitions;
  }

  /** Entrypoints by name, those of included apps too. */
  get entrypoints(): ReadonlyMap<string, EntrypointDefinition> {
    return this.#entrypoints;
  }

  /** Which functions hear of which events, those of included apps too. */
  get listeners(): readonly Listener[] {
    return [...this.#listeners, ...this.#included.flatMap((app) => app.listeners)];
  }

  /** Tags of this app and, where it has none of that name, of included apps. */
  get tags(): Readonly<Record<string, string>> {
    const included = this.#included.map((app) => app.tags);
    return Object.assign({}, ...included.reverse(), this.#tags);
  }

  /**
   * Defines a function that runs in containers. A parameter without a type becomes `never`; a recursive handler
   * states its return type.
   * @param name - 1 to 64 letters, digits, `_` or `-`
   * @example app.function("resize", { retries: 3 }, async (url: string, width = 100) => { … })
   * @throws InvalidError naming every mistake
   */
  function<Handler extends AnyHandler>(name: string, handler: Handler): HandleOf<Handler>;
  function<Handler extends BatchHandler>(
    name: string,
    options: FunctionOptions<undefined, BatchOptions> & { readonly batch: BatchOptions },
    handler: Handler,
  ): BatchHandle<Handler>;
  function<Handler extends HandlerFor<When>, When extends Schedule | undefined = undefined>(
    name: string,
    options: FunctionOptions<When>,
    handler: Handler,
  ): HandleOf<Handler>;
  function(name: string, ...rest: readonly unknown[]): unknown {
    const given = { name, ...split(rest), file: callSite(this.function) };
    this.#define(readFunction(given, this.#defaults), this.function);
    const handler = given.body as AnyHandler; // Checked above.
    return new FunctionCalls(this.#target(name), handler, isGenerator(handler));
  }

  /**
   * Defines a class that lives in containers: its public methods can be called remotely. Its constructor takes
   * nothing or one object.
   * @param name - 1 to 64 letters, digits, `_` or `-`
   * @example
   * const Llm = app.cls("Llm", { gpu: "L4" }, class {
   *   constructor(params: { model: string }) { … }
   *   async [enter]() { … }
   *   generate(prompt: string) { … }
   * });
   * await new Llm({ model: "small" }).generate.remote("hello");
   * @throws InvalidError naming every mistake
   */
  cls<Ctor extends AnyClass>(
    name: string,
    ctor: Ctor,
  ): ClsHandle<
    ConstructorParameters<Ctor>,
    {
      [Name in keyof InstanceType<Ctor> as MethodKey<
        Name,
        InstanceType<Ctor>[Name]
      >]: InstanceType<Ctor>[Name];
    }
  >;
  cls<
    Ctor extends AnyClass & ClassTaking<Schema>,
    Schema extends StandardSchema | undefined = undefined,
  >(
    name: string,
    options: ClsOptions<Schema, BatchOptions> &
      ClsWebOptions<MethodNames<Ctor>> & { readonly batch: BatchOptions },
    ctor: Ctor,
  ): ClsHandle<ParamsOf<Ctor, Schema>, BatchedMethods<InstanceType<Ctor>>>;
  cls<
    Ctor extends AnyClass & ClassTaking<Schema>,
    Schema extends StandardSchema | undefined = undefined,
  >(
    name: string,
    options: ClsOptions<Schema> & ClsWebOptions<MethodNames<Ctor>>,
    ctor: Ctor,
  ): ClsHandle<
    ParamsOf<Ctor, Schema>,
    {
      [Name in keyof InstanceType<Ctor> as MethodKey<
        Name,
        InstanceType<Ctor>[Name]
      >]: InstanceType<Ctor>[Name];
    }
  >;
  cls(name: string, ...rest: readonly unknown[]): unknown {
    const given = { name, ...split(rest), file: callSite(this.cls) };
    const { definition, violations } = readCls(given, this.#defaults);
    this.#define({ definition, violations }, this.cls);
    return createClsHandle(this.#target(name), definition, definition.methods);
  }

  /**
   * Defines a function that is written in Python. Its signature is stated here, or comes from its annotations by
   * `windlass types`: what its arguments and its result are in Python is in docs/python.md.
   * @param name - 1 to 64 letters, digits, `_` or `-`
   * @example
   * const transcribe = app.python<(audio: Uint8Array) => string>("transcribe", { handler: "whisper.py:transcribe" });
   * const text = await transcribe.remote(audio);
   * @throws InvalidError naming every mistake
   */
  python<const Handler extends keyof PythonHandlers>(
    name: string,
    options: PythonOptions & { readonly handler: Handler },
  ): PythonHandle<SignatureOf<Handler>>;
  python<Signature extends AnyHandler>(
    name: string,
    options: PythonOptions,
  ): PythonHandle<Signature>;
  python(name: string, options: PythonOptions): unknown {
    const given = { kind: "function", name, options, place: callPlace(this.python) } as const;
    const { definition, violations } = readPython(given, this.#defaults);
    this.#define({ definition, violations }, this.python);
    const handler = definition.kind === "function" ? definition.handler : () => undefined;
    // Whether it is a generator, its container knows.
    return new FunctionCalls(this.#target(name), handler, undefined);
  }

  /**
   * Defines a class that is written in Python: its methods that are decorated with `@windlass.method` can be called
   * remotely. Methods and parameters are stated here.
   * @param name - 1 to 64 letters, digits, `_` or `-`
   * @example
   * const Llm = app.pythonCls<{ generate(prompt: string): string }, { model: string }>("Llm", { handler: "llm.py:Llm" });
   * await new Llm({ model: "small" }).generate.remote("hello");
   * @throws InvalidError naming every mistake
   */
  pythonCls<const Handler extends keyof PythonHandlers>(
    name: string,
    options: PythonClsOptions & { readonly handler: Handler },
  ): PythonClsHandle<MethodsOf<Handler>, PythonParamsOf<Handler>>;
  pythonCls<Methods, Params extends object | undefined = undefined>(
    name: string,
    options: PythonClsOptions,
  ): PythonClsHandle<Methods, Params>;
  pythonCls(name: string, options: PythonClsOptions): unknown {
    const given = { kind: "cls", name, options, place: callPlace(this.pythonCls) } as const;
    this.#define(readPython(given, this.#defaults), this.pythonCls);
    return openClsHandle(this.#target(name));
  }

  /**
   * Defines a function that is written in Python and returns an ASGI app, such as one of FastAPI: it is called without
   * arguments, once in each container, and what it returns answers HTTP requests and WebSockets.
   * @param name - 1 to 64 letters, digits, `_` or `-`
   * @example app.pythonAsgi("api", { handler: "api.py:make_app", concurrency: { maxInputs: 100 } })
   * @throws InvalidError naming every mistake
   */
  pythonAsgi(name: string, options: PythonWebOptions): WebHandle {
    const place = callPlace(this.pythonAsgi);
    return this.#pythonWeb({ name, options, place, web: "asgi" }, this.pythonAsgi);
  }

  /**
   * The same for a function that returns a WSGI app, such as one of Flask: each request has a thread.
   * @param name - 1 to 64 letters, digits, `_` or `-`
   * @example app.pythonWsgi("site", { handler: "site.py:make_app", concurrency: { maxInputs: 20 } })
   * @throws InvalidError naming every mistake
   */
  pythonWsgi(name: string, options: PythonWebOptions): WebHandle {
    const place = callPlace(this.pythonWsgi);
    return this.#pythonWeb({ name, options, place, web: "wsgi" }, this.pythonWsgi);
  }

  /**
   * Defines a function that answers HTTP requests of one route, with what it returns as JSON: `windlass serve` and
   * `windlass deploy` give it a URL. What else it may return, and what it throws: docs/endpoints.md.
   * @param name - 1 to 64 letters, digits, `_` or `-`
   * @example
   * app.endpoint("thumb", { method: "POST", body: z.object({ url: z.string() }) }, ({ body }) => resize.remote(body.url));
   * @throws InvalidError naming every mistake
   */
  endpoint<const Options extends EndpointOptions>(
    name: string,
    options: Options,
    handler: (request: EndpointRequest<Options>) => unknown,
  ): WebHandle;
  endpoint(name: string, handler: (request: EndpointRequest) => unknown): WebHandle;
  endpoint(name: string, ...rest: readonly unknown[]): unknown {
    return this.#web("endpoints", { name, ...split(rest) }, this.endpoint);
  }

  /**
   * Defines a function that answers HTTP requests with an app of any framework that speaks `fetch`, or `nodeListener` of
   * one for `node:http`. The factory runs once in each container.
   * @param name - 1 to 64 letters, digits, `_` or `-`
   * @example app.webApp("api", { concurrency: { maxInputs: 100 } }, () => new Hono().get("/", (c) => c.text("hello")))
   * @throws InvalidError naming every mistake
   */
  webApp(name: string, options: WebAppOptions, factory: WebAppFactory): WebHandle;
  webApp(name: string, factory: WebAppFactory): WebHandle;
  webApp(name: string, ...rest: readonly unknown[]): unknown {
    return this.#web("app", { name, ...split(rest) }, this.webApp);
  }

  /**
   * Defines a function that answers HTTP requests with a process that listens on a port: the handler starts it, once in
   * each container, which is ready when the port takes connections.
   * @param name - 1 to 64 letters, digits, `_` or `-`
   * @example
   * app.webServer("llm", { port: 8000, gpu: "L4" }, ({ port }) => spawn("vllm", ["serve", MODEL, "--port", `${port}`]));
   * @throws InvalidError naming every mistake
   */
  webServer(
    name: string,
    options: WebServerOptions,
    start: (context: WebServerContext) => unknown,
  ): WebHandle;
  webServer(name: string, ...rest: readonly unknown[]): unknown {
    return this.#web("server", { name, ...split(rest) }, this.webServer);
  }

  /**
   * Defines a function like `webServer` whose requests never wait: while no container has room, and so while the first
   * one starts, they are answered with 503 at once. A container answers 100 at a time unless `concurrency` says another
   * number.
   * @param name - 1 to 64 letters, digits, `_` or `-`
   * @example app.server("game", { port: 7000, sticky: true, minContainers: 1 }, ({ port }) => spawn("./game", [`${port}`]));
   * @throws InvalidError naming every mistake
   */
  server(
    name: string,
    options: WebServerOptions,
    start: (context: WebServerContext) => unknown,
  ): WebHandle;
  server(name: string, ...rest: readonly unknown[]): unknown {
    return this.#web("unqueued", { name, ...split(rest) }, this.server);
  }

  /**
   * Defines what `windlass run` runs: in the process of the command, not in a container.
   * @param name - 1 to 64 letters, digits, `_` or `-`
   * @example app.entrypoint("main", { args: z.object({ n: z.coerce.number() }) }, async ({ n }) => { … })
   * @throws InvalidError naming every mistake
   */
  entrypoint<Result>(
    name: string,
    handler: (args: unknown) => Result,
  ): EntrypointHandle<undefined, Result>;
  entrypoint<Result, Schema extends StandardSchema | undefined = undefined>(
    name: string,
    options: EntrypointOptions<Schema>,
    handler: (args: EntrypointArgs<Schema>) => Result,
  ): EntrypointHandle<Schema, Result>;
  entrypoint(name: string, ...rest: readonly unknown[]): unknown {
    const given = { name, ...split(rest), file: callSite(this.entrypoint) };
    const { definition, violations } = readEntrypoint(given);
    const found = [...violations, ...this.#duplicates(definition)];
    throwViolations(`entrypoint ${show(name)}`, found, this.entrypoint);
    for (const app of this.#line()) app.#entrypoints.set(name, definition);
    return { name, run: (args: unknown) => runEntrypoint(definition, args) };
  }

  /**
   * Calls a function with each event of this name: a function of this app, or a handler, which becomes one of the name
   * `on-call-failed` (of that event). Here it is called by the run that the event is of, on AWS by a rule of EventBridge.
   * An event that is lost, for instance since EventBridge did not answer, is not told again.
   * @example app.on("call.failed", async ({ function: name, error }) => { await post(`${name}: ${error.message}`) })
   * @throws InvalidError for an event that there is not, or what is neither a handler nor a function of this app
   */
  on<Name extends EventName>(
    name: Name,
    target: ((event: WindlassEvents[Name]) => unknown) | ListenerHandle<WindlassEvents[Name]>,
  ): this {
    throwViolations("on()", checkEventName(name, `on() of app "${this.name}"`), this.on);
    const own = typeof target === "function" ? this.#handlerOf(name, target) : target;
    const known = this.#definitions.get(own?.name);
    if (known?.kind !== "function") throwViolations("on()", [notListening(this, target)], this.on);
    this.#listeners.push({ event: name, function: own.name });
    return this;
  }

  #handlerOf(event: EventName, handler: AnyHandler): { readonly name: string } {
    const name = `on-${event.replace(".", "-")}`;
    const given = { name, options: {}, body: handler, file: callSite(this.on) };
    this.#define(readFunction(given, this.#defaults), this.on);
    return { name };
  }

  /**
   * Makes the functions, classes and entrypoints of another app part of this one, now and later ones too. Tags of
   * this app win.
   * @throws InvalidError when both have something of one name
   */
  include(other: App): this {
    throwViolations(`app "${this.name}"`, this.#checkInclude(other), this.include);
    if (other.#parent === this) return this;
    other.#parent = this;
    this.#included.push(other);
    for (const app of this.#line()) {
      for (const definition of other.#definitions.values()) {
        app.#definitions.set(definition.name, definition);
      }
      for (const entrypoint of other.#entrypoints.values()) {
        app.#entrypoints.set(entrypoint.name, entrypoint);
      }
    }
    return this;
  }

  /**
   * Starts a backend: until it is closed, remote calls of this app go there.
   * @example await using run = await app.run({ backend: "local" });
   */
  run(options: RunOptions = {}): Promise<Run> {
    return startRun(this.root, options);
  }

  /** The app that includes it, and is itself in none; this one for most. */
  get root(): App {
    return this.#parent === undefined ? this : this.#parent.root;
  }

  #pythonWeb(given: Omit<PythonGiven, "kind">, below: (...args: never[]) => unknown): WebHandle {
    const { definition, violations } = readPython({ kind: "function", ...given }, this.#defaults);
    this.#define({ definition, violations }, below);
    return createWebHandle(this.#target(definition.name));
  }

  #web(
    kind: Parameters<typeof readWeb>[0],
    given: Omit<Given, "file">,
    below: (...args: never[]) => unknown,
  ): WebHandle {
    const reading = readWeb(kind, { ...given, file: callSite(below) }, this.#defaults);
    this.#define(reading, below);
    return createWebHandle(this.#target(reading.definition.name));
  }

  #define({ definition, violations }: Reading<Definition>, below: unknown): void {
    const subject = `${definition.kind === "cls" ? "class" : "function"} ${show(definition.name)}`;
    throwViolations(subject, [...violations, ...this.#duplicates(definition)], below);
    for (const app of this.#line()) app.#definitions.set(definition.name, definition);
  }

  /** This app, the one that includes it, and so on. */
  #line(): App[] {
    return this.#parent === undefined ? [this] : [this, ...this.#parent.#line()];
  }

  #target(name: string): { readonly app: string; readonly name: string } {
    const root = (): App => this.root;
    return {
      // Read at each call: the app may be included after its functions are defined.
      get app() {
        return root().name;
      },
      name,
    };
  }

  #duplicates(added: { readonly name: string; readonly file: string | undefined }): Violation[] {
    for (const app of this.#line()) {
      const first = app.#definitions.get(added.name) ?? app.#entrypoints.get(added.name);
      if (first !== undefined) {
        return [duplicateViolation(added, { app: app.name, first: first.file })];
      }
    }
    return [];
  }

  #checkInclude(other: unknown): Violation[] {
    const subject = `include() of app "${this.name}"`;
    if (typeof other !== "object" || other === null || !(#parent in other)) {
      const message = `${subject} takes an App, got ${show(other)}`;
      const hint = "pass an app that was made with `new App(…)` of the same copy of windlass";
      return [{ code: "WINDLASS_INCLUDE_NOT_AN_APP", message, hint }];
    }
    if (other.#parent === this) return [];
    if (this.#line().includes(other)) {
      const message = `${subject} takes another app, but "${other.name}" is itself or includes it`;
      return [
        { code: "WINDLASS_INCLUDE_CYCLE", message, hint: "remove one of the include() calls" },
      ];
    }
    if (other.#parent !== undefined) {
      const message = `${subject} cannot take app "${other.name}", which app "${other.#parent.name}" includes`;
      const hint = "include it once, at the outermost app";
      return [{ code: "WINDLASS_INCLUDED_TWICE", message, hint }];
    }
    const added = [...other.#definitions.values(), ...other.#entrypoints.values()];
    return added.flatMap((one) => this.#duplicates(one));
  }
}
brandApps(App.prototype);

function notListening(app: App, target: unknown): Violation {
  const message = `on() of app "${app.name}" takes a handler or a function of this app, got ${show(target)}`;
  const hint = "pass what `app.function(…)` of this app returned, or an `async (event) => { … }`";
  return { code: "WINDLASS_NOT_A_LISTENER", message, hint };
}

function split(rest: readonly unknown[]): { readonly options: unknown; readonly body: unknown } {
  return rest.length > 1
    ? { options: rest[0] ?? {}, body: rest[1] }
    : { options: {}, body: rest[0] };
}
