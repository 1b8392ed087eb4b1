import { CONTAINER_BEAT_MS } from "../../lib/aws/container-row.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { type Deployment, Deployments, functionOf } from "../../lib/aws/deployments.ts";
import { deploymentKey, parametersKey } from "../../lib/aws/keys.ts";
import type { LogLine } from "../../lib/aws/log-line.ts";
import type { ManifestFunction } from "../../lib/aws/manifest.ts";
import type { Objects } from "../../lib/aws/objects.ts";
import type { ParametersRow } from "../../lib/aws/parameter-sets.ts";
import type { Queues } from "../../lib/aws/queues.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import { scalingOf } from "../../lib/aws/scaling.ts";
import type { AutoscalerSettings, Backend } from "../../lib/backend.ts";
import { systemClock } from "../../lib/clock.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import type { Page } from "../../lib/codec/page.ts";
import { isWindlassError, NotFoundError } from "../../lib/errors.ts";
import type { EventSink } from "../../lib/events.ts";
import { unpackPage } from "../../lib/messages.ts";
import { scaledSpec } from "../../lib/scheduling/scaled-spec.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import { storedSecret } from "../../lib/storage/app-secrets.ts";
import { collectSecrets } from "../../lib/storage/collect-secrets.ts";
import type { SecretValues } from "../../lib/storage/secret-values.ts";
import { variantSpec } from "../../lib/variant.ts";
import { Agent, type AgentState } from "../agent/agent.ts";
import type { ContainerMounts } from "../agent/container-mounts.ts";
import { toErrorPage } from "../agent/error-page.ts";
import type { LeaseSource } from "../agent/lease-source.ts";
import { QueueLeaseSource } from "../agent/queue-lease-source.ts";
import type { Runner } from "../agent/runner-process.ts";
import { openMounts } from "./aws-mounts.ts";
import { ContainerEvents } from "./container-events.ts";
import { ContainerRecord, type ContainerReport } from "./container-record.ts";
import { type AgentEnvironment, type RunnerKind, runnerOf } from "./environment.ts";
import { areStartsFailing } from "./failed-starts.ts";
import { LeaseMeter } from "./lease-meter.ts";
import { WebSide } from "./web-side.ts";

/** A lease that makes no progress for this long gives up what it has not started. */
const SPLIT_AFTER_MS = 2000;
/** How often the source looks at its messages. */
const SOURCE_EVERY_MS = 1000;
/** An idle container is the controller's to end; should that one be broken, it ends by itself this much later. */
const FORGOTTEN_SECONDS = 600;
/** Requests come until the controller has seen to it that they do not: it has this long, or where a host goes this. */
const LONGEST_LEAVE_MS = 60_000;
const SHORT_LEAVE_MS = 20_000;
/** The controller is woken this often at most. */
const WAKE_EVERY_MS = 5000;
/** An error in the row of a container is for reading. */
const MAX_ERROR_CHARS = 2000;

export interface AwsContainerOptions {
  readonly environment: AgentEnvironment;
  readonly rows: Rows;
  readonly objects: Objects;
  readonly queues: Queues;
  /** Path of the bundle with this hash, or of its Python files. @throws NotFoundError, ContainerStartupError */
  readonly fetchCode: (codeHash: string, isPython: boolean) => Promise<string>;
  readonly startRunner: (kind: RunnerKind) => Runner;
  /** The program that mounts a bucket. */
  readonly bucketProgram: string;
  /** Where calls made by user code go. */
  readonly backend: Backend;
  /** The same for calls of another app. */
  readonly otherApp: (app: string) => Backend;
  /** Asks the controller to look at these pools of the app. */
  readonly wake: (pools: readonly string[]) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** The address that ECS tells a container about itself at. */
  readonly metadataUrl: string | undefined;
  readonly onLine: (line: LogLine) => void;
  /** Where events go. @default - nowhere */
  readonly events?: EventSink | undefined;
  /** Something failed that no caller is told of, since it is tried again. */
  readonly onError: (error: unknown) => void;
}

/** What there is once the deployment is known. */
interface Work {
  /** Name of the app in its module. */
  readonly module: string;
  readonly spec: FunctionSpec;
  /** Parameters of a class: a page of one value. */
  readonly params: Page | undefined;
  readonly source: QueueLeaseSource;
  readonly meter: LeaseMeter;
  readonly mounts: ContainerMounts | undefined;
  /** Where its requests come from; undefined where it answers none. */
  readonly web: WebSide | undefined;
}

/**
 * A container on AWS, from its start to its end: keeps a runner with the current code of its function, takes ranges
 * from the function's queue, and says in its row how it is.
 */
export class AwsContainer {
  /** Resolves with the exit code of this program. */
  readonly ended: Promise<number>;
  readonly #options: AwsContainerOptions;
  readonly #record: ContainerRecord;
  readonly #deployments: Deployments;
  readonly #told: ContainerEvents;
  /** Starts while the deployment is looked up. */
  #runner: Runner | undefined;
  #end: (code: number) => void = () => {};
  #state: "starting" | "ready" | "draining" | "stopping" | "ended" = "starting";
  #deployment = 0;
  #work: Work | undefined;
  /** As they were when it started. */
  #secrets: SecretValues = {};
  #agent: Agent | undefined;
  /** To be told that the last runner has ended: no other is started. */
  #onRunnerEnd: (() => void) | undefined;
  /** Since when it runs nothing, in milliseconds since 1970. */
  #idleSince: number | null = null;
  #readyAt: number | undefined;
  #scaling: AutoscalerSettings | undefined;
  /** An input of newer code waits, which a container that is not there yet is to take. */
  #isOutdated = false;
  #sourceAt = 0;
  #beatAt: number;
  #wokenAt: number = Number.NEGATIVE_INFINITY;

  constructor(options: AwsContainerOptions) {
    const { environment, rows, objects, wallClock, now, onError } = options;
    this.#options = options;
    this.#runner = options.startRunner(environment.language);
    this.#beatAt = now();
    this.#record = new ContainerRecord({
      ...{ environment, rows, onError },
      now: wallClock,
      onDrain: () => this.drain(),
    });
    const { app, environment: name } = environment;
    this.#told = new ContainerEvents({ environment, sink: options.events, now: wallClock });
    this.#deployments = new Deployments({ app, environment: name, rows, objects, now });
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Becomes the function that its environment names. */
  async start(): Promise<void> {
    void this.#record.write();
    try {
      const [deployment, parameters] = await Promise.all([
        this.#deployments.read(),
        this.#parameters(),
      ]);
      this.#work = this.#prepare(deployment, parameters);
      const { spec } = this.#work;
      const isPython = spec.python !== null;
      this.#useRunner(runnerOf(spec));
      const [bundle, , ...values] = await Promise.all([
        this.#options.fetchCode(deployment.row.codeHash, isPython),
        this.#work.web?.open(),
        ...spec.secrets.map(({ name }) => this.#readSecret(name)),
      ]);
      this.#secrets = collectSecrets(spec, values);
      if (this.#state === "starting") this.#run(this.#work, bundle);
    } catch (error) {
      this.#runner?.kill();
      await this.#failStart(toPage(error));
    }
  }

  /** A deployment since then may have changed the language. */
  #useRunner(kind: RunnerKind): void {
    if (kind === this.#options.environment.language) return;
    this.#runner?.kill();
    this.#runner = this.#options.startRunner(kind);
  }

  #readSecret(name: string): Promise<SecretValues> {
    const { environment, backend } = this.#options;
    return backend.stores.secrets.read(storedSecret(environment.app, name));
  }

  /** Looks at the clock; to be called several times a second. */
  tick(): void {
    this.#agent?.tick();
    const now = this.#options.now();
    if (now - this.#sourceAt >= SOURCE_EVERY_MS) {
      this.#sourceAt = now;
      this.#work?.source.tick();
      this.#work?.mounts?.tick();
      this.#endIfForgotten();
    }
    if (now - this.#beatAt >= CONTAINER_BEAT_MS) {
      this.#beatAt = now;
      this.#beat().catch(this.#options.onError);
    }
  }

  /** Takes nothing new, finishes what it has, runs exit hooks, ends. */
  drain(): void {
    if (this.#state !== "starting" && this.#state !== "ready") return;
    this.#state = "draining";
    const finished = [this.#work?.source.retire(), this.#work?.web?.leave(LONGEST_LEAVE_MS)];
    this.#leave(Promise.all(finished)).catch(this.#options.onError);
  }

  /** Hands back at once what it has, and ends: its host is about to go. */
  stop(): void {
    if (this.#state === "stopping" || this.#state === "ended") return;
    this.#state = "stopping";
    const stopped = this.#work?.source.stop();
    const left = this.#work?.web?.leave(SHORT_LEAVE_MS) ?? Promise.resolve();
    const preempted = left.then(() => this.#agent?.preempt());
    this.#leave(Promise.all([stopped, preempted])).catch(this.#options.onError);
  }

  async #leave(finished: Promise<unknown> | undefined): Promise<void> {
    void this.#record.write({ ...this.#report(), status: "draining" });
    try {
      await finished;
    } finally {
      await this.#endRunner();
      await this.#work?.mounts?.close();
      this.#work?.web?.close();
      if (this.#state !== "ended") {
        this.#state = "ended";
        await this.#record.write({ status: "ended", taken: 0 });
        this.#told.stopped("it was not needed any more, or its host goes");
        await this.#wakeForSuccessor();
        this.#end(0);
      }
    }
  }

  /** Who waits has woken the controller before this one made room; its next look would be a while away. */
  async #wakeForSuccessor(): Promise<void> {
    if (!this.#isOutdated) return;
    const { environment, wake, onError } = this.#options;
    await wake([environment.pool]).catch(onError);
  }

  async #endRunner(): Promise<void> {
    const agent = this.#agent;
    if (agent === undefined) {
      this.#runner?.kill();
      return;
    }
    if (agent.state === "ended") return;
    const ended = new Promise<void>((resolve) => {
      this.#onRunnerEnd = resolve;
    });
    agent.drain();
    await ended;
  }

  /** Tells callers only when it is in vain to start another container. */
  async #failStart(error: Page): Promise<void> {
    if (this.#state === "stopping" || this.#state === "ended") return;
    this.#state = "ended";
    try {
      const report = { deployment: this.#deployment, error: describe(error) };
      await this.#record.write({ status: "ended", taken: 0, ...report });
      this.#told.failed(report.error);
      await this.#giveUp(error);
    } finally {
      this.#end(1);
    }
  }

  async #giveUp(error: Page): Promise<void> {
    const source = this.#work?.source;
    if (source === undefined) return;
    const { environment, rows } = this.#options;
    const { app, pool } = environment;
    const start = { pool, deployment: this.#deployment };
    // What it holds is for the next container: it was ready once.
    if (source.isIdle && (await areStartsFailing(rows, app, start)))
      await source.failWaiting(error);
    else await source.stop();
  }

  /** A container that answers requests goes on until the controller has put another in its place. */
  #meetNewer(): void {
    this.#isOutdated = true;
    if (this.#work?.web === undefined) this.drain();
    else this.#work.source.retire().catch(this.#options.onError);
  }

  /** For work that it shares with containers that may not be there. */
  #wake(): void {
    const { environment, now, wake, onError } = this.#options;
    // The row says how much waits.
    const written = this.#record.write(this.#report());
    if (now() - this.#wokenAt < WAKE_EVERY_MS) return;
    this.#wokenAt = now();
    written.then(() => wake([environment.pool])).catch(onError);
  }

  /** The parameter set of its pool; undefined for a function's own pool. @throws NotFoundError */
  async #parameters(): Promise<ParametersRow | undefined> {
    const { environment, rows } = this.#options;
    const { app, pool } = environment;
    if (pool === environment.function) return undefined;
    const found = await rows.get<ParametersRow>(parametersKey(app, pool));
    if (found !== undefined) return found.body;
    throw new NotFoundError("WINDLASS_POOL_GONE", `pool "${pool}" of app "${app}" does not exist`, {
      hint: "nobody has called it for a day: the next call makes it again",
    });
  }

  #prepare(deployment: Deployment, parameters: ParametersRow | undefined): Work {
    const { environment, rows, objects, queues, wallClock, now, onError } = this.#options;
    const known = functionOf(deployment, environment.function);
    const spec = variantSpec(known.spec, parameters?.variant);
    const queueUrl = parameters?.queueUrl ?? known.queueUrl;
    this.#deployment = deployment.row.number;
    const source = new QueueLeaseSource({
      store: { rows, objects, now: wallClock },
      queues,
      queueUrl,
      deadLetterQueueUrl: deployment.manifest.deadLetterQueueUrl,
      containerId: environment.containerId,
      deployment: this.#deployment,
      leases: leasesOf(spec),
      onNewer: () => this.#meetNewer(),
      onShared: () => this.#wake(),
      times: () => this.#times(),
      mayScaleOut: () => scaledSpec(spec, this.#scaling).maxContainers !== 1,
      onError,
      onAnswered: this.#told.answers({ deployment: this.#deployment, events: spec.events }),
    });
    const meter = new LeaseMeter({
      ...{ source, now },
      isBatched: leasesOf(spec) === "batches",
      onChange: () => this.#noteWork(),
    });
    const params = parameters?.params ? unpackPage(parameters.params) : undefined;
    const { bucketProgram, backend } = this.#options;
    const { app } = environment;
    const { stores } = backend;
    const mounts = openMounts(spec, { app, stores, bucketProgram, now, onError });
    const web = this.#openWeb(known, meter);
    return { module: deployment.manifest.module, spec, params, source, meter, mounts, web };
  }

  #openWeb({ web, spec }: ManifestFunction, source: LeaseSource): WebSide | undefined {
    if (web === undefined) return undefined;
    const { metadataUrl, now } = this.#options;
    return new WebSide({
      ...{ door: web, maxInputs: spec.concurrency.maxInputs, source, metadataUrl, now },
      agent: () => this.#agent,
      after: systemClock.after,
      onChange: () => this.#noteWork(),
      onNews: () => this.#wake(),
      isCut: () => this.#record.isCut(),
    });
  }

  /** It has begun something, or ended the last of all. */
  #noteWork(): void {
    const { meter, web } = this.#work ?? {};
    const isIdle = meter?.running === 0 && web?.isBusy !== true;
    if (!isIdle) this.#idleSince = null;
    else this.#idleSince ??= this.#options.wallClock();
  }

  #run(work: Work, bundle: string): void {
    const { environment, backend, otherApp, startRunner, now, onLine } = this.#options;
    const { containerId, function: name } = environment;
    const { module: app, spec, params, meter, mounts, web } = work;
    const runner = this.#runner ?? startRunner(runnerOf(spec));
    this.#runner = undefined;
    this.#agent = new Agent({
      ...{ app, containerId, spec, params, bundle, backend, otherApp, now, mounts },
      after: systemClock.after,
      deployedAs: environment.app,
      process: runner,
      secrets: () => this.#secrets,
      source: web?.leases ?? meter,
      ...web?.agentOptions,
      onFailedRequests: (failed) => this.#told.requestsFailed(failed),
      splitAfterMs: SPLIT_AFTER_MS,
      prefetch: () => meter.prefetches,
      isDebugged: false,
      onLine: (stream, text, call) =>
        onLine({ function: name, container: containerId, stream, call, text }),
      onState: (state, error) => this.#changed(state, error, () => this.#run(work, bundle)),
    });
  }

  #changed(state: AgentState, error: Page | undefined, again: () => void): void {
    if (state === "ready" && this.#state === "starting") {
      this.#state = "ready";
      this.#readyAt = this.#options.wallClock();
      this.#idleSince ??= this.#options.wallClock();
      void this.#record.write({ status: "ready", ...this.#report() });
      this.#told.started(this.#readyAt - (this.#record.createdAt ?? this.#readyAt));
    }
    if (state !== "ended") return;
    this.#work?.meter.leave();
    if (this.#onRunnerEnd !== undefined || this.#state === "stopping") this.#onRunnerEnd?.();
    else if (error !== undefined) this.#failStart(error).catch(this.#options.onError);
    // A runner that has crashed, was killed, or is not to be used again: the next takes its place, once the agent
    // has answered for what it ran.
    else queueMicrotask(again);
  }

  #times(): { readonly startedAt: number; readonly readyAt: number } {
    const readyAt = this.#readyAt ?? this.#options.wallClock();
    return { startedAt: this.#record.createdAt ?? readyAt, readyAt };
  }

  async #beat(): Promise<void> {
    const { environment, rows } = this.#options;
    void this.#record.write(this.#report());
    const found = await rows.get<DeploymentRow>(deploymentKey(environment.app));
    this.#scaling = scalingOf(found?.body)[environment.pool];
    const removedBy = found?.body.removed?.[environment.function]?.number ?? 0;
    // Callers are told that what it runs has failed: with its app, or a moment after its function.
    if (found === undefined || removedBy > this.#deployment) this.stop();
    else if (this.#state === "ready" && found.body.number > this.#deployment) this.#meetNewer();
  }

  #report(): Partial<ContainerReport> {
    const { meter, source } = this.#work ?? {};
    return {
      deployment: this.#deployment,
      taken: (meter?.running ?? 0) + (source?.waiting ?? 0),
      messageInputs: source?.messageInputs ?? null,
      idleSince: this.#idleSince,
      busySince: meter?.busyMs === undefined ? null : this.#options.wallClock() - meter.busyMs,
      inputMs: meter?.inputMs ?? null,
      ...(this.#work?.web && { door: this.#work.web.report }),
    };
  }

  #endIfForgotten(): void {
    if (this.#work === undefined || this.#idleSince === null) return;
    const { minContainers, scaledownWindowSeconds } = scaledSpec(this.#work.spec, this.#scaling);
    // Containers that are to be there without work cost what their user asked for.
    if (minContainers > 0) return;
    const idleSeconds = (this.#options.wallClock() - this.#idleSince) / 1000;
    if (idleSeconds > scaledownWindowSeconds + FORGOTTEN_SECONDS) this.drain();
  }
}

function leasesOf({
  batch,
  concurrency,
  singleUseContainers,
}: FunctionSpec): "whole" | "singly" | "batches" {
  if (batch) return "batches";
  return concurrency.maxInputs > 1 || singleUseContainers ? "singly" : "whole";
}

function toPage(error: unknown): Page {
  return isWindlassError(error) ? toErrorPage(error) : encodePage([error], () => "error");
}

function describe(page: Page): string {
  const [error] = decodePage(page);
  if (!(error instanceof Error)) return String(error).slice(0, MAX_ERROR_CHARS);
  const name = isWindlassError(error) ? error.code : error.name;
  return `${name}: ${error.message}`.slice(0, MAX_ERROR_CHARS);
}
