import type {
  AutoscalerSettings,
  Backend,
  CallChannel,
  CallReading,
  CallRequest,
  CallSink,
  CancelOptions,
  FunctionStats,
  InputPage,
  InputPlace,
  KeyedPage,
  ReadQuery,
  ResultPage,
  Target,
} from "../backend.ts";
import type { CallTrace, MadeRecord, TraceQuery } from "../call-trace.ts";
import { encodePage } from "../codec/encode.ts";
import type { Page } from "../codec/page.ts";
import { NotFoundError, OutputExpiredError, type WindlassError } from "../errors.ts";
import { failedPage } from "../failed-page.ts";
import { type FunctionSpec, targetInputs } from "../spec.ts";
import type { Stores } from "../storage/stores.ts";
import { variantSpec } from "../variant.ts";
import type { Answers } from "../web/answers.ts";
import { AwsAnswers } from "./answers.ts";
import { AwsCall } from "./aws-call.ts";
import { inputsOf } from "./backlog.ts";
import { CallTraces } from "./call-traces.ts";
import type { ContainerRow } from "./container-row.ts";
import { Deployments, functionOf } from "./deployments.ts";
import { GeneratorCall } from "./generator-call.ts";
import { InputSender } from "./input-sender.ts";
import { KeyedCalls } from "./keyed-calls.ts";
import type { Objects } from "./objects.ts";
import { openReply } from "./page-text.ts";
import { ParameterSets, poolOf } from "./parameter-sets.ts";
import { PoolNotices } from "./pool-notices.ts";
import type { Queues } from "./queues.ts";
import type { Span } from "./range-row.ts";
import { ReplySession } from "./reply-session.ts";
import type { Rows } from "./rows.ts";
import { writeScaling } from "./scaling.ts";
import { RETENTION_MS, StoredCalls } from "./stored-calls.ts";
import { hasToken } from "./tokens.ts";

/** How often clocks are looked at while anything is waited for. */
const TICK_MS = 50;
/** A call that waits for this long may have no container, or too few: the controller is woken. */
const WAKE_AFTER_MS = 250;
/** The same again while it waits; and for other calls of the function, at most this often. */
const WAKE_AGAIN_MS = 15_000;
const WAKE_EVERY_MS = 5000;
/** Messages wait no longer than results are kept; an input that was taken then may run for a day. */
const EXPIRED_MS = RETENTION_MS + 24 * 3600 * 1000;

export interface AwsBackendOptions {
  readonly app: string;
  readonly environment: string;
  readonly rows: Rows;
  readonly objects: Objects;
  readonly queues: Queues;
  readonly stores: Stores;
  /** Messages that wait in a queue, approximately. */
  readonly countMessages: (queueUrl: string) => Promise<number>;
  /** Asks the controller to look at these pools of the app. */
  readonly wake: (pools: readonly string[]) => Promise<void>;
  /** 16 or more random letters and digits: names this client. */
  readonly sessionId: string;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Something failed that no caller is told of, since it is tried again. */
  readonly onError: (error: unknown) => void;
}

/** Under which deployment the first inputs of a call were sent, and when the last were. */
interface Sent {
  readonly deployment: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A call that this process waits for. */
interface OpenCall {
  readonly call: AwsCall;
  readonly pool: string;
  readonly generator: GeneratorCall | undefined;
}

/** Calls of one app that is deployed on AWS. */
export class AwsBackend implements Backend {
  readonly name = "aws";
  readonly stores: Stores;
  readonly #options: AwsBackendOptions;
  readonly #deployments: Deployments;
  readonly #session: ReplySession;
  readonly #sender: InputSender;
  readonly #stored: StoredCalls;
  readonly #notices: PoolNotices;
  readonly #keyed: KeyedCalls;
  readonly #traces: CallTraces;
  readonly #answers: Answers;
  readonly #calls: Map<string, OpenCall> = new Map();
  /** Calls that are being spawned, until their rows are written. */
  readonly #spawning: Map<string, Promise<void>> = new Map();
  readonly #wokenAt: Map<string, number> = new Map();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AwsBackendOptions) {
    const { app, environment, rows, objects, queues, wallClock, now, onError } = options;
    this.#options = options;
    this.stores = options.stores;
    this.#deployments = new Deployments({ app, environment, rows, objects, now });
    const parameters = new ParameterSets({ app, environment, rows, queues, now: wallClock });
    this.#notices = new PoolNotices({ app, rows, wallClock, now });
    const deployments = this.#deployments;
    this.#stored = new StoredCalls({
      ...{ app, rows, objects, deployments, wallClock, now, sleep: options.sleep },
      onWait: (pool, since) => {
        this.#wakeFor(pool, since);
        this.#notices.look();
      },
      reasonOf: (pool) => this.#notices.reasonOf(pool),
    });
    this.#session = new ReplySession({
      ...{ app, environment, queues, rows, onError },
      id: options.sessionId,
      now: wallClock,
      onReply: (body) => this.#hear(body),
    });
    const stored = this.#stored;
    this.#traces = new CallTraces({ app, rows, objects, deployments, stored, wallClock });
    this.#answers = new AwsAnswers({ app, rows, objects, wallClock, sleep: options.sleep });
    const session = this.#session;
    this.#sender = new InputSender({ app, queues, objects, deployments, parameters, session });
    this.#keyed = new KeyedCalls({
      ...{ app, rows, stored: this.#stored, wallClock, sleep: options.sleep },
      send: async (request, page) => {
        await this.#sender.send(request, page, { isWaitedFor: false, isExclusive: true });
      },
    });
  }

  /** What is deployed. @throws NotFoundError */
  async functions(): Promise<FunctionSpec[]> {
    const { manifest } = await this.#deployments.current();
    return Object.values(manifest.functions).map(({ spec }) => spec);
  }

  open(request: CallRequest, sink: CallSink): CallChannel {
    const { callId, target, kind } = request;
    const { now, onError } = this.#options;
    let sent: Sent | undefined;
    const generator = kind === "generator" ? this.#generator(callId, sink) : undefined;
    const call = new AwsCall({
      ...{ sink, now, onError, generator },
      send: async (page) => {
        const { deployment, ...told } = await this.#sender.send(request, page, {
          isWaitedFor: true,
        });
        sent = { deployment: sent?.deployment ?? deployment, at: this.#options.wallClock() };
        return told;
      },
      look: async (span) => {
        const [pages, loss] = await Promise.all([
          this.#stored.look(callId, span),
          // What is there is delivered all the same.
          sent === undefined ? undefined : this.#lossOf(request, sent).catch(onError),
        ]);
        // Last: what has a result keeps it.
        return loss ? [...pages, lostInputs(span, loss)] : pages;
      },
      cancel: (index) => this.#stored.cancel(callId, index),
      onChange: () => this.#changed(callId),
    });
    this.#calls.set(callId, { call, pool: poolOf(target), generator });
    return call;
  }

  async spawn(request: CallRequest, page: InputPage): Promise<void> {
    const { callId, target } = request;
    const written = this.#spawning.get(callId) ?? this.#stored.create(request).then(() => {});
    this.#spawning.set(callId, written);
    await Promise.all([written, this.#sender.send(request, page, { isWaitedFor: false })]);
    this.#wakeFor(poolOf(target), this.#options.now() - WAKE_AFTER_MS);
  }

  async endSpawn(callId: string, total: number): Promise<void> {
    const known = this.#spawning.get(callId);
    this.#spawning.delete(callId);
    await known;
    await this.#stored.change(callId, (row) => ({ ...row, total }));
  }

  async spawnOnce(
    request: CallRequest,
    page: KeyedPage,
  ): Promise<readonly (InputPlace | undefined)[]> {
    // Refused before anything is claimed.
    await this.#sender.queueOf(request.target, await this.#deployments.current());
    const places = await this.#keyed.spawnOnce(request, page);
    this.#wakeFor(poolOf(request.target), this.#options.now() - WAKE_AFTER_MS);
    return places;
  }

  async read(query: ReadQuery): Promise<CallReading> {
    return await this.#stored.read(query);
  }

  async cancel(callId: string, index?: number, options: CancelOptions = {}): Promise<void> {
    await this.#stored.cancelSpawned(callId, index, options);
  }

  async trace(query: TraceQuery): Promise<CallTrace> {
    return await this.#traces.trace(query);
  }

  async noteMade(callId: string, made: MadeRecord): Promise<void> {
    await this.#traces.noteMade(callId, made);
  }

  async updateAutoscaler(target: Target, settings: AutoscalerSettings): Promise<void> {
    const { app, rows, wake } = this.#options;
    await this.#sender.queueOf(target, await this.#deployments.current());
    const pool = poolOf(target);
    await writeScaling(rows, { app, pool }, settings);
    await wake([pool]);
  }

  async url({ name }: Target): Promise<string> {
    const { web, spec } = functionOf(await this.#deployments.current(), name);
    if (web !== undefined) return web.url;
    const { app } = this.#options;
    throw new NotFoundError("WINDLASS_NOT_SERVED", `"${name}" of app "${app}" has no URL`, {
      hint: spec.web
        ? "it was deployed by a version that knew of no endpoints: deploy the app again"
        : "make it an endpoint, a web app or a web server",
    });
  }

  get answers(): Answers {
    return this.#answers;
  }

  async findToken(hash: string): Promise<boolean> {
    return await hasToken(this.#options.rows, hash);
  }

  async getCurrentStats(target: Target): Promise<FunctionStats> {
    const { app, rows, countMessages } = this.#options;
    const pool = poolOf(target);
    const deployment = await this.#deployments.current();
    const [messages, found] = await Promise.all([
      this.#sender.queueOf(target, deployment).then(countMessages),
      rows.list<ContainerRow>(`${app}#containers`),
    ]);
    const live = found
      .map(({ body }) => body)
      .filter((row) => row.pool === pool && row.status !== "ended");
    const spec = variantSpec(functionOf(deployment, target.name).spec, target.variant);
    const { waiting } = inputsOf(messages, live, targetInputs(spec));
    return { backlog: waiting, numTotalRunners: live.length };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const { call } of this.#calls.values()) call.close();
    await this.#session.close();
  }

  /** Looks at the clock. */
  tick(): void {
    this.#session.beat();
    const late = new Set<string>();
    for (const { call, pool } of this.#calls.values()) {
      if (!call.isWaiting) continue;
      call.tick();
      if (this.#isLate(pool, call.waitsSince)) late.add(pool);
    }
    // Together: each wake is an invocation.
    if (late.size > 0) this.#wake([...late]);
    if (this.#isWaiting) this.#notices.look();
  }

  #generator(callId: string, sink: CallSink): GeneratorCall {
    const { objects, now, sleep, onError } = this.#options;
    return new GeneratorCall({
      ...{ sink, now, sleep, onError },
      read: (object) => objects.get(object),
      allow: async (credit) => {
        await this.#stored.change(callId, (row) => ({ ...row, credit }));
      },
      onResult: (page) => this.#calls.get(callId)?.call.deliver(page),
    });
  }

  #hear(body: string): void {
    const reply = openReply(body);
    const open = this.#calls.get(reply.callId);
    if (reply.items !== undefined) open?.generator?.take(reply);
    else if (reply.page === undefined) void open?.call.look();
    else open?.call.deliver(reply.page);
  }

  #changed(callId: string): void {
    const open = this.#calls.get(callId);
    if (open?.call.isOver === true) {
      this.#calls.delete(callId);
      open.generator?.close();
    }
    const isWaiting = this.#isWaiting;
    if (isWaiting === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = isWaiting ? setInterval(() => this.tick(), TICK_MS) : undefined;
    if (isWaiting) this.#session.want();
    else this.#session.rest();
  }

  get #isWaiting(): boolean {
    return [...this.#calls.values()].some(({ call }) => call.isWaiting);
  }

  /** Wakes the controller for a call that waits, when it is time. */
  #wakeFor(pool: string, waitsSince: number): void {
    if (this.#isLate(pool, waitsSince)) this.#wake([pool]);
  }

  #isLate(pool: string, waitsSince: number): boolean {
    const now = this.#options.now();
    const wokenAt = this.#wokenAt.get(pool) ?? Number.NEGATIVE_INFINITY;
    const pauseMs = wokenAt < waitsSince ? WAKE_EVERY_MS : WAKE_AGAIN_MS;
    return now - waitsSince >= WAKE_AFTER_MS && now - wokenAt >= pauseMs;
  }

  /** Fire and forget: while anything waits it is done again, and the controller sweeps every minute. */
  #wake(pools: readonly string[]): void {
    for (const pool of pools) this.#wokenAt.set(pool, this.#options.now());
    this.#options.wake(pools).catch(this.#options.onError);
  }

  /** The error that inputs of an open call fail with which will have no results. */
  async #lossOf({ callId, target }: CallRequest, sent: Sent): Promise<Page | undefined> {
    const at = this.#options.wallClock();
    if (at - sent.at > EXPIRED_MS) return errorPage(inputExpired(callId));
    const { deployment } = sent;
    const loss = await this.#deployments.lossOf({ name: target.name, deployment, at });
    return loss && errorPage(loss);
  }
}

function inputExpired(callId: string): OutputExpiredError {
  return new OutputExpiredError(
    "WINDLASS_INPUT_EXPIRED",
    `inputs of call ${callId} waited for more than 7 days and were dropped`,
    {
      hint: "no container took them: look whether the function can get one, or raise `maxContainers`",
    },
  );
}

function errorPage(error: WindlassError): Page {
  return encodePage([error], () => "error");
}

function lostInputs({ start, end }: Span, error: Page): ResultPage {
  return failedPage({ start, count: end - start }, "startup", error);
}
