import type { Socket } from "node:net";
import { Agent, type AgentState, type FailedRequests } from "../../runtime-shim/agent/agent.ts";
import { toErrorPage } from "../../runtime-shim/agent/error-page.ts";
import type { AutoscalerSettings, Backend } from "../backend.ts";
import type { ContainerTimes } from "../call-trace.ts";
import { connectionTo } from "../client/connection.ts";
import type { Clock } from "../clock.ts";
import { decodePage } from "../codec/decode.ts";
import { encodePage } from "../codec/encode.ts";
import type { Page } from "../codec/page.ts";
import { isWindlassError } from "../errors.ts";
import { failedPage } from "../failed-page.ts";
import { createContainerId } from "../ids.ts";
import { type ContainerState, type PoolState, plan } from "../scheduling/plan.ts";
import { scaledSpec } from "../scheduling/scaled-spec.ts";
import { type FunctionSpec, targetInputs } from "../spec.ts";
import type { SecretValues } from "../storage/secret-values.ts";
import type { CallState, Cancelled } from "./call-state.ts";
import type { InspectOptions } from "./container.ts";
import type { EngineEvents, PoolSnapshot } from "./engine.ts";
import type { EngineHost } from "./host.ts";
import type { LocalEvents } from "./local-events.ts";
import type { OpenMounts } from "./local-mounts.ts";
import { type InputObserver, Pool } from "./pool.ts";
import { type Door, Entrance } from "./web/entrance.ts";
import type { Head } from "./web/head.ts";
import type { Work } from "./work-queue.ts";

/** A lease that makes no progress for this long gives up what it has not started, if others are idle. */
const SPLIT_AFTER_MS = 200;
/** Containers of one pool, whatever its options say: a recursion without end must not fill the machine. */
const MAX_CONTAINERS = 256;
/** How often it is looked whether what came before another version is done. */
const RETIRE_LOOK_MS = 20;
/** Starts that fail in a row before what waits is failed. */
const MAX_FAILED_STARTS = 3;

export interface ManagedPoolOptions {
  readonly key: string;
  readonly spec: FunctionSpec;
  readonly params: Page | undefined;
  readonly app: string;
  readonly bundle: string;
  readonly root: string;
  readonly backend: Backend;
  readonly events: EngineEvents;
  readonly inspect: InspectOptions | undefined;
  readonly maxWorking: number;
  readonly host: EngineHost;
  readonly observer: InputObserver | undefined;
  /** Hears of its containers. */
  readonly told: LocalEvents | undefined;
  /** Variables of its secrets. @throws WindlassError */
  readonly secrets: () => SecretValues;
}

interface Managed {
  readonly agent: Agent;
  readonly startedAt: number;
  readyAt: number;
  idleSince: number;
  readonly volumes: OpenMounts | undefined;
  settled: Promise<void>;
  /** Nothing new comes on the connections that it has. */
  closed: Promise<void>;
  /** It was to end. */
  isAsked: boolean;
}

/** A pool and its containers, kept in number by the policy. */
export class ManagedPool {
  readonly #options: ManagedPoolOptions;
  readonly #clock: Clock;
  readonly #pool: Pool;
  /** Connections of a function that answers requests; without those it stays empty. */
  readonly #entrance: Entrance;
  readonly #containers: Map<string, Managed> = new Map();
  /** Last commits of containers that have ended. */
  readonly #leaving: Set<Promise<void>> = new Set();
  #isReviewing = false;
  #failedStarts = 0;
  #lastFailedStart = 0;
  #isClosed = false;
  #scaling: AutoscalerSettings = {};
  /** The command that runs Python, once it is found; its packages may have to be installed first. */
  #python: string | undefined;
  #isFindingPython = false;

  constructor(options: ManagedPoolOptions) {
    this.#options = options;
    const { key, spec, params, observer } = options;
    this.#clock = options.host.clock;
    const { web, concurrency } = spec;
    this.#entrance = new Entrance({
      doors: () => this.#doors(),
      maxInputs: concurrency.maxInputs,
      isQueued: web?.kind !== "server" || web.isQueued,
      isSticky: web?.sticky === true,
    });
    this.#pool = new Pool({
      key,
      spec,
      params,
      observer,
      clock: this.#clock,
      timesOf: (id) => this.#timesOf(id),
      onChange: () => this.#reviewSoon(),
      onRoom: spec.web === null ? undefined : () => this.#entrance.dispatch(),
    });
  }

  /** True while someone may wait for it. */
  get isBusy(): boolean {
    const calls = this.#pool.backlog + this.#pool.running + this.#pool.delayed;
    const isWorking = calls + this.#entrance.backlog + this.#entrance.running > 0;
    return isWorking || (this.#isClosed && this.#containers.size > 0);
  }

  enqueue(work: Work): void {
    this.#pool.enqueue(work);
  }

  /** Starts a container that nothing waits for yet, where there is none. */
  warm(): void {
    if (this.#containers.size > 0 || this.#isClosed) return;
    if (this.#options.spec.python === null || this.#python !== undefined) this.#start();
    else void this.#warmPython();
  }

  /** Has a container answer the requests of a connection. @param head - what was read of it; undefined: nothing */
  accept(connection: Socket, head?: Head): void {
    this.#entrance.accept(connection, head);
    if (this.#entrance.demand > 0) this.#reviewSoon();
  }

  /** Ends a container, if it is one of these; what it runs is handed back. */
  stop(id: string): void {
    this.#containers.get(id)?.agent.preempt();
  }

  cancel(call: CallState, which: Cancelled): void {
    this.#pool.cancel(call, which);
  }

  /** Changes how many containers there are; what is left out stays. */
  scale(settings: AutoscalerSettings): void {
    const given = Object.entries(settings).filter(([, value]) => value !== undefined);
    this.#scaling = { ...this.#scaling, ...Object.fromEntries(given) };
    this.review();
  }

  credit(call: CallState, items: number): void {
    this.#pool.credit(call, items);
  }

  tick(): void {
    for (const { agent, volumes } of this.#containers.values()) {
      agent.tick();
      volumes?.mounts.tick();
    }
    this.#pool.traceRunning();
    this.review();
  }

  /** Lets the policy start and stop containers. */
  review(): void {
    if (this.#isClosed || this.#lacksPython()) return;
    for (const action of plan([this.#state()], this.#clock.now())) {
      if (action.kind === "stop") this.#containers.get(action.container)?.agent.drain();
      else for (let count = action.count; count > 0; count -= 1) this.#start();
    }
  }

  snapshot(): PoolSnapshot {
    const { delayed, done, failed } = this.#pool;
    const backlog = this.#pool.backlog + this.#entrance.backlog;
    const running = this.#pool.running + this.#entrance.running;
    const containers = [...this.#containers.values()].map(({ agent }) => ({
      id: agent.id,
      status: statusOf(agent),
      pid: agent.pid,
    }));
    const { name } = this.#options.spec;
    return { function: name, waiting: backlog + delayed, running, done, failed, containers };
  }

  /**
   * Another version takes its place: starts nothing for requests any more, and lets what came be done. `closed` resolves
   * when nothing new can come on connections that there are, `done` when all has been answered.
   */
  retire(): { readonly closed: Promise<void>; readonly done: Promise<void> } {
    const managed = [...this.#containers.values()];
    const done = this.#finish(managed);
    const closing = this.#options.spec.web === null ? [] : managed.map(({ closed }) => closed);
    return { closed: Promise.all(closing).then(() => {}), done };
  }

  async #finish(managed: readonly Managed[]): Promise<void> {
    const isWaiting = (): boolean =>
      this.#pool.backlog + this.#pool.running + this.#pool.delayed + this.#entrance.backlog > 0;
    while (isWaiting()) {
      await new Promise<void>((resolve) => this.#clock.after(RETIRE_LOOK_MS, resolve));
    }
    this.#isClosed = true;
    for (const { agent } of managed) {
      if (agent.state === "starting") agent.kill("another version took its place");
      else agent.drain();
    }
    await Promise.all([...this.#containers.values()].map(({ settled }) => settled));
    await Promise.all(this.#leaving);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pool.close();
    this.#entrance.close();
    const managed = [...this.#containers.values()];
    for (const { agent } of managed) {
      // What still runs has no one to wait for it; an idle container gets to run its exit hooks.
      if (agent.idle && agent.state === "ready") agent.drain();
      else agent.kill("the app was stopped");
    }
    await Promise.all(managed.map(({ settled }) => settled));
    await Promise.all(this.#leaving);
  }

  kill(): void {
    this.#isClosed = true;
    this.#pool.close();
    this.#entrance.close();
    for (const { agent } of this.#containers.values()) agent.kill("the app was stopped");
  }

  /** True while no container can start for want of a Python. */
  #lacksPython(): boolean {
    if (this.#options.spec.python === null || this.#python !== undefined) return false;
    const isWanted =
      this.#pool.backlog + this.#entrance.demand > 0 || this.#options.spec.minContainers > 0;
    if (isWanted && !this.#isFindingPython) void this.#findPython();
    return true;
  }

  async #warmPython(): Promise<void> {
    if (!this.#isFindingPython) await this.#findPython();
    if (this.#python !== undefined) this.warm();
  }

  async #findPython(): Promise<void> {
    this.#isFindingPython = true;
    try {
      this.#python = await this.#options.host.pythonOf(this.#options.spec);
    } catch (error) {
      // Found again for the next call: the user may have installed what was missing.
      const page = isWindlassError(error) ? toErrorPage(error) : encodePage([error], () => "error");
      this.#failWaiting(page);
    }
    this.#isFindingPython = false;
    this.#reviewSoon();
  }

  #reviewSoon(): void {
    if (this.#isReviewing) return;
    this.#isReviewing = true;
    setImmediate(() => {
      this.#isReviewing = false;
      this.review();
    });
  }

  #state(): PoolState {
    const { key, inspect } = this.#options;
    const spec = scaledSpec(this.#options.spec, this.#scaling);
    const maxWorking = this.#scaling.maxContainers ?? this.#options.maxWorking;
    const backlog = this.#pool.backlog + this.#entrance.demand;
    const isFailing = this.#failedStarts > 0 && backlog === 0;
    const limit = inspect === undefined ? (spec.maxContainers ?? MAX_CONTAINERS) : 1;
    return {
      key,
      backlog,
      running: this.#pool.running + this.#entrance.running,
      inputMs: this.#pool.inputMs ?? this.#entrance.requestMs,
      containers: [...this.#containers.values()]
        .filter(({ agent }) => agent.state !== "draining")
        .map((managed) => toContainerState(managed, this.#clock.now())),
      minContainers: isFailing ? 0 : spec.minContainers,
      maxContainers: limit,
      maxWorking: Math.min(maxWorking, limit),
      bufferContainers: isFailing ? 0 : spec.bufferContainers,
      scaledownWindowMs: spec.scaledownWindowSeconds * 1000,
      targetInputs: targetInputs(spec),
    };
  }

  *#doors(): Iterable<Door> {
    for (const { agent } of this.#containers.values()) {
      const { id, state, running, web } = agent;
      yield { id, isOpen: state === "ready", running, web };
    }
  }

  #start(): void {
    const { spec, params, app, root, backend, events, inspect } = this.#options;
    const bundle = spec.python === null ? this.#options.bundle : root;
    const containerId = createContainerId();
    const log = (stream: "stdout" | "stderr", text: string, call?: string): void =>
      events.log({ function: spec.name, container: containerId, stream, call, text });
    const onError = (text: string): void => log("stderr", text);
    const volumes = this.#options.host.mounts.open(spec, { id: containerId, onError });
    const { promise: settled, resolve: settle } = withResolvers();
    const { promise: closed, resolve: close } = withResolvers();
    const agent = new Agent({
      containerId,
      app,
      spec,
      params,
      bundle,
      process: this.#options.host.startRunner(spec, this.#python, volumes),
      sharesPorts: this.#options.host.sharesPorts,
      lateAfterMs: this.#options.host.lateAfterMs,
      routesConnections: true,
      secrets: this.#options.secrets,
      mounts: volumes?.mounts,
      source: this.#pool,
      backend,
      // As it is deployed, by the credentials of this process.
      otherApp: (name) => connectionTo(name, {}),
      splitAfterMs: SPLIT_AFTER_MS,
      prefetch: () => this.#pool.prefetches,
      isDebugged: inspect !== undefined,
      now: () => this.#clock.now(),
      after: (ms, run) => this.#clock.after(ms, run),
      onLine: log,
      onFailedRequests: (failed) => this.#requestsFailed(containerId, failed),
      onTraffic: () => {
        // Nobody asks for its state while requests find it with room: it is idle from its last one on.
        const managed = this.#containers.get(containerId);
        if (managed !== undefined) managed.idleSince = this.#clock.now();
        this.#entrance.dispatch();
        if (this.#entrance.backlog > 0) this.#reviewSoon();
      },
      onState: (state, error) => {
        this.#changed(containerId, { state, error });
        if (state !== "ended") return;
        if (volumes !== undefined) this.#leave(volumes);
        close();
        settle();
      },
      onClosing: close,
    });
    const startedAt = this.#clock.now();
    const times = { startedAt, readyAt: startedAt, idleSince: startedAt };
    const state = { settled, closed, isAsked: false };
    this.#containers.set(containerId, { agent, ...times, ...state, volumes });
  }

  #changed(
    id: string,
    { state, error }: { readonly state: AgentState; readonly error: Page | undefined },
  ): void {
    const managed = this.#containers.get(id);
    if (managed === undefined) return;
    const { name } = this.#options.spec;
    if (state === "ready") {
      managed.readyAt = this.#clock.now();
      managed.idleSince = managed.readyAt;
      this.#failedStarts = 0;
      this.#entrance.opened();
      this.#options.told?.started({ name, id }, managed.readyAt - managed.startedAt);
    }
    if (state === "draining") managed.isAsked = true;
    if (state === "draining" || state === "ended") this.#pool.leave(managed.agent);
    if (state !== "ended") return;
    this.#containers.delete(id);
    if (!this.#isClosed) this.#options.told?.stopped({ name, id }, whyEnded(managed, error));
    if (error !== undefined && !this.#isClosed) this.#startFailed(managed, error);
    this.#reviewSoon();
  }

  /** They are told of as inputs of a call are. */
  #requestsFailed(
    containerId: string,
    { callId, method, count, kind, error }: FailedRequests,
  ): void {
    if (this.#isClosed) return;
    const { app, spec, told } = this.#options;
    const target = { app, name: spec.name, method };
    const page = failedPage({ start: 0, count }, kind, error);
    told?.answered({ callId, kind: "map", target }, page, { attempts: 1, containerId });
  }

  #leave(volumes: OpenMounts): void {
    const left = volumes.close().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  #timesOf(id: string): ContainerTimes | undefined {
    const managed = this.#containers.get(id);
    if (managed === undefined) return undefined;
    const since1970 = this.#clock.wallTime() - this.#clock.now();
    const startedAt = Math.round(since1970 + managed.startedAt);
    return { id, startedAt, readyAt: Math.round(since1970 + managed.readyAt) };
  }

  #startFailed({ startedAt }: Managed, error: Page): void {
    // Starts that overlapped and failed count once: they most likely had one cause.
    if (startedAt < this.#lastFailedStart) return;
    this.#lastFailedStart = this.#clock.now();
    this.#failedStarts += 1;
    if (this.#failedStarts % MAX_FAILED_STARTS === 0) this.#failWaiting(error);
  }

  /** No container can be started. */
  #failWaiting(error: Page): void {
    this.#pool.failWaiting("startup", error);
    const [cause] = decodePage(error);
    this.#entrance.fail({
      code: isWindlassError(cause) ? cause.code : "WINDLASS_STARTUP_FAILED",
      message: cause instanceof Error ? cause.message : "no container could be started",
    });
  }
}

/** Undefined: it had been asked to end. */
function whyEnded({ isAsked }: Managed, error: Page | undefined): string | undefined {
  if (error !== undefined) {
    const [thrown] = decodePage(error);
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  }
  return isAsked ? undefined : "its process ended";
}

function toContainerState(managed: Managed, now: number): ContainerState {
  const status = statusOf(managed.agent);
  if (status !== "idle") managed.idleSince = now;
  return { id: managed.agent.id, status, idleSince: managed.idleSince };
}

function statusOf(agent: Agent): ContainerState["status"] {
  if (agent.state === "starting") return "starting";
  if (agent.blocked) return "blocked";
  return agent.idle ? "idle" : "busy";
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  return { promise, resolve };
}
