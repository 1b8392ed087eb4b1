import { cancelledPage, toErrorPage } from "../../runtime-shim/agent/error-page.ts";
import type {
  GiveBackReason,
  InputSpan,
  Lease,
  LeaseSource,
  LeaseWorker,
} from "../../runtime-shim/agent/lease-source.ts";
import { splitAround } from "../../runtime-shim/agent/split-around.ts";
import type {
  CallRequest,
  Failure,
  FailureKind,
  InputPage,
  ItemPage,
  ResultPage,
} from "../backend.ts";
import type { ContainerTimes, RunRecord } from "../call-trace.ts";
import type { Clock } from "../clock.ts";
import type { Page } from "../codec/page.ts";
import { crashError, MAX_CRASHES } from "../crashes.ts";
import { failedPage } from "../failed-page.ts";
import { type FunctionSpec, inputsAtOnce } from "../spec.ts";
import type { CallState, Cancelled } from "./call-state.ts";
import { singles, splitWork, type Work, WorkQueue } from "./work-queue.ts";

/** A lease is sized to about this much measured work. */
const LEASE_MS = 5;
const MAX_LEASE_INPUTS = 500;
/** Inputs faster than this are leased ahead: the way to the runner takes longer than they do. */
const PREFETCH_BELOW_MS = 0.2;
/** An input that runs for this long is recorded as one that runs. */
const SLOW_MS = 250;
/** Weight of the newest measurement, and what it may be at most, in terms of what was known. */
const SMOOTHING = 0.3;
const MAX_GROWTH = 4;

interface Active {
  readonly lease: Lease;
  readonly work: Work;
  readonly worker: LeaseWorker;
  /** Inputs answered, from the first. */
  done: number;
  /** Inputs that are still this lease's. */
  count: number;
  /** When its first input that is not answered was begun, as far as is known. */
  since: number;
  /** Inputs that were cancelled and answered for already, by index within the call. */
  cancelled: Set<number> | undefined;
  /** Its generator has yielded: it must not run again. */
  hasYielded: boolean;
  /** The first of the inputs that it was recorded to run. */
  traced: number | undefined;
}

/** By whom inputs were run, and how often. */
export interface HowAnswered {
  readonly attempts: number;
  /** `null`: no container ran them. */
  readonly containerId: string | null;
}

/** Hears of all inputs of pools, and of what becomes of each. */
export interface InputObserver {
  arrived(request: CallRequest, page: InputPage): void;
  /** Each input is answered once. */
  answered(request: CallRequest, page: ResultPage, how: HowAnswered): void;
  yielded(request: CallRequest, items: ItemPage): void;
}

export interface PoolOptions {
  readonly key: string;
  readonly spec: FunctionSpec;
  readonly params: Page | undefined;
  readonly clock: Clock;
  readonly observer?: InputObserver | undefined;
  /** How long a container took to start. */
  readonly timesOf: (containerId: string) => ContainerTimes | undefined;
  /** Work arrived or containers changed: the policy should look. */
  readonly onChange: () => void;
  /** A container may have room that no input takes. @default - nobody asks */
  readonly onRoom?: (() => void) | undefined;
}

let lastLeaseId = 0;

/** The queue of one function or parameter set, and who runs what of it. */
export class Pool implements LeaseSource {
  readonly options: PoolOptions;
  readonly #queue = new WorkQueue();
  readonly #workers: Set<LeaseWorker> = new Set();
  readonly #active: Map<number, Active> = new Map();
  /** Workers that run an input alone. */
  readonly #alone: Set<LeaseWorker> = new Set();
  readonly #delayed: Map<() => void, Work> = new Map();
  #inputMs: number | undefined;
  #done = 0;
  #failed = 0;
  #running = 0;

  constructor(options: PoolOptions) {
    this.options = options;
  }

  get backlog(): number {
    return this.#queue.inputs;
  }

  get running(): number {
    return this.#running;
  }

  get delayed(): number {
    return this.#delayed.size;
  }

  get done(): number {
    return this.#done;
  }

  get failed(): number {
    return this.#failed;
  }

  get inputMs(): number | undefined {
    return this.#inputMs;
  }

  /** True when inputs are so short that runners must not wait for the next. */
  get prefetches(): boolean {
    return this.#inputMs !== undefined && this.#inputMs < PREFETCH_BELOW_MS;
  }

  /** Takes inputs of a call. */
  enqueue(work: Work): void {
    this.options.observer?.arrived(work.call.request, work);
    this.#add(work);
  }

  #add(work: Work): void {
    this.#queue.push(work);
    this.#dispatch();
    if (this.#queue.inputs > 0) this.options.onChange();
  }

  available(worker: LeaseWorker): void {
    this.#workers.add(worker);
    this.#dispatch();
    this.options.onRoom?.();
  }

  leave(worker: LeaseWorker): void {
    this.#workers.delete(worker);
    this.#alone.delete(worker);
  }

  hasIdleCapacity(worker: LeaseWorker): boolean {
    if (this.#queue.inputs > 0) return false;
    for (const other of this.#workers)
      if (other !== worker && other.idle && other.slots > 0) return true;
    return false;
  }

  complete(lease: Lease, page: ResultPage): void {
    const active = this.#active.get(lease.id);
    if (active === undefined) return;
    const { since } = active;
    this.#measure(active, page.count);
    this.#advance(active, page.count);
    if (active.cancelled === undefined) this.#report(active, page, since);
    else this.#reportUncancelled(active, page, since);
  }

  items(lease: Lease, items: ItemPage): void {
    const active = this.#active.get(lease.id);
    if (active === undefined || active.cancelled !== undefined) return;
    active.hasYielded = true;
    this.options.observer?.yielded(active.work.call.request, items);
    active.work.call.items?.(items);
  }

  /** Lets the generator of a call yield this many items more. */
  credit(call: CallState, items: number): void {
    for (const { work, lease, worker } of this.#active.values()) {
      if (work.call === call) worker.credit(lease.id, items);
    }
  }

  retry(lease: Lease, failure: Failure, delayMs: number): void {
    const active = this.#active.get(lease.id);
    if (active === undefined) return;
    const { work, cancelled, since } = active;
    this.#advance(active, 1);
    if (cancelled?.has(failure.index) === true) return;
    this.#traceRetried(active, failure, since);
    const [input] = singles(sliceWork(work, failure.index, 1));
    if (input === undefined) return;
    const again = { ...input, attempt: work.attempt + 1 };
    const stop = this.options.clock.after(delayMs, () => {
      this.#delayed.delete(stop);
      this.#add(again);
    });
    this.#delayed.set(stop, again);
  }

  giveBack(lease: Lease, { start, end }: InputSpan, reason: GiveBackReason): void {
    const active = this.#active.get(lease.id);
    if (active === undefined) return;
    const rest = sliceWork(active.work, start, end - start);
    active.count = start - lease.start;
    this.#running -= end - start;
    if (active.done >= active.count) this.#active.delete(lease.id);
    const undone = singles(rest).filter((work) => active.cancelled?.has(work.start) !== true);
    if (reason.kind === "crashed") this.#afterCrash(undone, { ...reason, ...active });
    else if (active.cancelled === undefined) this.#queue.unshift(rest);
    else this.#queue.unshift(...undone);
    this.#dispatch();
    this.options.onChange();
  }

  /** Cancels inputs of a call that are not done: one, or all. Each is answered for now. */
  cancel(call: CallState, { index, terminateContainers }: Cancelled): void {
    for (const work of this.#queue.remove(call)) this.#cancelWaiting(work, index);
    for (const [stop, work] of this.#delayed) {
      if (work.call !== call || (index !== undefined && work.start !== index)) continue;
      stop();
      this.#delayed.delete(stop);
      this.#fail(work, "cancelled", cancelledPage());
    }
    for (const active of this.#active.values()) {
      if (active.work.call !== call) continue;
      this.#cancelActive(active, index);
      if (terminateContainers === true) active.worker.terminate(active.lease.id, index);
      else active.worker.cancel(active.lease.id, index);
    }
    this.#dispatch();
  }

  /** Fails all that waits: no container can be started for it. */
  failWaiting(kind: FailureKind, error: Page): void {
    for (const work of this.#queue.clear()) this.#fail(work, kind, error);
  }

  /** Forgets everything; nobody waits any more. */
  close(): void {
    for (const stop of this.#delayed.keys()) stop();
    this.#delayed.clear();
    this.#queue.clear();
    this.#active.clear();
  }

  #dispatch(): void {
    while (this.#queue.inputs > 0) {
      const worker = this.#pick(this.#queue.next?.isAlone === true);
      if (worker === undefined) return;
      const work = this.#queue.take(this.#leaseInputs(worker));
      if (work !== undefined) this.#assign(worker, work);
    }
  }

  #pick(isAlone: boolean): LeaseWorker | undefined {
    let partly = isAlone ? undefined : this.#gathering();
    if (partly !== undefined) return partly;
    for (const worker of this.#workers) {
      if (worker.slots <= 0) continue;
      if (worker.idle) {
        this.#alone.delete(worker);
        return worker;
      }
      if (!isAlone && !this.#alone.has(worker)) partly ??= worker;
    }
    return partly;
  }

  /** A worker whose batch has room: it is filled before another is begun. */
  #gathering(): LeaseWorker | undefined {
    const { batch } = this.options.spec;
    if (batch === null) return undefined;
    for (const worker of this.#workers) {
      const hasBegun = worker.room > 0 && worker.room < batch.maxSize;
      if (hasBegun && !this.#alone.has(worker)) return worker;
    }
    return undefined;
  }

  #leaseInputs(worker: LeaseWorker): number {
    const { batch, concurrency, singleUseContainers } = this.options.spec;
    if (batch !== null) return worker.room;
    if (this.#inputMs === undefined || concurrency.maxInputs > 1 || singleUseContainers) return 1;
    return Math.max(1, Math.min(MAX_LEASE_INPUTS, Math.floor(LEASE_MS / this.#inputMs)));
  }

  #assign(worker: LeaseWorker, work: Work): void {
    lastLeaseId += 1;
    const { request } = work.call;
    const lease: Lease = {
      id: lastLeaseId,
      callId: request.callId,
      kind: request.kind,
      method: request.target.method,
      start: work.start,
      count: work.count,
      unary: work.unary,
      args: work.args,
      attempt: work.attempt,
      isAlone: work.isAlone,
      isTraced: work.call.tracer !== undefined,
    };
    const since = this.options.clock.now();
    this.#running += work.count;
    this.#active.set(lease.id, {
      lease,
      work,
      worker,
      done: 0,
      count: work.count,
      since,
      cancelled: undefined,
      hasYielded: false,
      traced: undefined,
    });
    if (work.isAlone) this.#alone.add(worker);
    worker.run(lease);
  }

  #measure(active: Active, count: number): void {
    const now = this.options.clock.now();
    // The inputs of a batch take as long as it does, and a container is asked for as many of them.
    const inputMs = (now - active.since) / (this.options.spec.batch === null ? count : 1);
    const known = this.#inputMs ?? inputMs;
    // Bounded: one input in a hundred that is 500 times slower must not make leases of one of the others.
    this.#inputMs = known + SMOOTHING * (Math.min(inputMs, known * MAX_GROWTH) - known);
    // The leases taken ahead by this worker begin now.
    for (const other of this.#active.values()) {
      if (other.worker === active.worker) other.since = now;
    }
  }

  #advance(active: Active, count: number): void {
    active.done += count;
    this.#running -= count;
    if (active.done >= active.count) this.#active.delete(active.lease.id);
  }

  /** Records runs that go on for so long that somebody may ask about them. */
  traceRunning(): void {
    const now = this.options.clock.now();
    for (const active of this.#active.values()) {
      const { lease, done, count, since } = active;
      const { tracer } = active.work.call;
      const start = lease.start + done;
      if (tracer === undefined || active.cancelled !== undefined) continue;
      if (active.traced === start || now - since < SLOW_MS) continue;
      active.traced = start;
      const span = { start, count: Math.min(count - done, inputsAtOnce(this.options.spec)) };
      tracer.ran(lease.callId, this.#runOf(active, span, since));
    }
  }

  #runOf(
    { work, worker }: Active,
    { start, count }: Pick<ResultPage, "start" | "count">,
    since: number,
  ): RunRecord {
    return {
      ...{ start, count, attempts: work.attempt + 1 },
      container: this.options.timesOf(worker.id),
      startedAt: Math.round(this.options.clock.wallTime() - (this.options.clock.now() - since)),
      failures: [],
    };
  }

  #traceRetried(active: Active, { index, kind }: Failure, since: number): void {
    const { tracer, request } = active.work.call;
    if (tracer === undefined) return;
    const run = this.#runOf(active, { start: index, count: 1 }, since);
    const how = {
      endedAt: this.options.clock.wallTime(),
      isRetried: true,
      failures: [[index, kind]],
    } as const;
    tracer.ran(request.callId, { ...run, ...how });
  }

  /** Delivers results of inputs that a container has run since then. */
  #report(active: Active, page: ResultPage, since: number): void {
    const { call } = active.work;
    if (call.tracer !== undefined) {
      const begun = this.#runOf(active, page, since);
      // Read last: a run whose begin is counted back from a later moment would end before it began.
      const ended = { endedAt: this.options.clock.wallTime(), failures: failuresOf(page) };
      call.tracer.ran(call.request.callId, { ...begun, ...ended });
    }
    this.#deliver(call, page, active);
  }

  #deliver(call: CallState, page: ResultPage, by: Active | Work): void {
    const failed = page.failures?.length ?? 0;
    this.#failed += failed;
    this.#done += page.count - failed;
    const { observer } = this.options;
    if (observer !== undefined) {
      const isRun = "worker" in by;
      const attempts = isRun ? by.work.attempt + 1 : by.attempt;
      observer.answered(call.request, page, { attempts, containerId: isRun ? by.worker.id : null });
    }
    call.deliver(page);
  }

  #reportUncancelled(active: Active, page: ResultPage, since: number): void {
    const gone: Failure[] = [...(active.cancelled ?? [])]
      .filter((index) => index >= page.start && index < page.start + page.count)
      .map((index) => ({ index, kind: "cancelled", error: cancelledPage() }));
    for (const part of splitAround(page, gone)) this.#report(active, part, since);
  }

  #afterCrash(
    works: readonly Work[],
    {
      detail,
      isAlone,
      hasYielded,
    }: { readonly detail: string; readonly isAlone: boolean; readonly hasYielded: boolean },
  ): void {
    const suspects = works.map((work) => ({ ...work, isAlone: true }));
    const [suspect] = suspects;
    if (suspect === undefined || suspects.length > 1 || !(isAlone || hasYielded)) {
      this.#queue.unshift(...suspects);
      return;
    }
    const crashes = suspect.crashes + 1;
    if (crashes < MAX_CRASHES && !hasYielded) {
      this.#queue.unshift({ ...suspect, crashes });
      return;
    }
    const times = hasYielded ? 1 : MAX_CRASHES;
    const error = crashError(this.options.spec.name, { detail, times });
    this.#fail(suspect, "crashed", toErrorPage(error));
  }

  #cancelWaiting(work: Work, index: number | undefined): void {
    if (index === undefined) {
      this.#fail(work, "cancelled", cancelledPage());
      return;
    }
    for (const single of singles(work)) {
      if (single.start === index) this.#fail(single, "cancelled", cancelledPage());
      else this.#queue.push(single);
    }
  }

  #cancelActive(active: Active, index: number | undefined): void {
    const { lease, done, count } = active;
    active.cancelled ??= new Set();
    const first = lease.start + done;
    const end = lease.start + count;
    for (let at = index ?? first; at < (index === undefined ? end : index + 1); at += 1) {
      if (at < first || at >= end || active.cancelled.has(at)) continue;
      active.cancelled.add(at);
      const page = failedPage({ start: at, count: 1 }, "cancelled", cancelledPage());
      this.#report(active, page, active.since);
    }
  }

  #fail(work: Work, kind: FailureKind, error: Page): void {
    const page = failedPage(work, kind, error);
    const { start, count, attempt: attempts, call } = work;
    const at = this.options.clock.wallTime();
    const times = { startedAt: at, endedAt: at };
    call.tracer?.ran(call.request.callId, {
      start,
      count,
      attempts,
      ...times,
      failures: failuresOf(page),
    });
    this.#deliver(call, page, work);
  }
}

function failuresOf(page: ResultPage | undefined): RunRecord["failures"] {
  return page?.failures?.map(({ index, kind }) => [index, kind]) ?? [];
}

function sliceWork(work: Work, from: number, count: number): Work {
  let slice = work;
  if (from > slice.start) slice = splitWork(slice, from - slice.start)[1];
  return count < slice.count ? splitWork(slice, count)[0] : slice;
}
