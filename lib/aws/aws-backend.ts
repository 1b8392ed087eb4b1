import type {
  AutoscalerSettings,
  Backend,
  CallChannel,
  CallReading,
  CallRequest,
  CallSink,
  FunctionStats,
  InputPage,
  ReadQuery,
  ResultPage,
  Target,
} from "../backend.ts";
import { encodePage } from "../codec/encode.ts";
import type { Page } from "../codec/page.ts";
import { explodePage, joinPages } from "../codec/slice.ts";
import { NotFoundError, OutputExpiredError, type WindlassError } from "../errors.ts";
import { failedPage } from "../failed-page.ts";
import { type FunctionSpec, targetInputs } from "../spec.ts";
import type { Stores } from "../storage/stores.ts";
import { variantSpec } from "../variant.ts";
import { AwsCall } from "./aws-call.ts";
import { inputsOf } from "./backlog.ts";
import type { ContainerRow } from "./container-row.ts";
import { type Deployment, Deployments, functionOf } from "./deployments.ts";
import { GeneratorCall } from "./generator-call.ts";
import type { Manifest } from "./manifest.ts";
import type { Objects } from "./objects.ts";
import { openReply } from "./page-text.ts";
import { ParameterSets, poolOf } from "./parameter-sets.ts";
import { PoolNotices } from "./pool-notices.ts";
import type { Queues } from "./queues.ts";
import { sealInputs } from "./range-message.ts";
import type { Span } from "./range-row.ts";
import { ReplySession } from "./reply-session.ts";
import type { Rows } from "./rows.ts";
import { writeScaling } from "./scaling.ts";
import { RETENTION_MS, StoredCalls } from "./stored-calls.ts";
import { nextBlock } from "./stored-results.ts";

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
  readonly #parameters: ParameterSets;
  readonly #stored: StoredCalls;
  readonly #notices: PoolNotices;
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
    this.#parameters = new ParameterSets({ app, environment, rows, queues, now: wallClock });
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
        const { deployment, ...told } = await this.#send(request, page, { isWaitedFor: true });
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
      cancel: (index) => this.cancel(callId, index),
      onChange: () => this.#changed(callId),
    });
    this.#calls.set(callId, { call, pool: poolOf(target), generator });
    return call;
  }

  async spawn(request: CallRequest, page: InputPage): Promise<void> {
    const { callId, target } = request;
    const written = this.#spawning.get(callId) ?? this.#stored.create(request);
    this.#spawning.set(callId, written);
    await Promise.all([written, this.#send(request, page, { isWaitedFor: false })]);
    this.#wakeFor(poolOf(target), this.#options.now() - WAKE_AFTER_MS);
  }

  async endSpawn(callId: string, total: number): Promise<void> {
    const known = this.#spawning.get(callId);
    this.#spawning.delete(callId);
    await known;
    await this.#stored.change(callId, (row) => ({ ...row, total }));
  }

  async read(query: ReadQuery): Promise<CallReading> {
    return await this.#stored.read(query);
  }

  async cancel(callId: string, index?: number): Promise<void> {
    await this.#stored.cancel(callId, index);
  }

  async updateAutoscaler(target: Target, settings: AutoscalerSettings): Promise<void> {
    const { app, rows, wake } = this.#options;
    await this.#queueOf(target, await this.#deployments.current());
    const pool = poolOf(target);
    await writeScaling(rows, { app, pool }, settings);
    await wake([pool]);
  }

  async getCurrentStats(target: Target): Promise<FunctionStats> {
    const { app, rows, countMessages } = this.#options;
    const pool = poolOf(target);
    const deployment = await this.#deployments.current();
    const [messages, found] = await Promise.all([
      this.#queueOf(target, deployment).then(countMessages),
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
      allow: (credit) => this.#stored.change(callId, (row) => ({ ...row, credit })),
      onResult: (page) => this.#calls.get(callId)?.call.deliver(page),
    });
  }

  /** The queue of a target. @throws NotFoundError when it is not deployed */
  async #queueOf(target: Target, deployment: Deployment): Promise<string> {
    refuseOtherApp(target, deployment.manifest);
    const { spec, queueUrl } = functionOf(deployment, target.name);
    // Refused here, where the caller is told at once.
    variantSpec(spec, target.variant);
    return poolOf(target) === target.name ? queueUrl : await this.#parameters.queueOf(target);
  }

  async #send(
    asked: CallRequest,
    page: InputPage,
    { isWaitedFor }: { readonly isWaitedFor: boolean },
  ): Promise<{ starts: number[]; hasReplies: boolean; deployment: number }> {
    const { app, queues, objects } = this.#options;
    const deployment = await this.#deployments.current();
    const queueUrl = await this.#queueOf(asked.target, deployment);
    const { number } = deployment.row;
    const request = { ...asked, target: { ...asked.target, app } };
    const replyTo = isWaitedFor ? await this.#replyTo(asked) : undefined;
    const common = { request, unary: page.unary, attempt: 0, isChild: false, replyTo };
    const parts = cutAtBlocks(page);
    await Promise.all(
      parts.map(async ({ start, count, args }) => {
        const span = { start, end: start + count };
        const inputs = { ...common, ...span, args, deployment: number };
        const body = await sealInputs(inputs, objects);
        await queues.send(queueUrl, { body, group: request.callId });
      }),
    );
    const starts = parts.map(({ start }) => start);
    const hasReplies = replyTo !== undefined && this.#session.isReliable;
    return { starts, hasReplies, deployment: number };
  }

  /** Where results go; while there is no queue for them yet, only items wait for one. */
  async #replyTo({ kind }: CallRequest): Promise<string | undefined> {
    const session = this.#session;
    const replyTo = kind === "generator" ? await session.ready() : session.url;
    if (replyTo !== undefined) session.listen();
    return replyTo;
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

/** A page as pages that lie within one block each. */
function cutAtBlocks(page: InputPage): InputPage[] {
  const end = page.start + page.count;
  if (end <= nextBlock(page.start)) return [page];
  const singles = explodePage(page.args);
  const parts: InputPage[] = [];
  for (let start = page.start; start < end; start = nextBlock(start)) {
    const until = Math.min(end, nextBlock(start));
    const args = joinPages(singles.slice(start - page.start, until - page.start));
    parts.push({ ...page, start, count: until - start, args });
  }
  return parts;
}

/** In its module an app may have another name than it is deployed under; both are good. */
function refuseOtherApp(target: Target, { app, module }: Manifest): void {
  if (target.app === app || target.app === module) return;
  throw new NotFoundError(
    "WINDLASS_OTHER_APP_ON_AWS",
    `"${target.name}" of app "${target.app}" has nowhere to run: this is app "${app}"`,
    {
      hint: `include that app, so that both are deployed together: \`app.include(…)\` in "${module}"`,
    },
  );
}
