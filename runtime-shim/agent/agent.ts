import type { Backend, Failure, ResultPage } from "../../lib/backend.ts";
import type { Clock } from "../../lib/clock.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import type { Page } from "../../lib/codec/page.ts";
import {
  ContainerStartupError,
  ExecutionError,
  FunctionTimeoutError,
  isWindlassError,
} from "../../lib/errors.ts";
import { failedPage } from "../../lib/failed-page.ts";
import { createCallId, parseInputId } from "../../lib/ids.ts";
import {
  encodeControl,
  encodeMessage,
  type Message,
  packPage,
  toItemPage,
  toPage,
  toResultPage,
} from "../../lib/messages.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import { volumesOf } from "../../lib/storage/mount.ts";
import {
  createRedaction,
  type Redaction,
  redactFailures,
  redactPage,
} from "../../lib/storage/redact.ts";
import type { SecretValues } from "../../lib/storage/secret-values.ts";
import { refuseObject } from "../../lib/uses.ts";
import type { DoorSpec } from "../../lib/web/door.ts";
import type { LoadRequest } from "../load-request.ts";
import { routingOf } from "../web/routing.ts";
import { AnswerRequests } from "./answer-requests.ts";
import { Batches } from "./batches.ts";
import type { ContainerMounts } from "./container-mounts.ts";
import { toErrorPage } from "./error-page.ts";
import type { GiveBackReason, Lease, LeaseSource, LeaseWorker } from "./lease-source.ts";
import { NestedCalls } from "./nested-calls.ts";
import { PythonWeb, pythonWebOf } from "./python-web.ts";
import { retryDelayMs } from "./retry-delay.ts";
import type { Runner, RunnerEnd } from "./runner-process.ts";
import { newRunning, type Running } from "./running.ts";
import { splitAround } from "./split-around.ts";
import { StorageRequests } from "./storage-requests.ts";
import { WebTraffic } from "./web-traffic.ts";

/** A cancelled input gets this long to settle before its container is killed. */
const CANCEL_GRACE_MS = 1000;
/** An input of Python that ran out of time is interrupted, and gets this long to settle. */
const INTERRUPT_GRACE_MS = 1000;
/** A runner whose event loop turns says within this what it has not started. */
const ANSWER_MS = 250;
/** A lease taken ahead is given back when the one before it makes no progress for this long. */
const HELD_UP_MS = 30;
/** Requests wait this long for an answer, as with Modal: most proxies and clients wait so long. */
const LATE_AFTER_MS = 150_000;
/** Exit hooks get this long. */
const EXIT_GRACE_MS = 30_000;

export interface AgentOptions {
  /**
   * Requests without any part of an answer for this long are told to ask again, where its backend keeps answers.
   * @default 150000, as with Modal
   */
  readonly lateAfterMs?: number | undefined;
  /** Connections are brought here by what their first request says, not each request. @default false */
  readonly routesConnections?: boolean;
  /** Other containers listen on ports of the same machine. @default false */
  readonly sharesPorts?: boolean;
  readonly containerId: string;
  readonly app: string;
  readonly spec: FunctionSpec;
  /** Parameters of a class: a page of one value. */
  readonly params: Page | undefined;
  readonly bundle: string;
  readonly process: Runner;
  /** Variables of its secrets. @throws WindlassError: then the container does not start */
  readonly secrets: () => SecretValues;
  /** Its volumes. @default - it has none */
  readonly mounts?: ContainerMounts | undefined;
  readonly source: LeaseSource;
  /** The name that its app is deployed under; undefined where that is the one of its module. */
  readonly deployedAs?: string;
  /** Where calls made by user code go. */
  readonly backend: Backend;
  /** The same for calls of another app. */
  readonly otherApp: (app: string) => Backend;
  /** Inputs that are given up when their lease makes no progress for this long. */
  readonly splitAfterMs: number;
  /** Leases taken ahead, so that the runner never waits; asked before each. */
  readonly prefetch: () => boolean;
  readonly isDebugged: boolean;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly after: Clock["after"];
  /** A line of user code, and the call that runs, where one input runs at a time. */
  readonly onLine: (stream: "stdout" | "stderr", line: string, call: string | undefined) => void;
  readonly onState: (state: AgentState, error?: Page) => void;
  /** It drains, and has closed connections on which nothing is asked. @default - nobody asks */
  readonly onClosing?: () => void;
  /** Requests failed: one a second is told at most, and all that a container had when it ended. @default - nobody asks */
  readonly onFailedRequests?: (failed: FailedRequests) => void;
  /** What its container has to do for requests has changed. @default - nobody asks */
  readonly onTraffic?: () => void;
  /** How requests come from a load balancer. @default - they come from clients */
  readonly door?: DoorSpec | undefined;
  /** A load balancer has asked how the container is. @default - nobody wants to know */
  readonly onProbe?: () => void;
}

/** Requests that failed for one reason, as inputs of a call of their own. */
export interface FailedRequests extends Pick<Failure, "kind" | "error"> {
  readonly callId: string;
  /** The method of a class that answered. */
  readonly method: string | undefined;
  readonly count: number;
}

export type AgentState = "starting" | "ready" | "draining" | "ended";

/** Keeps one container: starts its runner, feeds it leases, watches over time, and answers for every input. */
export class Agent implements LeaseWorker {
  readonly id: string;
  /** Requests in its container. */
  readonly web: WebTraffic;
  readonly #options: AgentOptions;
  readonly #process: Runner;
  readonly #nested: NestedCalls;
  readonly #storage: StorageRequests;
  /** Of a container that answers requests itself. */
  readonly #answers: AnswerRequests | undefined;
  readonly #running: Map<number, Running> = new Map();
  /** Of an app of Python: this agent answers its connections. */
  readonly #pythonWeb: PythonWeb | undefined;
  /** Of a function that takes batches. */
  readonly #batches: Batches | undefined;
  /** When its runner was asked to become its function: to mount takes what it takes. */
  #loadedAt: number | undefined;
  #state: AgentState = "starting";
  /** Inputs that it may run at once. */
  #maxInputs: number;
  /** Since when only its hooks keep it. */
  #leavingSince: number | undefined;
  #taken = 0;
  #lastCall: string | undefined;
  #startupError: Page | undefined;
  #redact: Redaction = createRedaction({});
  /** It ends for inputs that were cancelled: none of the others is to blame. */
  #endsForCancelled = false;
  /** Why this agent killed its runner, if it did. */
  #killReason: string | undefined;

  constructor(options: AgentOptions) {
    this.id = options.containerId;
    this.#options = options;
    this.#process = options.process;
    this.#pythonWeb = this.#openPythonWeb();
    this.web = this.#createTraffic();
    const { app, deployedAs = app, spec, backend, otherApp, mounts } = options;
    this.#maxInputs = spec.concurrency.maxInputs;
    this.#nested = new NestedCalls({
      ...{ spec, backend, otherApp, ownNames: [app, deployedAs] },
      send: (buffers) => this.#process.send(buffers),
      isTraced: (id) => this.#isTraced(id),
    });
    this.#batches = this.#createBatches();
    this.#answers =
      backend.answers &&
      new AnswerRequests(backend.answers, (buffers) => this.#process.send(buffers));
    this.#storage = new StorageRequests({
      ...{ spec, stores: backend.stores, mounts },
      send: (buffers) => this.#process.send(buffers),
    });
    this.#process.listen({
      message: (message) => this.#receive(message),
      line: (stream, text) => options.onLine(stream, this.#redact(text), this.#calling()),
      end: (end) => this.#ended(end),
    });
    void this.#begin();
  }

  get state(): AgentState {
    return this.#state;
  }

  get idle(): boolean {
    return this.#running.size === 0 && !this.web.isBusy;
  }

  /** Leases that it runs. */
  get running(): number {
    return this.#running.size;
  }

  /** True while all that it runs waits for calls of its own. */
  get blocked(): boolean {
    const atOnce = (this.#batches?.running ?? this.#running.size) + this.web.inside;
    return this.#nested.waiting > 0 && this.#nested.waiting >= atOnce;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get slots(): number {
    if (this.#state !== "ready" || this.web.inside >= this.#maxInputs) return 0;
    const { spec, prefetch } = this.#options;
    if (spec.singleUseContainers) return 1 - this.#taken;
    if (this.#batches !== undefined) return this.#batches.room > 0 ? 1 : 0;
    if (!this.#isSequential) return Math.max(0, this.#maxInputs - this.#running.size);
    if (this.#running.size === 0) return 1;
    return this.#running.size === 1 && prefetch() && !this.#isHeldUp(this.#options.now()) ? 1 : 0;
  }

  get room(): number {
    return this.#batches?.room ?? Number.POSITIVE_INFINITY;
  }

  /** Its runner runs inputs one after the other, in the order of their leases. */
  get #isSequential(): boolean {
    const isOneByOne = this.#batches === undefined && this.#pythonWeb === undefined;
    return isOneByOne && this.#options.spec.concurrency.maxInputs === 1;
  }

  /**
   * The call whose input runs, or ran last: lines come by another way than results, and may be later. Batches and
   * concurrent inputs share what they write.
   */
  #calling(): string | undefined {
    if (!this.#isSequential) return undefined;
    const [head] = this.#running.values();
    return head?.lease.callId ?? this.#lastCall;
  }

  run(lease: Lease): void {
    this.#taken += 1;
    const running = newRunning(lease, this.#options.now());
    this.#running.set(lease.id, running);
    this.#process.send(encodeMessage(runControl(lease), lease.args.text, lease.args.attachments));
    this.#batches?.add(running);
  }

  cancel(leaseId: number, index?: number): void {
    const running = this.#running.get(leaseId);
    if (running === undefined) return;
    if (this.#batches !== undefined) this.#batches.cancel(running, index);
    else if (index === undefined || running.count - running.done === 1) {
      running.cancelledAt ??= this.#options.now();
    }
    const { lease, done, count } = running;
    const start = index ?? lease.start + done;
    this.#nested.cancelMadeBy(lease.callId, {
      start,
      end: index === undefined ? lease.start + count : index + 1,
    });
    this.#process.send(encodeControl("cancel", leaseId, index ?? -1));
  }

  terminate(leaseId: number, index?: number): void {
    const running = this.#running.get(leaseId);
    if (running === undefined) return;
    if (this.#mayRun(running, index)) this.#killForCancelled("its call was cancelled");
    else this.cancel(leaseId, index);
  }

  credit(leaseId: number, items: number): void {
    this.#process.send(encodeControl("credit", leaseId, items));
  }

  /** Finishes what runs, takes nothing new, runs exit hooks, ends. */
  drain(): void {
    if (this.#state === "draining" || this.#state === "ended") return;
    this.#setState("draining");
    this.#batches?.flush();
    const drained = this.#pythonWeb?.drain();
    if (drained === undefined) this.#process.send(encodeControl("exit"));
    else {
      this.#options.onClosing?.();
      void drained.then(() => this.#process.send(encodeControl("exit")));
    }
  }

  /** Hands back what it runs, runs preempt and exit hooks, ends: its host is about to go. */
  preempt(): void {
    if (this.#state === "ended") return;
    this.#abandon();
    this.#process.send(encodeControl("preempt"));
  }

  /** True while it runs an input whose calls are recorded. */
  #isTraced(id: string): boolean {
    const { callId, index } = parseInputId(id);
    for (const { lease } of this.#running.values()) {
      if (lease.callId !== callId || lease.isTraced !== true) continue;
      if (index >= lease.start && index < lease.start + lease.count) return true;
    }
    return false;
  }

  /** Ends the container at once. */
  kill(reason: string): void {
    this.#killReason ??= reason;
    this.#process.kill();
  }

  /** Looks at the clock; to be called several times a second while anything is outstanding. */
  tick(): void {
    const now = this.#options.now();
    if (this.#state === "starting") this.#checkStartup(now);
    if (this.#state === "draining") this.#checkExit(now);
    if (this.#batches !== undefined) this.#checkBatches(this.#batches, now);
    else this.#checkLeases(now);
  }

  #checkLeases(now: number): void {
    let isHead = true;
    for (const running of this.#running.values()) {
      if (!this.#checkCancelled(running, now)) return;
      if (isHead || !this.#isSequential) this.#checkSplit(running, now);
      else if (running.askedAt === undefined && this.#isHeldUp(now)) this.#askBack(running, now);
      // A sequential runner is busy with the oldest lease: the others have not started.
      if ((isHead || !this.#isSequential) && !this.#checkTimeout(running, now)) return;
      isHead = false;
    }
  }

  #checkBatches(batches: Batches, now: number): void {
    for (const running of this.#running.values()) {
      if (!this.#checkCancelled(running, now)) return;
    }
    const { timeoutSeconds } = this.#options.spec;
    if (this.#options.isDebugged) return;
    const overdue = batches.overdue(timeoutSeconds * 1000);
    for (const running of overdue) this.#timeOut(running);
    if (overdue.length > 0) this.kill(`a batch ran for more than ${timeoutSeconds} s`);
  }

  #checkExit(now: number): void {
    if (!this.idle) return;
    this.#leavingSince ??= now;
    if (now - this.#leavingSince >= EXIT_GRACE_MS)
      this.kill("its hooks took more than 30 s to end");
  }

  #checkStartup(now: number): void {
    const { startupTimeoutSeconds, name } = this.#options.spec;
    const tookMs = now - (this.#loadedAt ?? now);
    if (this.#options.isDebugged || tookMs < startupTimeoutSeconds * 1000) return;
    this.#startupError ??= toErrorPage(
      new ContainerStartupError(
        "WINDLASS_STARTUP_TIMEOUT",
        `a container of "${name}" was not ready after ${startupTimeoutSeconds} s`,
        { hint: "raise `startupTimeoutSeconds`, or do less at import and in enter hooks" },
      ),
    );
    this.kill("it did not start in time");
  }

  #checkCancelled(running: Running, now: number): boolean {
    if (running.cancelledAt === undefined || now - running.cancelledAt < CANCEL_GRACE_MS) {
      return true;
    }
    this.#killForCancelled("a cancelled input did not stop");
    return false;
  }

  /** The source has answered for those inputs already; the others run again. */
  #killForCancelled(reason: string): void {
    this.#endsForCancelled = true;
    this.kill(reason);
  }

  /** True unless it is known that an input has not begun, or is done. */
  #mayRun(running: Running, index: number | undefined): boolean {
    const { lease, done, count } = running;
    const [head] = this.#running.values();
    if (this.#batches?.isWaiting(running) === true) return false;
    if (this.#isSequential && running !== head) return false;
    if (index === undefined) return true;
    const first = lease.start + done;
    return this.#isSequential ? index === first : index >= first && index < lease.start + count;
  }

  #checkSplit(running: Running, now: number): void {
    if (running.askedAt !== undefined || running.count - running.done < 2) return;
    if (now - running.since < this.#options.splitAfterMs) return;
    if (this.#options.source.hasIdleCapacity(this)) this.#askBack(running, now);
  }

  /** True when what is leased ahead would wait longer than the way back to the source takes. */
  #isHeldUp(now: number): boolean {
    const [head] = this.#running.values();
    return head !== undefined && now - head.since > HELD_UP_MS;
  }

  #checkTimeout(running: Running, now: number): boolean {
    const { timeoutSeconds } = this.#options.spec;
    const overdue = now - running.since - timeoutSeconds * 1000;
    if (this.#options.isDebugged || overdue < 0) return true;
    if (running.askedAt === undefined && running.count - running.done > 1) {
      this.#askBack(running, now);
      return true;
    }
    const isOne = running.count - running.done === 1;
    if (!isOne && now - (running.askedAt ?? now) < ANSWER_MS) return true;
    if (isOne && this.#options.spec.python !== null && this.#mayReact(running, now)) return true;
    if (isOne) this.#timeOut(running);
    // Otherwise user code blocks its event loop and no one knows in which input: each runs alone next.
    this.kill(`an input ran for more than ${timeoutSeconds} s`);
    return false;
  }

  /** Interrupts an input of Python: its `finally` blocks run, and its container need not end. */
  #mayReact(running: Running, now: number): boolean {
    const { lease, done } = running;
    if (running.interruptedAt === undefined) {
      running.interruptedAt = now;
      this.#process.send(encodeControl("cancel", lease.id, lease.start + done));
    }
    return now - running.interruptedAt < INTERRUPT_GRACE_MS;
  }

  /** Fails what is left of a lease. */
  #timeOut(running: Running): void {
    this.#answer(running, this.#timeoutPage(running));
  }

  #timeoutPage({ lease, done, count }: Running): ResultPage {
    const { name, timeoutSeconds } = this.#options.spec;
    const error = toErrorPage(
      new FunctionTimeoutError(
        "WINDLASS_FUNCTION_TIMEOUT",
        `function "${name}" ran longer than its \`timeoutSeconds\` of ${timeoutSeconds}`,
        { hint: "raise `timeoutSeconds` (at most 86400), or give it less to do" },
      ),
    );
    return failedPage({ start: lease.start + done, count: count - done }, "timeout", error);
  }

  #askBack(running: Running, now: number): void {
    running.askedAt = now;
    this.#process.send(encodeControl("back", running.lease.id));
  }

  #createTraffic(): WebTraffic {
    const web = this.#pythonWeb;
    if (web !== undefined) {
      return new WebTraffic((socket) => web.accept(socket), { passesCopies: false });
    }
    return new WebTraffic((socket, head) => {
      if (this.#process.pass === undefined) socket.destroy();
      else this.#process.pass(socket, head);
    });
  }

  #openPythonWeb(): PythonWeb | undefined {
    const { spec, backend, now, after } = this.#options;
    const { answers } = backend;
    const web = pythonWebOf(spec);
    if (web === undefined) return undefined;
    return new PythonWeb({
      ...{ spec, web, clock: { now, after } },
      send: (buffers) => this.#process.send(buffers),
      limit: () => this.#maxInputs,
      findToken: (hash) => backend.findToken(hash),
      late: answers && { answers, afterMs: this.#lateAfterMs },
      routing: this.#options.routesConnections ? routingOf(web, this.id) : undefined,
      onLoad: ({ accepted, inside, waiting, requestMs = -1 }) =>
        this.#toldOfRequests([accepted, inside, waiting, requestMs]),
      onFailed: ({ kind, error }) =>
        this.#failedRequests({ kind, count: 1, error: encodePage([error], () => "error") }),
      onStuck: () => this.#stuck(),
      door: this.#options.door,
      onProbe: () => this.#options.onProbe?.(),
    });
  }

  get #lateAfterMs(): number {
    const { backend, lateAfterMs = LATE_AFTER_MS } = this.#options;
    return backend.answers === undefined ? 0 : lateAfterMs;
  }

  #toldOfRequests(fields: readonly unknown[]): void {
    this.web.told(fields);
    this.#options.source.available(this);
    this.#options.onTraffic?.();
  }

  #failedRequests({
    callId = createCallId(),
    method,
    ...failed
  }: Pick<FailedRequests, "kind" | "error" | "count"> & Partial<FailedRequests>): void {
    this.#options.onFailedRequests?.({ callId, method, ...failed });
  }

  #stuck(): void {
    this.kill(`requests ran for more than ${this.#options.spec.timeoutSeconds} s`);
  }

  #createBatches(): Batches | undefined {
    const { spec, now, after } = this.#options;
    const { batch, concurrency } = spec;
    // Manifests of before there were any say nothing of them.
    if (!batch) return undefined;
    return new Batches({
      ...batch,
      maxBatches: concurrency.maxInputs,
      now,
      after,
      start: (leaseIds) => this.#process.send(encodeControl("batch", leaseIds)),
    });
  }

  /** Asks the runner to become its function, at once where nothing has to be mounted first. */
  async #begin(): Promise<void> {
    try {
      const secrets = this.#options.secrets();
      if (this.#options.mounts !== undefined) await this.#mount(this.#options.mounts);
      this.#load(secrets);
    } catch (error) {
      this.#startupError ??= isWindlassError(error)
        ? toErrorPage(error)
        : encodePage([error], () => "error");
      this.kill("its secrets or volumes cannot be had");
    }
  }

  /** On AWS the role refuses volumes that its function may not use; here nothing else does. */
  async #mount(mounts: ContainerMounts): Promise<void> {
    const { spec } = this.#options;
    for (const { name } of volumesOf(spec.volumes)) {
      const refusal = refuseObject(spec, { kind: "volume", name });
      if (refusal !== undefined) throw refusal;
    }
    await mounts.begin();
  }

  #load(secrets: SecretValues): void {
    const { app, bundle, spec, params, containerId, mounts } = this.#options;
    const { name, kind, python, concurrency } = spec;
    const web = pythonWebOf(spec);
    this.#redact = createRedaction(secrets);
    this.#loadedAt = this.#options.now();
    const env = { ...mounts?.defaults, ...secrets, ...spec.env, ...mounts?.variables };
    const request: LoadRequest = {
      app,
      bundle,
      name,
      kind,
      python,
      env,
      containerId,
      maxInputs: concurrency.maxInputs,
      timeoutSeconds: spec.timeoutSeconds,
      sharesPorts: this.#options.sharesPorts ?? false,
      lateAfterMs: this.#lateAfterMs,
      routesConnections: this.#options.routesConnections ?? false,
      isBatched: this.#batches !== undefined,
      web: web === undefined ? null : { kind: web.kind, target: web.target },
      door: this.#options.door ?? null,
      params: params === undefined ? 0 : packPage(params),
    };
    this.#process.send(encodeControl("load", request));
  }

  #receive(message: Message): void {
    const [name, id, ...rest] = message.control;
    switch (name) {
      case "out":
        this.#out(Number(id), redactFailures(toResultPage(rest, message), this.#redact));
        break;
      case "items":
        this.#items(Number(id), message);
        break;
      case "returned":
        this.#returned(Number(id), Number(rest[0]));
        break;
      case "ready":
        if (this.#state === "starting") this.#setState("ready");
        this.#options.mounts?.ready();
        this.#options.source.available(this);
        break;
      case "web":
        this.#toldOfRequests([id, ...rest]);
        break;
      case "probed":
        this.#options.onProbe?.();
        break;
      case "closing":
        this.#options.onClosing?.();
        break;
      case "request-failed":
        this.#failedRequests({
          callId: String(id),
          method: rest[0] === 0 ? undefined : String(rest[0]),
          kind: rest[1] === "timeout" ? "timeout" : "error",
          count: 1,
          error: redactPage(toPage(rest[2], message), this.#redact),
        });
        break;
      case "stuck":
        this.#stuck();
        break;
      case "concurrency":
        this.#maxInputs = Number(id);
        this.#options.source.available(this);
        break;
      case "stop-fetching":
        this.drain();
        break;
      case "preempted":
        this.#abandon();
        break;
      case "startup-failed":
        this.#startupError = redactPage(toPage(id, message), this.#redact);
        break;
      default:
        if (this.#pythonWeb?.receive(message) === true) return;
        if (this.#answers?.receive(message) === true) return;
        if (!this.#storage.receive(message)) this.#nested.receive(message);
    }
  }

  #out(leaseId: number, page: ResultPage): void {
    const running = this.#running.get(leaseId);
    if (running === undefined) return;
    // Whatever it made of the interruption, it ran out of time.
    this.#answer(running, running.interruptedAt === undefined ? page : this.#timeoutPage(running));
    if (this.#options.spec.singleUseContainers) this.drain();
    else this.#options.source.available(this);
  }

  #items(leaseId: number, message: Message): void {
    const running = this.#running.get(leaseId);
    if (running === undefined) return;
    this.#options.source.items(running.lease, toItemPage(message));
  }

  /** Passes results on; inputs that failed and have attempts left go back instead. */
  #answer(running: Running, page: ResultPage): void {
    const { lease } = running;
    running.done += page.count;
    running.since = this.#options.now();
    if (running.done >= running.count) this.#forget(running);
    const retried = page.failures?.filter((failure) => this.#mayRetry(failure, lease)) ?? [];
    if (retried.length === 0) {
      this.#options.source.complete(lease, page);
      return;
    }
    const delayMs = retryDelayMs(this.#options.spec.retries, lease.attempt);
    for (const part of splitAround(page, retried)) this.#options.source.complete(lease, part);
    for (const failure of retried) this.#options.source.retry(lease, failure, delayMs);
  }

  #forget(running: Running): void {
    const { lease } = running;
    const [head] = this.#running.values();
    this.#lastCall = lease.callId;
    this.#running.delete(lease.id);
    this.#batches?.answered(running);
    const [next] = this.#running.values();
    // A sequential runner begins the next in line only now.
    if (next !== undefined && next !== head && this.#isSequential) next.since = this.#options.now();
  }

  #mayRetry(failure: Failure, lease: Lease): boolean {
    // What a generator yielded was seen: running it again would repeat it.
    if (lease.kind === "generator") return false;
    const isFault = failure.kind === "error" || failure.kind === "timeout";
    return isFault && lease.attempt < this.#options.spec.retries.maxRetries;
  }

  #returned(leaseId: number, from: number): void {
    const running = this.#running.get(leaseId);
    if (running === undefined) return;
    running.askedAt = undefined;
    this.#handBack(running, from, { kind: "returned" });
    this.#options.source.available(this);
  }

  #handBack(running: Running, from: number, reason: GiveBackReason): void {
    const { lease } = running;
    const end = lease.start + running.count;
    running.count = from - lease.start;
    if (running.done >= running.count) this.#forget(running);
    if (from < end) this.#options.source.giveBack(lease, { start: from, end }, reason);
  }

  /** What it runs is for other containers; it takes nothing more. */
  #abandon(): void {
    // One that has not started has nothing to hand back, and ends as one that could not.
    if (this.#state === "starting") return;
    if (this.#state === "ready") this.#setState("draining");
    this.#batches?.close();
    for (const running of [...this.#running.values()]) {
      const { lease, done } = running;
      this.#handBack(running, lease.start + done, abandoned(lease));
    }
  }

  #ended(end: RunnerEnd): void {
    const wasStarting = this.#state === "starting";
    const detail = this.#redact(describeEnd(end, this.#killReason));
    this.#nested.close();
    this.#storage.close();
    this.#answers?.close();
    const lost = this.web.inside;
    if (lost > 0) this.#failedRequests({ kind: "crashed", count: lost, error: crash(detail) });
    this.web.close();
    this.#pythonWeb?.close();
    const error = wasStarting ? (this.#startupError ?? this.#startupCrash(detail)) : undefined;
    // First of all: what is handed back must not be leased to this agent again.
    this.#setState("ended", error);
    const begun = [...this.#running.values()].filter((one) => !this.#batches?.isWaiting(one));
    const inputs = begun.reduce((sum, { count, done }) => sum + count - done, 0);
    const isAlone =
      this.#isSequential || (this.#batches === undefined ? begun.length : inputs) === 1;
    this.#batches?.close();
    let reason: GiveBackReason = { kind: "crashed", detail, isAlone };
    for (const running of [...this.#running.values()]) {
      const from = running.lease.start + running.done;
      if (this.#endsForCancelled) reason = abandoned(running.lease);
      this.#handBack(running, from, begun.includes(running) ? reason : { kind: "returned" });
      // Only the oldest lease of a sequential runner had begun.
      if (this.#isSequential) reason = { kind: "returned" };
    }
  }

  #startupCrash(detail: string): Page {
    const { name, python } = this.#options.spec;
    if (python !== null && detail.includes("ENOENT")) return toErrorPage(pythonMissing(name));
    return toErrorPage(
      new ContainerStartupError(
        "WINDLASS_STARTUP_CRASH",
        `a container of "${name}" ended before it was ready: ${detail}`,
      ),
    );
  }

  #setState(state: AgentState, error?: Page): void {
    this.#state = state;
    this.#options.onState(state, error);
  }
}

function crash(detail: string): Page {
  const message = `a container ended while it answered: ${detail}`;
  return toErrorPage(new ExecutionError("WINDLASS_CONTAINER_CRASHED", message));
}

/** What a generator yielded was seen: it must not run again. */
function abandoned({ kind }: Lease): GiveBackReason {
  if (kind !== "generator") return { kind: "returned" };
  return { kind: "crashed", detail: "its container was taken away", isAlone: false };
}

function pythonMissing(name: string): ContainerStartupError {
  return new ContainerStartupError(
    "WINDLASS_PYTHON_MISSING",
    `"${name}" is written in Python, and there is no \`python3\` in its image`,
    {
      hint: 'begin the image with `Image.debianSlim({ python: "3.13" })`, or install python3 in it',
    },
  );
}

/** Written by hand, since JSON.stringify of a small array costs more than the rest of a call. */
function runControl(lease: Lease): string {
  const { id, callId, kind, method, attempt, start, count, unary, args } = lease;
  const name = method === undefined ? "0" : JSON.stringify(method);
  const flags = `${unary ? 1 : 0},${args.tagged ? 1 : 0}`;
  return `["run",${id},"${callId}","${kind}",${name},${attempt},${start},${count},${flags}]`;
}

function describeEnd({ code, signal, tail }: RunnerEnd, killReason: string | undefined): string {
  const how =
    killReason ?? (signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`);
  if (tail.length === 0) return `${how}, and wrote nothing`;
  return `${how}; the last it wrote:\n${tail.map((line) => `  ${line}`).join("\n")}`;
}
