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
import {
  cancellation,
  ExecutionError,
  NotFoundError,
  OutputExpiredError,
  type WindlassError,
} from "../errors.ts";
import { failedPage } from "../failed-page.ts";
import { callTime } from "../ids.ts";
import type { FunctionSpec } from "../spec.ts";
import type { Stores } from "../storage/stores.ts";
import { AwsCall } from "./aws-call.ts";
import { type CallRow, KEPT_SECONDS } from "./call-row.ts";
import type { ContainerRow } from "./container-row.ts";
import { type Deployment, Deployments, functionOf } from "./deployments.ts";
import { BLOCK_INPUTS, callKey } from "./keys.ts";
import type { Manifest } from "./manifest.ts";
import type { Objects } from "./objects.ts";
import { openReply } from "./page-text.ts";
import { functionOfPool, ParameterSets, poolOf } from "./parameter-sets.ts";
import type { Queues } from "./queues.ts";
import { sealInputs } from "./range-message.ts";
import type { Span } from "./range-row.ts";
import { ReplySession } from "./reply-session.ts";
import type { Rows } from "./rows.ts";
import { writeScaling } from "./scaling.ts";
import { nextBlock, readResults } from "./stored-results.ts";

/** How often clocks are looked at while anything is waited for. */
const TICK_MS = 50;
/** A call that waits for this long may have no container, or too few: the controller is woken. */
const WAKE_AFTER_MS = 250;
/** The same again while it waits; and for other calls of the function, at most this often. */
const WAKE_AGAIN_MS = 15_000;
const WAKE_EVERY_MS = 5000;
/** How soon the table is looked at again for a result that somebody waits for, and at the latest. */
const FIRST_LOOK_MS = 100;
const LAST_LOOK_MS = 2000;
const RETENTION_MS = 7 * 24 * 3600 * 1000;
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

/** Calls of one app that is deployed on AWS. */
export class AwsBackend implements Backend {
  readonly name = "aws";
  readonly stores: Stores;
  readonly #options: AwsBackendOptions;
  readonly #deployments: Deployments;
  readonly #session: ReplySession;
  readonly #parameters: ParameterSets;
  readonly #calls: Map<string, AwsCall> = new Map();
  /** The pool of each open call. */
  readonly #pools: Map<string, string> = new Map();
  /** Versions of the rows of calls that are being spawned. */
  readonly #spawning: Map<string, Promise<number>> = new Map();
  readonly #wokenAt: Map<string, number> = new Map();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AwsBackendOptions) {
    const { app, environment, rows, objects, queues, wallClock, now, onError } = options;
    this.#options = options;
    this.stores = options.stores;
    this.#deployments = new Deployments({ app, environment, rows, objects, now });
    this.#parameters = new ParameterSets({ app, environment, rows, queues, now: wallClock });
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
    const { callId, target } = request;
    const { now, onError } = this.#options;
    let sent: Sent | undefined;
    const call = new AwsCall({
      sink,
      now,
      onError,
      send: async (page) => {
        const { deployment, ...told } = await this.#send(request, page, { isWaitedFor: true });
        sent = { deployment: sent?.deployment ?? deployment, at: this.#options.wallClock() };
        return told;
      },
      look: async (span) => {
        const [pages, loss] = await Promise.all([
          this.#look(callId, span),
          // What is there is delivered all the same.
          sent === undefined ? undefined : this.#lossOf(request, sent).catch(onError),
        ]);
        // Last: what has a result keeps it.
        return loss ? [...pages, lostInputs(span, loss)] : pages;
      },
      cancel: (index) => this.cancel(callId, index),
      onChange: () => this.#changed(callId),
    });
    this.#calls.set(callId, call);
    this.#pools.set(callId, poolOf(target));
    return call;
  }

  async spawn(request: CallRequest, page: InputPage): Promise<void> {
    const { callId, target } = request;
    const written = this.#spawning.get(callId) ?? this.#writeCall(request);
    this.#spawning.set(callId, written);
    await Promise.all([written, this.#send(request, page, { isWaitedFor: false })]);
    this.#wakeFor(poolOf(target), this.#options.now() - WAKE_AFTER_MS);
  }

  async endSpawn(callId: string, total: number): Promise<void> {
    const known = this.#spawning.get(callId);
    this.#spawning.delete(callId);
    await known;
    await this.#changeCall(callId, (row) => ({ ...row, total }));
  }

  async read({ callId, start, count, waitMs }: ReadQuery): Promise<CallReading> {
    const { now, sleep } = this.#options;
    const began = now();
    for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(LAST_LOOK_MS, 2 * pauseMs)) {
      const row = await this.#callRow(callId);
      const total = row.total ?? undefined;
      const pages = await this.#answersFrom(callId, row, { start, end: start + count });
      const isPast = total !== undefined && start >= total;
      const left = began + waitMs - now();
      if (pages.length > 0 || isPast || left <= 0) return { total, pages };
      if (row.pool !== null) this.#wakeFor(row.pool, began);
      await sleep(Math.min(pauseMs, left));
    }
  }

  async cancel(callId: string, index?: number): Promise<void> {
    await this.#changeCall(callId, (row) => {
      if (index === undefined) return { ...row, state: "cancelled" };
      return { ...row, cancelled: [...new Set([...row.cancelled, index])] };
    });
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
    const [backlog, containers] = await Promise.all([
      this.#queueOf(target, deployment).then(countMessages),
      rows.list<ContainerRow>(`${app}#containers`),
    ]);
    const live = containers.filter(({ body }) => body.pool === pool && body.status !== "ended");
    return { backlog, numTotalRunners: live.length };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const call of this.#calls.values()) call.close();
    await this.#session.close();
  }

  /** Looks at the clock. */
  tick(): void {
    this.#session.beat();
    for (const [callId, call] of this.#calls) {
      if (!call.isWaiting) continue;
      call.tick();
      this.#wakeFor(this.#pools.get(callId) ?? "", call.waitsSince);
    }
  }

  /** The queue of a target. @throws NotFoundError when it is not deployed */
  async #queueOf(target: Target, deployment: Deployment): Promise<string> {
    refuseOtherApp(target, deployment.manifest);
    const own = functionOf(deployment, target.name).queueUrl;
    return target.params === undefined ? own : await this.#parameters.queueOf(target);
  }

  async #send(
    asked: CallRequest,
    page: InputPage,
    { isWaitedFor }: { readonly isWaitedFor: boolean },
  ): Promise<{ starts: number[]; hasReplies: boolean; deployment: number }> {
    refuseGenerator(asked);
    const { app, queues, objects } = this.#options;
    const deployment = await this.#deployments.current();
    const queueUrl = await this.#queueOf(asked.target, deployment);
    const { number } = deployment.row;
    const request = { ...asked, target: { ...asked.target, app } };
    const replyTo = isWaitedFor ? this.#session.url : undefined;
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
    return { starts, hasReplies: replyTo !== undefined, deployment: number };
  }

  #hear(body: string): void {
    const { callId, page } = openReply(body);
    const call = this.#calls.get(callId);
    if (page === undefined) void call?.look();
    else call?.deliver(page);
  }

  #look(callId: string, span: Span & { readonly from: number }): Promise<ResultPage[]> {
    const { app, rows, objects } = this.#options;
    return readResults({ rows, objects }, { app, callId }, span);
  }

  #changed(callId: string): void {
    const call = this.#calls.get(callId);
    if (call?.isOver === true) {
      this.#calls.delete(callId);
      this.#pools.delete(callId);
    }
    const isWaiting = [...this.#calls.values()].some((other) => other.isWaiting);
    if (isWaiting === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = isWaiting ? setInterval(() => this.tick(), TICK_MS) : undefined;
    if (isWaiting) this.#session.want();
    else this.#session.rest();
  }

  /** Wakes the controller for a call that waits, when it is time. */
  #wakeFor(pool: string, waitsSince: number): void {
    const now = this.#options.now();
    const wokenAt = this.#wokenAt.get(pool) ?? Number.NEGATIVE_INFINITY;
    const pauseMs = wokenAt < waitsSince ? WAKE_EVERY_MS : WAKE_AGAIN_MS;
    if (now - waitsSince >= WAKE_AFTER_MS && now - wokenAt >= pauseMs) this.#wake(pool);
  }

  /** Fire and forget: while anything waits it is done again, and the controller sweeps every minute. */
  #wake(pool: string): void {
    this.#wokenAt.set(pool, this.#options.now());
    this.#options.wake([pool]).catch(this.#options.onError);
  }

  async #writeCall({ callId, kind, target }: CallRequest): Promise<number> {
    const { app, rows } = this.#options;
    const deployment = (await this.#deployments.current()).row.number;
    const row: CallRow = { ...this.#freshRow(), kind, pool: poolOf(target), deployment };
    await rows.put(callKey(app, callId), row, 0);
    return 1;
  }

  async #changeCall(callId: string, change: (row: CallRow) => CallRow): Promise<void> {
    const { app, rows } = this.#options;
    const key = callKey(app, callId);
    for (;;) {
      const found = await rows.get<CallRow>(key);
      const row = change(found?.body ?? this.#freshRow());
      if (await rows.put(key, row, found?.version ?? 0)) return;
    }
  }

  #freshRow(): CallRow {
    const expiresAt = Math.ceil(this.#options.wallClock() / 1000) + KEPT_SECONDS;
    const unknown = { kind: null, pool: null, deployment: null, total: null };
    return { state: "open", cancelled: [], ...unknown, expiresAt };
  }

  async #callRow(callId: string): Promise<CallRow> {
    const { app, rows, wallClock } = this.#options;
    const time = callTime(callId);
    if (time !== undefined && wallClock() - time > RETENTION_MS) {
      throw new OutputExpiredError(
        "WINDLASS_OUTPUT_EXPIRED",
        `call ${callId} is older than 7 days: its results were removed, and inputs that still waited`,
      );
    }
    const found = await rows.get<CallRow>(callKey(app, callId));
    if (found !== undefined) return found.body;
    throw new NotFoundError("WINDLASS_CALL_NOT_FOUND", `app "${app}" has no call ${callId}`, {
      hint: "give the id of a FunctionCall that was spawned in this app and environment",
    });
  }

  /** The error that inputs of an open call fail with which will have no results. */
  async #lossOf({ callId, target }: CallRequest, sent: Sent): Promise<Page | undefined> {
    const at = this.#options.wallClock();
    if (at - sent.at > EXPIRED_MS) return errorPage(inputExpired(callId));
    const { deployment } = sent;
    const loss = await this.#deployments.lossOf({ name: target.name, deployment, at });
    return loss && errorPage(loss);
  }

  async #lossOfCall({ pool, deployment }: CallRow): Promise<Page | undefined> {
    if (pool === null || deployment === null) return undefined;
    const at = this.#options.wallClock();
    const loss = await this.#deployments.lossOf({ name: functionOfPool(pool), deployment, at });
    return loss && errorPage(loss);
  }

  /** Results from an input on, or failures where none will come. */
  async #answersFrom(callId: string, row: CallRow, span: Span): Promise<ResultPage[]> {
    const cancelled = cancelledIn(row);
    const pages = await this.#resultsFrom(callId, row, { ...span, otherwise: cancelled });
    if (pages.length > 0 || (row.total !== null && span.start >= row.total)) return pages;
    const loss = await this.#lossOfCall(row);
    if (loss === undefined) return pages;
    const otherwise = (input: number): ResultPage =>
      cancelled(input) ?? lostInputs({ start: input, end: input + 1 }, loss);
    return await this.#resultsFrom(callId, row, { ...span, otherwise });
  }

  /** Results without a gap from an input on; of inputs that have none, what is there otherwise. */
  async #resultsFrom(
    callId: string,
    row: CallRow,
    {
      start,
      end,
      otherwise,
    }: Span & { readonly otherwise: (input: number) => ResultPage | undefined },
  ): Promise<ResultPage[]> {
    const last = Math.min(end, row.total ?? end);
    const from = nextBlock(start) - BLOCK_INPUTS;
    const pages: ResultPage[] = [];
    let at = start;
    const fill = (until: number): void => {
      for (; at < until; at += 1) {
        const page = otherwise(at);
        if (page === undefined) return;
        pages.push(page);
      }
    };
    for (const page of await this.#look(callId, { start, end: last, from })) {
      fill(page.start);
      if (page.start > at) return pages;
      pages.push(page);
      at = page.start + page.count;
    }
    fill(row.total === null ? Math.min(last, at + 1) : last);
    return pages;
  }
}

/** What inputs of a call read as that were cancelled before they had a result. */
function cancelledIn({ state, cancelled }: CallRow): (input: number) => ResultPage | undefined {
  return (input) => {
    if (state !== "cancelled" && !cancelled.includes(input)) return undefined;
    return failedPage({ start: input, count: 1 }, "cancelled", errorPage(cancellation()));
  };
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

function refuseGenerator({ kind, target }: CallRequest): void {
  if (kind === "generator") {
    throw new ExecutionError(
      "WINDLASS_GENERATOR_ON_AWS",
      `"${target.name}" of app "${target.app}" yields items, which do not travel through queues yet`,
      { hint: "return an array, or run the app on the local engine" },
    );
  }
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
