import type { Socket } from "node:net";
import type {
  AutoscalerSettings,
  Backend,
  CallChannel,
  CallReading,
  CallRequest,
  CallSink,
  CancelOptions,
  Defined,
  FunctionStats,
  InputPage,
  InputPlace,
  KeyedPage,
  ReadQuery,
  Target,
} from "../backend.ts";
import type { CallTrace, MadeRecord, TraceQuery } from "../call-trace.ts";
import { InvalidError, NotFoundError } from "../errors.ts";
import type { EventSink } from "../events.ts";
import { createContainerId } from "../ids.ts";
import { snapshotNotice } from "../memory-snapshots.ts";
import { packPage } from "../messages.ts";
import type { AppSpec, FunctionSpec } from "../spec.ts";
import type { StandardSchema } from "../standard-schema.ts";
import type { InlineSecrets } from "../storage/app-secrets.ts";
import { collectSecrets } from "../storage/collect-secrets.ts";
import type { SecretValues } from "../storage/secret-values.ts";
import type { Stores } from "../storage/stores.ts";
import { variantSpec } from "../variant.ts";
import type { Answers } from "../web/answers.ts";
import type { ParamsSchemas } from "../web/class-params.ts";
import type { CallState } from "./call-state.ts";
import type { InspectOptions } from "./container.ts";
import { CANCEL_CHECK_MS, DurableCalls } from "./durable-calls.ts";
import { hasGpu } from "./gpu-here.ts";
import { type EngineHost, thisMachine } from "./host.ts";
import { ignoredImagesNotice } from "./ignored-images.ts";
import { LocalEvents } from "./local-events.ts";
import { type LogKeeper, LogWriter } from "./logs/log-writer.ts";
import { ManagedPool } from "./managed-pool.ts";
import { literalPathNotices } from "./mount-literals.ts";
import type { InputObserver } from "./pool.ts";
import { ContainerList } from "./running-containers.ts";
import type { Head } from "./web/head.ts";
import { readParams } from "./web/read-params.ts";
import { refuseConnection } from "./web/refuse-connection.ts";

/** How often clocks are looked at while anything is outstanding, and while nothing is. */
const BUSY_TICK_MS = 50;
const IDLE_TICK_MS = 1000;

/** What containers of an engine are. */
export type ContainerKind = "process" | "docker";

/** A line that a container wrote. */
export interface LogLine {
  readonly function: string;
  readonly container: string;
  readonly stream: "stdout" | "stderr";
  /** The call that ran, where one ran at a time. */
  readonly call?: string | undefined;
  readonly text: string;
}

export interface EngineEvents {
  log(line: LogLine): void;
  /** A sentence that the user should see once. */
  notice(text: string): void;
}

export interface EngineOptions {
  readonly spec: AppSpec;
  readonly bundle: { readonly file: string; readonly hash: string };
  /** Working directory of containers. */
  readonly root: string;
  readonly events: EngineEvents;
  readonly inspect?: InspectOptions | undefined;
  /** Somebody agreed that functions with a GPU run without one: no notice of it. @default false */
  readonly acceptsCpu?: boolean | undefined;
  /** Secrets whose values are in the code of the app. @default - none */
  readonly inlineSecrets?: InlineSecrets | undefined;
  /** Schemas of the parameters of its classes whose requests say them. @default - none */
  readonly paramsSchemas?: ParamsSchemas | undefined;
  /** Hears of every input and result. */
  readonly observer?: InputObserver | undefined;
  /** Keeps what containers write. @default - nobody does */
  readonly logs?: LogKeeper | undefined;
  /** Tells other programs of its containers. @default - nobody does */
  readonly list?: Pick<ContainerList, "update" | "close"> | undefined;
  /** Hears of events, beside the functions that `app.on` calls with them. */
  readonly eventSink?: EventSink | undefined;
}

export interface MachineEngineOptions extends EngineOptions {
  readonly stateDirectory: string;
  /** Files that define the app, which containers of Docker are given as one. @default - none: it runs in none */
  readonly files?: readonly string[] | undefined;
  /** What containers are: processes, or those of Docker in their images. @default - WINDLASS_CONTAINERS, else process */
  readonly containers?: ContainerKind | undefined;
  /** Python functions run in virtual environments with what their images install. @default true */
  readonly usesVenv?: boolean | undefined;
}

export interface PoolSnapshot {
  readonly function: string;
  readonly waiting: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
  readonly containers: readonly {
    readonly id: string;
    readonly status: string;
    readonly pid: number | undefined;
  }[];
}

/** The embedded engine: queues, containers and stored calls of one app, in this process. */
export class LocalEngine implements Backend {
  readonly name = "local";
  readonly stores: Stores;
  /** Where functions answer requests, while something listens for them. */
  urls: ReadonlyMap<string, string> = new Map();
  readonly #options: EngineOptions;
  readonly #pools: Map<string, ManagedPool> = new Map();
  readonly #noticed: Set<string> = new Set();
  readonly #host: EngineHost;
  readonly #told: LocalEvents | undefined;
  readonly #events: EngineEvents;
  #durable: Promise<DurableCalls> | undefined;
  #openDurable: DurableCalls | undefined;
  #stopTimer: () => void = () => {};
  #isTimerBusy = false;
  #lastCancelCheck = 0;
  #isClosed = false;

  constructor(host: EngineHost, options: EngineOptions) {
    this.#host = host;
    this.#options = options;
    this.stores = host.stores;
    this.#events = keepingLogs(options, () => host.clock.wallTime());
    this.#told = LocalEvents.of({
      ...{ spec: options.spec, clock: host.clock, sink: options.eventSink },
      open: (request, sink) => this.open(request, sink),
      notice: (text) => options.events.notice(text),
    });
  }

  /** Starts what must run before the first call: warm containers, and calls that an earlier engine left. */
  async start(): Promise<void> {
    const { spec: app, events, root, bundle } = this.#options;
    const ignored = this.#host.hasImages
      ? []
      : [ignoredImagesNotice(app), ...literalPathNotices(app, bundle.file, root)];
    for (const notice of [...ignored, snapshotNotice(app)]) {
      if (notice !== undefined) events.notice(notice);
    }
    for (const spec of app.functions) {
      if (spec.minContainers > 0 && spec.kind === "function") this.#pool(spec).review();
    }
    if (this.#host.hasCalls) await this.#durableCalls();
  }

  open(request: CallRequest, sink: CallSink): CallChannel {
    const pool = this.#poolOf(request);
    const call: CallState = {
      request,
      deliver: (page) => sink.results(page),
      items: (items) => sink.items?.(items),
    };
    return {
      push: (page) => {
        // Field by field: a spread costs as much as all the rest of this.
        const { start, count, unary, args, parent } = page;
        // Only calls of stored calls say which input has made them.
        if (parent !== undefined) call.tracer ??= this.#openDurable;
        const work = { call, start, count, unary, args, attempt: 0, crashes: 0, isAlone: false };
        pool.enqueue(work);
        this.#keepTime();
      },
      cancel: (index) => pool.cancel(call, { index }),
      credit: (items) => pool.credit(call, items),
      close: () => {},
    };
  }

  async spawn(request: CallRequest, page: InputPage): Promise<void> {
    this.#poolOf(request);
    await (await this.#durableCalls()).spawn(request, page);
    this.#keepTime();
  }

  async endSpawn(callId: string, total: number): Promise<void> {
    await (await this.#durableCalls()).endSpawn(callId, total);
  }

  async spawnOnce(
    request: CallRequest,
    page: KeyedPage,
  ): Promise<readonly (InputPlace | undefined)[]> {
    this.#poolOf(request);
    const places = await (await this.#durableCalls()).spawnOnce(request, page);
    this.#keepTime();
    return places;
  }

  async read(query: ReadQuery): Promise<CallReading> {
    return (await this.#durableCalls()).read(query);
  }

  async cancel(callId: string, index?: number, options: CancelOptions = {}): Promise<void> {
    await (await this.#durableCalls()).cancel(callId, index, options);
  }

  async trace(query: TraceQuery): Promise<CallTrace> {
    return (await this.#durableCalls()).trace(query);
  }

  async noteMade(callId: string, made: MadeRecord): Promise<void> {
    (await this.#durableCalls()).noteMade(callId, made);
  }

  async updateAutoscaler(target: Target, settings: AutoscalerSettings): Promise<void> {
    this.#poolFor(target).scale(settings);
  }

  async getCurrentStats(target: Target): Promise<FunctionStats> {
    const { waiting, containers } = this.#poolFor(target).snapshot();
    return { backlog: waiting, numTotalRunners: containers.length };
  }

  async functions(app: string): Promise<readonly Defined[]> {
    const { name, functions } = this.#options.spec;
    if (app !== name) throw this.#notRunning({ app, name: "any function" });
    return functions;
  }

  /** Functions that answer requests, in the order of their names. */
  get webFunctions(): readonly string[] {
    return this.#options.spec.functions.filter(({ web }) => web !== null).map(({ name }) => name);
  }

  /** Functions that answer requests and have containers. */
  get working(): readonly string[] {
    const working = this.snapshot().filter(({ containers }) => containers.length > 0);
    return working.map((pool) => pool.function).filter((name) => this.webFunctions.includes(name));
  }

  /** Starts a container for each of those functions that has none. */
  warm(names: readonly string[]): void {
    for (const name of names) if (this.webFunctions.includes(name)) this.#pool({ name }).warm();
  }

  /** What the first request of a connection says decides which container of a function gets it. */
  readsHeads(name: string): boolean {
    const { web } = this.#options.spec.functions.find((spec) => spec.name === name) ?? {};
    return web?.sticky === true || this.#options.paramsSchemas?.has(name) === true;
  }

  /** Has a container of a function answer the requests of a connection. @param head - what was read of it, if anything */
  accept(name: string, connection: Socket, head?: Head): void {
    const schema = this.#options.paramsSchemas?.get(name);
    if (head === undefined || schema === undefined) {
      this.#pool({ name }).accept(connection, head);
      this.#keepTime();
    } else void this.#acceptByParams({ name, schema, head }, connection);
  }

  async url({ app, name }: Target): Promise<string> {
    const url = this.urls.get(name);
    if (url !== undefined) return url;
    this.#poolFor({ app, name });
    throw new NotFoundError("WINDLASS_NOT_SERVED", `nothing serves "${name}" in this run`, {
      hint: "serve the app with `npx windlass serve <file>`",
    });
  }

  async findToken(hash: string): Promise<boolean> {
    return this.#host.findToken(hash);
  }

  get answers(): Answers | undefined {
    return this.#host.answers;
  }

  /** The name of its app. */
  get app(): string {
    return this.#options.spec.name;
  }

  /** How long an input of a function may run; undefined for a function that there is not. */
  timeoutSecondsOf(name: string): number | undefined {
    return this.#options.spec.functions.find((spec) => spec.name === name)?.timeoutSeconds;
  }

  snapshot(): PoolSnapshot[] {
    return [...this.#pools.values()].map((pool) => pool.snapshot());
  }

  /** Spawned calls that are not complete; they go on when the app is next run. */
  get pendingSpawned(): number {
    return this.#openDurable?.pending ?? 0;
  }

  /**
   * Another engine takes its place: it finishes what came, and closes. `closed` resolves when no requests can come to it
   * any more, `done` when it has closed.
   */
  retire(): { readonly closed: Promise<unknown>; readonly done: Promise<void> } {
    const retiring = [...this.#pools.values()].map((pool) => pool.retire());
    const done = Promise.all(retiring.map((one) => one.done)).then(() => this.close());
    return { closed: Promise.all(retiring.map((one) => one.closed)), done };
  }

  /** Drains all containers, runs their exit hooks, and closes the store. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#told?.settle();
    this.#host.close();
    this.#keepTime();
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
    this.#stopTimer();
    if (this.#durable !== undefined) await (await this.#durable).close();
    this.#options.list?.close();
    await this.#options.logs?.close();
  }

  /** Ends all containers at once. What was spawned is stored and goes on when the app is next run. */
  kill(): void {
    this.#isClosed = true;
    this.#stopTimer();
    this.#host.close();
    for (const pool of this.#pools.values()) pool.kill();
    this.#options.list?.close();
    this.#options.logs?.closeNow();
  }

  /** Each set of parameters has containers of its own, which calls have too. */
  async #acceptByParams(
    {
      name,
      schema,
      head,
    }: { readonly name: string; readonly schema: StandardSchema; readonly head: Head },
    connection: Socket,
  ): Promise<void> {
    const spec = this.#options.spec.functions.find((candidate) => candidate.name === name);
    const read = await readParams(head.query, { name, schema, json: spec?.web?.params ?? {} });
    if (this.#isClosed || connection.destroyed) connection.destroy();
    else if (read.refusal !== undefined) refuseConnection(connection, read.refusal);
    else this.#pool({ name, params: read.params }).accept(connection, head);
    this.#keepTime();
  }

  #poolOf({ target }: CallRequest): ManagedPool {
    return this.#poolFor(target);
  }

  #poolFor(target: Target): ManagedPool {
    if (target.app !== this.#options.spec.name) throw this.#notRunning(target);
    return this.#pool(target);
  }

  #pool({ name, params, variant }: Omit<Target, "app">): ManagedPool {
    const key = [name, params && packPage(params), variant].filter((part) => part).join(" ");
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const defined = this.#options.spec.functions.find((candidate) => candidate.name === name);
    if (defined === undefined) throw this.#unknown(name);
    const spec = variantSpec(defined, variant);
    if (spec.gpu.length > 0) this.#noticeGpu(name, spec.gpu);
    const pool = new ManagedPool({
      key,
      spec,
      params,
      app: this.#options.spec.name,
      bundle: this.#options.bundle.file,
      root: this.#options.root,
      backend: this,
      host: this.#host,
      events: this.#events,
      inspect: this.#options.inspect,
      secrets: () => this.#secretsOf(spec),
      maxWorking: spec.maxContainers ?? this.#host.maxWorking,
      observer: this.#observer(),
      told: this.#told,
    });
    this.#pools.set(key, pool);
    return pool;
  }

  #observer(): InputObserver | undefined {
    const { observer } = this.#options;
    const told = this.#told;
    if (told === undefined) return observer;
    return {
      arrived: (request, page) => observer?.arrived(request, page),
      answered(request, page, how) {
        observer?.answered(request, page, how);
        told.answered(request, page, how);
      },
      yielded: (request, items) => observer?.yielded(request, items),
    };
  }

  /** As they are now: each container has those of its start. @throws NotFoundError, ContainerStartupError */
  #secretsOf(spec: FunctionSpec): SecretValues {
    const { inlineSecrets } = this.#options;
    const values = spec.secrets.map(
      ({ name }) => inlineSecrets?.get(name)?.() ?? this.#host.readSecret(name),
    );
    return collectSecrets(spec, values);
  }

  #notRunning({ app, name }: Target): NotFoundError {
    const running = this.#options.spec.name;
    return new NotFoundError(
      "WINDLASS_APP_NOT_RUNNING",
      `"${name}" of app "${app}" has nowhere to run: this is a run of app "${running}"`,
      { hint: `include that app, so that both run together: \`app.include(…)\` in "${running}"` },
    );
  }

  #unknown(name: string): NotFoundError {
    const known = this.#options.spec.functions.map((spec) => spec.name).join(", ");
    return new NotFoundError(
      "WINDLASS_FUNCTION_NOT_FOUND",
      `app "${this.#options.spec.name}" has no function "${name}"; it has: ${known || "none"}`,
    );
  }

  #noticeGpu(name: string, gpu: readonly string[]): void {
    if (this.#options.acceptsCpu === true || this.#noticed.has(name) || hasGpu()) return;
    this.#noticed.add(name);
    this.#options.events.notice(
      `function "${name}" asks for ${gpu.join(" or ")}; this machine has no NVIDIA GPU, so it runs on the CPU`,
    );
  }

  #durableCalls(): Promise<DurableCalls> {
    this.#durable ??= this.#openCalls();
    return this.#durable;
  }

  async #openCalls(): Promise<DurableCalls> {
    const { spec } = this.#options;
    const calls = new DurableCalls({
      store: await this.#host.openCalls(),
      engineId: createContainerId().replace("ct-", "en-"),
      app: spec.name,
      functions: new Set(spec.functions.map((candidate) => candidate.name)),
      clock: this.#host.clock,
      enqueue: (work) => this.#poolOf(work.call.request).enqueue(work),
      cancel: (call, which) => this.#poolOf(call.request).cancel(call, which),
    });
    this.#openDurable = calls;
    await calls.begin();
    this.#keepTime();
    return calls;
  }

  /** Keeps this process alive while anything is outstanding, and not otherwise. */
  #keepTime(): void {
    if (this.#isTimerBusy) return;
    this.#look(true);
  }

  #tick(): void {
    let isBusy = this.#openDurable?.isBusy ?? false;
    for (const pool of this.#pools.values()) {
      pool.tick();
      isBusy ||= pool.isBusy;
    }
    for (const id of this.#options.list?.update(this.snapshot()) ?? []) {
      for (const pool of this.#pools.values()) pool.stop(id);
    }
    const now = this.#host.clock.now();
    if (this.pendingSpawned > 0 && now - this.#lastCancelCheck > CANCEL_CHECK_MS) {
      this.#lastCancelCheck = now;
      this.#openDurable?.checkCancelled();
    }
    if (isBusy !== this.#isTimerBusy) this.#look(isBusy);
  }

  #look(isBusy: boolean): void {
    this.#stopTimer();
    this.#isTimerBusy = isBusy;
    const everyMs = isBusy ? BUSY_TICK_MS : IDLE_TICK_MS;
    this.#stopTimer = this.#host.clock.every(everyMs, () => this.#tick(), isBusy);
  }
}

/** Tells what containers write to whoever keeps it, too. */
function keepingLogs({ spec, events, logs }: EngineOptions, now: () => number): EngineEvents {
  if (logs === undefined) return events;
  return {
    log(line) {
      const { function: name, container, stream, call = null, text } = line;
      logs.write({ at: now(), app: spec.name, function: name, container, call, stream, text });
      events.log(line);
    },
    notice: (text) => events.notice(text),
  };
}

/** Makes an engine for an app on this machine and starts it. @throws WindlassError */
export async function startEngine(options: MachineEngineOptions): Promise<LocalEngine> {
  const { spec, root, stateDirectory, events, inspect, usesVenv = true, files } = options;
  const { images } = spec;
  const notice = (text: string): void => events.notice(text);
  const own = { root, stateDirectory, images, notice };
  const machine = thisMachine({ app: spec.name, ...own, inspect, usesVenv });
  const logs = new LogWriter(stateDirectory, Date.now);
  const list = new ContainerList(stateDirectory, spec.name, () => performance.now());
  const isInDocker = kindOf(options) === "docker";
  if (!isInDocker || files === undefined) return await begin(machine, { ...options, logs, list });
  const { inDocker } = await import("./docker/in-docker.ts");
  const { host, bundle } = await inDocker(machine, { ...own, files });
  return await begin(host, { ...options, bundle, logs, list });
}

/** A debugger is for processes. */
function kindOf({ containers, inspect }: MachineEngineOptions): ContainerKind {
  const kind = containers ?? (process.env["WINDLASS_CONTAINERS"] || "process");
  if (kind === "docker") return inspect === undefined ? "docker" : "process";
  if (kind === "process") return kind;
  throw new InvalidError(
    "WINDLASS_CONTAINERS",
    `WINDLASS_CONTAINERS must be process or docker, got "${kind}"`,
    { hint: "leave it out for processes of this machine" },
  );
}

async function begin(host: EngineHost, options: EngineOptions): Promise<LocalEngine> {
  const engine = new LocalEngine(host, options);
  await engine.start();
  return engine;
}
