import type { Backend, Failure, ResultPage } from "../../lib/backend.ts";
import type { Page } from "../../lib/codec/page.ts";
import { ContainerStartupError, FunctionTimeoutError, isWindlassError } from "../../lib/errors.ts";
import { failedPage } from "../../lib/failed-page.ts";
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
import { createRedaction } from "../../lib/storage/redact.ts";
import type { SecretValues } from "../../lib/storage/secret-values.ts";
import type { LoadRequest } from "../load-request.ts";
import { toErrorPage } from "./error-page.ts";
import type { GiveBackReason, Lease, LeaseSource, LeaseWorker } from "./lease-source.ts";
import { NestedCalls } from "./nested-calls.ts";
import { retryDelayMs } from "./retry-delay.ts";
import type { Runner, RunnerEnd } from "./runner-process.ts";
import { splitAround } from "./split-around.ts";
import { StorageRequests } from "./storage-requests.ts";

/** A cancelled input gets this long to settle before its container is killed. */
const CANCEL_GRACE_MS = 1000;
/** A runner whose event loop turns says within this what it has not started. */
const ANSWER_MS = 250;
/** A lease taken ahead is given back when the one before it makes no progress for this long. */
const HELD_UP_MS = 30;
/** Exit hooks get this long. */
const EXIT_GRACE_MS = 30_000;

export interface AgentOptions {
  readonly containerId: string;
  readonly app: string;
  readonly spec: FunctionSpec;
  /** Parameters of a class: a page of one value. */
  readonly params: Page | undefined;
  readonly bundle: string;
  readonly process: Runner;
  /** Variables of its secrets. @throws WindlassError: then the container does not start */
  readonly secrets: () => SecretValues;
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
  readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
  readonly onState: (state: AgentState, error?: Page) => void;
}

export type AgentState = "starting" | "ready" | "draining" | "ended";

interface Running {
  readonly lease: Lease;
  /** Inputs answered, from the first. */
  done: number;
  /** Inputs that are still this lease's. */
  count: number;
  /** When it last made progress. */
  since: number;
  /** When the runner was asked for what it has not started. */
  askedAt: number | undefined;
  cancelledAt: number | undefined;
}

/** Keeps one container: starts its runner, feeds it leases, watches over time, and answers for every input. */
export class Agent implements LeaseWorker {
  readonly id: string;
  readonly #options: AgentOptions;
  readonly #process: Runner;
  readonly #nested: NestedCalls;
  readonly #storage: StorageRequests;
  readonly #running: Map<number, Running> = new Map();
  readonly #startedAt: number;
  #state: AgentState = "starting";
  #drainingSince = 0;
  #taken = 0;
  #startupError: Page | undefined;
  #redact: (text: string) => string = (text) => text;
  /** Why this agent killed its runner, if it did. */
  #killReason: string | undefined;

  constructor(options: AgentOptions) {
    this.id = options.containerId;
    this.#options = options;
    this.#process = options.process;
    this.#startedAt = options.now();
    const { app, deployedAs = app, spec, backend, otherApp } = options;
    this.#nested = new NestedCalls({
      ...{ spec, backend, otherApp, ownNames: [app, deployedAs] },
      send: (buffers) => this.#process.send(buffers),
    });
    this.#storage = new StorageRequests({
      ...{ spec, stores: backend.stores },
      send: (buffers) => this.#process.send(buffers),
    });
    this.#process.listen({
      message: (message) => this.#receive(message),
      line: (stream, text) => options.onLine(stream, this.#redact(text)),
      end: (end) => this.#ended(end),
    });
    this.#load();
  }

  get state(): AgentState {
    return this.#state;
  }

  get idle(): boolean {
    return this.#running.size === 0;
  }

  /** True while all that it runs waits for calls of its own. */
  get blocked(): boolean {
    return this.#nested.waiting > 0 && this.#nested.waiting >= this.#running.size;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get slots(): number {
    if (this.#state !== "ready") return 0;
    const { spec, prefetch } = this.#options;
    if (spec.singleUseContainers) return 1 - this.#taken;
    const { maxInputs } = spec.concurrency;
    if (maxInputs > 1) return maxInputs - this.#running.size;
    if (this.#running.size === 0) return 1;
    return this.#running.size === 1 && prefetch() && !this.#isHeldUp(this.#options.now()) ? 1 : 0;
  }

  /** Its runner runs inputs one after the other, in the order of their leases. */
  get #isSequential(): boolean {
    return this.#options.spec.concurrency.maxInputs === 1;
  }

  run(lease: Lease): void {
    this.#taken += 1;
    this.#running.set(lease.id, {
      lease,
      done: 0,
      count: lease.count,
      since: this.#options.now(),
      askedAt: undefined,
      cancelledAt: undefined,
    });
    this.#process.send(encodeMessage(runControl(lease), lease.args.text, lease.args.attachments));
  }

  cancel(leaseId: number, index?: number): void {
    const running = this.#running.get(leaseId);
    if (running === undefined) return;
    if (index === undefined || running.count - running.done === 1) {
      running.cancelledAt ??= this.#options.now();
    }
    this.#process.send(encodeControl("cancel", leaseId, index ?? -1));
  }

  credit(leaseId: number, items: number): void {
    this.#process.send(encodeControl("credit", leaseId, items));
  }

  /** Finishes what runs, takes nothing new, runs exit hooks, ends. */
  drain(): void {
    if (this.#state === "draining" || this.#state === "ended") return;
    this.#setState("draining");
    this.#drainingSince = this.#options.now();
    this.#process.send(encodeControl("exit"));
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

  #checkExit(now: number): void {
    if (!this.idle || now - this.#drainingSince < EXIT_GRACE_MS) return;
    this.kill("its exit hooks took more than 30 s");
  }

  #checkStartup(now: number): void {
    const { startupTimeoutSeconds, name } = this.#options.spec;
    if (this.#options.isDebugged || now - this.#startedAt < startupTimeoutSeconds * 1000) return;
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
    // The source has answered for these inputs already.
    this.#running.delete(running.lease.id);
    this.kill("a cancelled input did not stop");
    return false;
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
    if (isOne) this.#timeOut(running);
    // Otherwise user code blocks its event loop and no one knows in which input: each runs alone next.
    this.kill(`an input ran for more than ${timeoutSeconds} s`);
    return false;
  }

  #timeOut(running: Running): void {
    const { name, timeoutSeconds } = this.#options.spec;
    const start = running.lease.start + running.done;
    const error = toErrorPage(
      new FunctionTimeoutError(
        "WINDLASS_FUNCTION_TIMEOUT",
        `function "${name}" ran longer than its \`timeoutSeconds\` of ${timeoutSeconds}`,
        { hint: "raise `timeoutSeconds` (at most 86400), or give it less to do" },
      ),
    );
    this.#answer(running, failedPage({ start, count: 1 }, "timeout", error));
  }

  #askBack(running: Running, now: number): void {
    running.askedAt = now;
    this.#process.send(encodeControl("back", running.lease.id));
  }

  #load(): void {
    const { app, bundle, spec, params, containerId } = this.#options;
    const { name, concurrency } = spec;
    const secrets = this.#secrets();
    if (secrets === undefined) return;
    this.#redact = createRedaction(secrets);
    const env = { ...secrets, ...spec.env };
    const request: LoadRequest = {
      app,
      bundle,
      name,
      env,
      containerId,
      maxInputs: concurrency.maxInputs,
      params: params === undefined ? 0 : packPage(params),
    };
    this.#process.send(encodeControl("load", request));
  }

  /** Undefined where they cannot be had: then it does not start. */
  #secrets(): SecretValues | undefined {
    try {
      return this.#options.secrets();
    } catch (error) {
      if (!isWindlassError(error)) throw error;
      this.#startupError = toErrorPage(error);
      this.kill("its secrets cannot be had");
      return undefined;
    }
  }

  #receive(message: Message): void {
    const [name, id, ...rest] = message.control;
    switch (name) {
      case "out":
        this.#out(Number(id), toResultPage(rest, message));
        break;
      case "items":
        this.#items(Number(id), message);
        break;
      case "returned":
        this.#returned(Number(id), Number(rest[0]));
        break;
      case "ready":
        if (this.#state === "starting") this.#setState("ready");
        this.#options.source.available(this);
        break;
      case "startup-failed":
        this.#startupError = toPage(id, message);
        break;
      default:
        if (!this.#storage.receive(message)) this.#nested.receive(message);
    }
  }

  #out(leaseId: number, page: ResultPage): void {
    const running = this.#running.get(leaseId);
    if (running === undefined) return;
    this.#answer(running, page);
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

  #forget({ lease }: Running): void {
    const [head] = this.#running.values();
    this.#running.delete(lease.id);
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

  #ended(end: RunnerEnd): void {
    const wasStarting = this.#state === "starting";
    const detail = this.#redact(describeEnd(end, this.#killReason));
    this.#nested.close();
    this.#storage.close();
    const error = wasStarting ? (this.#startupError ?? this.#startupCrash(detail)) : undefined;
    // First of all: what is handed back must not be leased to this agent again.
    this.#setState("ended", error);
    const isAlone = this.#isSequential || this.#running.size === 1;
    let reason: GiveBackReason = { kind: "crashed", detail, isAlone };
    for (const running of [...this.#running.values()]) {
      this.#handBack(running, running.lease.start + running.done, reason);
      // Only the oldest lease of a sequential runner had begun.
      if (this.#isSequential) reason = { kind: "returned" };
    }
  }

  #startupCrash(detail: string): Page {
    return toErrorPage(
      new ContainerStartupError(
        "WINDLASS_STARTUP_CRASH",
        `a container of "${this.#options.spec.name}" ended before it was ready: ${detail}`,
      ),
    );
  }

  #setState(state: AgentState, error?: Page): void {
    this.#state = state;
    this.#options.onState(state, error);
  }
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
