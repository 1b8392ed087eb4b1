import { HeldMessage, HIDDEN_SECONDS, leaveToHolder } from "../../lib/aws/held-message.ts";
import { type HeldRange, type RangeStore, takeRange } from "../../lib/aws/held-range.ts";
import { sealReply } from "../../lib/aws/page-text.ts";
import type { Queues, Received } from "../../lib/aws/queues.ts";
import {
  openInputs,
  type RangeInputs,
  sealInputs,
  sliceInputs,
} from "../../lib/aws/range-message.ts";
import type { Span, StoredResults } from "../../lib/aws/range-row.ts";
import type { Failure, ResultPage } from "../../lib/backend.ts";
import type { Page } from "../../lib/codec/page.ts";
import { pageSize } from "../../lib/codec/page-builder.ts";
import { crashError, MAX_CRASHES } from "../../lib/crashes.ts";
import { ExecutionError } from "../../lib/errors.ts";
import { failedPage } from "../../lib/failed-page.ts";
import { DeadLetters } from "./dead-letters.ts";
import { cancelledPage, toErrorPage } from "./error-page.ts";
import { KnownCalls } from "./known-calls.ts";
import type { GiveBackReason, InputSpan, Lease, LeaseSource, LeaseWorker } from "./lease-source.ts";
import { splitAround } from "./split-around.ts";

/** How often a message is hidden anew. */
const EXTEND_EVERY_MS = 20_000;
/** What a crash of the container may lose. */
const FLUSH_EVERY_MS = 2000;
const FLUSH_BYTES = 4 * 1024 * 1024;
/** How often running calls are looked up for a cancellation. */
const CANCEL_EVERY_MS = 5000;
/** Inputs that wait in this container for so long leave it, half of them at a time. */
const SHARE_AFTER_MS = 2000;
/** A message whose failures the dead-letter queue cannot be told of is given up when it was received this often. */
const MAX_TELLS = 20;
/** After a failure to receive. */
const RETRY_MS = 1000;
/** SQS waits 20 s at most [ReceiveMessage, WaitTimeSeconds], and delays 15 min [SendMessage]. */
const WAIT_SECONDS = 20;
/** A queue that shows nothing for this long is taken to be empty. */
const LOOK_SECONDS = 1;
const MAX_DELAY_SECONDS = 900;

export interface QueueLeaseSourceOptions {
  readonly store: RangeStore;
  readonly queues: Queues;
  /** The queue of the pool that this container belongs to. */
  readonly queueUrl: string;
  /** The queue of inputs that failed for good, one an app. */
  readonly deadLetterQueueUrl: string;
  readonly containerId: string;
  /** Number of the deployment whose code this container runs. */
  readonly deployment: number;
  /** Inputs are leased one by one: the container runs several at a time, or a process runs only one. */
  readonly isSingly: boolean;
  /** An input was sent to a newer deployment: it was given back, and this container takes no more. */
  readonly onNewer: () => void;
  /** Inputs have left for any container that is free: there may be too few. */
  readonly onShared: () => void;
  /** True while the function may have containers beside those that work. */
  readonly mayScaleOut: () => boolean;
  /** Something failed that no caller can be told of; the message comes again. */
  readonly onError: (error: unknown) => void;
}

/** A message that this container holds, and its range. */
interface Holding {
  readonly inputs: RangeInputs;
  readonly message: HeldMessage;
  readonly range: HeldRange;
  /** Inputs that were cancelled and answered for already. */
  readonly cancelled: Set<number>;
  /** Leases of it that run. */
  readonly leases: Map<number, LeaseWorker>;
  /** Results that were not told to the caller. */
  untold: ResultPage[];
  untoldBytes: number;
  /** Inputs that neither have a result nor left for a range of their own. */
  left: number;
  crashes: Map<number, number>;
  flushedAt: number;
  extendedAt: number;
  /** When what waits of it was last shared. */
  sharedAt: number;
  isOver: boolean;
}

interface Work {
  readonly holding: Holding;
  readonly span: Span;
  readonly attempt: number;
  /** A container has ended of it, or of what ran beside it: nothing runs beside it now. */
  readonly isAlone: boolean;
}

let lastLeaseId = 0;

/**
 * Leases from a queue of ranges. A step that fails gives its message up: the message is seen again, and the row of its
 * range says what is left to do.
 */
export class QueueLeaseSource implements LeaseSource {
  readonly #options: QueueLeaseSourceOptions;
  readonly #deadLetters: DeadLetters;
  readonly #calls: KnownCalls;
  readonly #workers: Set<LeaseWorker> = new Set();
  readonly #holdings: Set<Holding> = new Set();
  readonly #byLease: Map<number, Holding> = new Map();
  readonly #delayed: Set<NodeJS.Timeout> = new Set();
  /** Workers that are about to run an input of a suspicious range. */
  readonly #beginning: Set<LeaseWorker> = new Set();
  /** Workers that run an input alone. */
  readonly #alone: Set<LeaseWorker> = new Set();
  readonly #whenIdle: (() => void)[] = [];
  #startupError: Page | undefined;
  #ready: Work[] = [];
  #receiving: Promise<void> | undefined;
  #checkedAt = 0;
  #isStopped = false;
  #dropped = 0;
  #messageInputs: number | undefined;

  constructor(options: QueueLeaseSourceOptions) {
    this.#options = options;
    const { store, queues, deadLetterQueueUrl: queueUrl, deployment } = options;
    this.#calls = new KnownCalls(store);
    this.#deadLetters = new DeadLetters({ store, queues, queueUrl, deployment });
  }

  /** Ranges whose results came after those of another container, and were dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  /** True while it holds no message. */
  get isIdle(): boolean {
    return this.#holdings.size === 0;
  }

  /** Inputs that are held and that no worker has. */
  get waiting(): number {
    return this.#ready.reduce((sum, { span, holding }) => {
      return holding.isOver ? sum : sum + span.end - span.start;
    }, 0);
  }

  /** Inputs of the message that it took or sent last; undefined before the first. */
  get messageInputs(): number | undefined {
    return this.#messageInputs;
  }

  available(worker: LeaseWorker): void {
    this.#workers.add(worker);
    this.#pump();
  }

  leave(worker: LeaseWorker): void {
    this.#workers.delete(worker);
  }

  complete(lease: Lease, page: ResultPage): void {
    const holding = this.#byLease.get(lease.id);
    if (holding === undefined) return;
    const gone = cancelledWithin(holding, { start: page.start, end: page.start + page.count });
    const parts = gone.length === 0 ? [page] : splitAround(page, gone);
    for (const part of parts) this.#answer(holding, part, lease.attempt + 1);
    this.#settle(holding);
  }

  items(lease: Lease): void {
    throw new ExecutionError(
      "WINDLASS_GENERATOR_ON_AWS",
      `call ${lease.callId} yields items, which do not travel through queues yet`,
      { hint: "return an array, or run the app on the local engine" },
    );
  }

  retry(lease: Lease, failure: Failure, delayMs: number): void {
    const holding = this.#byLease.get(lease.id);
    if (holding === undefined || holding.cancelled.has(failure.index)) return;
    const span = { start: failure.index, end: failure.index + 1 };
    const attempt = lease.attempt + 1;
    this.#settle(holding);
    if (span.start !== holding.inputs.start) {
      this.#leaveRange(holding, span, { attempt, delayMs });
      return;
    }
    // A range's row bears its first input's name: that one cannot leave.
    this.#later(() => this.#enqueue(holding, [span], { attempt }), delayMs);
  }

  giveBack(lease: Lease, rest: InputSpan, reason: GiveBackReason): void {
    const holding = this.#byLease.get(lease.id);
    if (holding === undefined) return;
    this.#settle(holding);
    if (reason.kind === "crashed") this.#afterCrash(holding, rest, { ...reason, lease });
    else {
      this.#enqueue(holding, [rest], lease);
      this.#share(holding, this.#options.store.now());
    }
  }

  hasIdleCapacity(): boolean {
    return this.#ready.length === 0 && this.#options.mayScaleOut();
  }

  /** Looks at the clock; to be called about once a second. */
  tick(): void {
    const now = this.#options.store.now();
    for (const holding of this.#holdings) {
      if (holding.untold.length > 0 && now - holding.flushedAt >= FLUSH_EVERY_MS) {
        this.#flush(holding);
      }
      if (now - holding.extendedAt >= EXTEND_EVERY_MS) this.#extend(holding, now);
      if (now - holding.sharedAt >= SHARE_AFTER_MS) this.#share(holding, now);
    }
    if (now - this.#checkedAt >= CANCEL_EVERY_MS) {
      this.#checkedAt = now;
      this.#do(() => this.#obeyCancellations());
    }
  }

  /** Takes nothing new; resolves once all that is held is done. */
  async retire(): Promise<void> {
    this.#isStopped = true;
    await this.#receiving;
    if (this.#holdings.size > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  /** Answers for all inputs that wait: no container can be started for them. */
  async failWaiting(error: Page): Promise<void> {
    this.#startupError = error;
    while ((await this.#receive(LOOK_SECONDS)) > 0);
    await this.retire();
  }

  /**
   * Takes nothing new. What is held goes back to the queue at once, for another container to go on with; resolves
   * when the receive that is under way is over too, 20 s later at most.
   */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#delayed) clearTimeout(timer);
    await this.#handAllBack();
    // Not aborted: what it brought would be hidden and nobody would have it.
    await this.#receiving;
    // What was being taken in the meantime.
    await this.#handAllBack();
  }

  #pump(): void {
    for (const worker of this.#workers) {
      while (worker.slots > 0 && !this.#beginning.has(worker)) {
        const work = this.#next(worker);
        if (work === undefined) break;
        this.#assign(worker, work);
      }
    }
    const isFree = (worker: LeaseWorker): boolean => worker.slots > 0 && !this.#alone.has(worker);
    if (this.#ready.length === 0 && [...this.#workers].some(isFree)) this.#receiveSoon();
  }

  /** What a worker may run next: nothing beside what runs alone. */
  #next(worker: LeaseWorker): Work | undefined {
    if (worker.idle) this.#alone.delete(worker);
    while (this.#ready[0]?.holding.isOver === true) this.#ready.shift();
    const [work] = this.#ready;
    if (work === undefined || this.#alone.has(worker)) return undefined;
    const isAlone = work.isAlone || work.holding.range.isSuspicious;
    if (isAlone && !worker.idle) return undefined;
    if (isAlone) this.#alone.add(worker);
    this.#ready.shift();
    return work;
  }

  #receiveSoon(): void {
    if (this.#receiving !== undefined || this.#isStopped) return;
    const again = (): void => {
      this.#receiving = undefined;
      this.#pump();
    };
    this.#receiving = this.#receive().then(again, (error) => {
      this.#options.onError(error);
      // The queue could not be reached, or a message not be taken: it comes again.
      if (!this.#isStopped) this.#later(again, RETRY_MS);
    });
  }

  async #receive(waitSeconds = WAIT_SECONDS): Promise<number> {
    const { queues, queueUrl } = this.#options;
    const wanted = { limit: 1, waitSeconds, hiddenSeconds: HIDDEN_SECONDS };
    const received = await queues.receive(queueUrl, wanted);
    for (const message of received) await this.#take(message);
    return received.length;
  }

  #later(act: () => void, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#delayed.delete(timer);
      act();
    }, delayMs);
    this.#delayed.add(timer);
  }

  async #take(received: Received): Promise<void> {
    const { store, queues, queueUrl, containerId, deployment, onNewer } = this.#options;
    const inputs = await openInputs(received.body, store.objects);
    const { callId, target } = inputs.request;
    const { start, end, isChild } = inputs;
    if (inputs.deployment > deployment && !this.#isStopped) {
      this.#isStopped = true;
      onNewer();
    }
    if (this.#isStopped) {
      await queues.hide(queueUrl, received.handle, 0);
      return;
    }
    // The read of an awaited call goes beside its run: it would be a third of the way there and back.
    const isAwaited = inputs.replyTo !== undefined && inputs.request.kind === "group";
    const call = isAwaited ? undefined : await this.#calls.rowOf(inputs.request);
    if (call?.state === "cancelled") {
      await queues.delete(queueUrl, received.handle);
      return;
    }
    const { handle, receives } = received;
    const ports = { store, queues, queueUrl };
    const range = { app: target.app, callId, start, end, isChild, receives };
    const taken = await takeRange(store, range, containerId);
    if (taken.kind === "done") await this.#close(inputs, received, taken.results);
    else if (taken.kind === "busy") {
      await leaveToHolder(ports, range, { handle, until: taken.until });
    } else {
      const cancelled = new Set(call?.cancelled);
      const message = new HeldMessage(ports, range, handle);
      await this.#begin({ inputs, message, range: taken.range, cancelled });
      if (isAwaited) this.#do(() => this.#obeyCancellations());
    }
  }

  /** Who has stored these results may have ended before it told of those that are failures. */
  async #close(
    inputs: RangeInputs,
    { handle, receives }: Received,
    results: readonly StoredResults[],
  ): Promise<void> {
    const { queues, queueUrl, onError } = this.#options;
    try {
      await this.#deadLetters.send(inputs, results);
    } catch (error) {
      onError(error);
      // It comes again in a minute, but not for ever: containers are started for what waits.
      if (receives < MAX_TELLS) return;
    }
    await queues.delete(queueUrl, handle);
  }

  async #begin(given: Pick<Holding, "inputs" | "message" | "range" | "cancelled">): Promise<void> {
    const { inputs, range, cancelled } = given;
    for (const child of await range.unsent()) {
      await this.#send({ ...sliceInputs(inputs, child), isChild: true }, 0);
      await range.sent(child);
    }
    const now = this.#options.store.now();
    const holding: Holding = {
      ...given,
      leases: new Map(),
      untold: [],
      untoldBytes: 0,
      left: range.remaining.reduce((sum, { start, end }) => sum + end - start, 0),
      crashes: new Map(),
      flushedAt: now,
      extendedAt: now,
      sharedAt: now,
      isOver: false,
    };
    this.#holdings.add(holding);
    this.#messageInputs = holding.left;
    const error = this.#startupError;
    if (holding.left === 0) this.#finish(holding);
    for (const index of range.poisons) {
      const detail = "its container ended each time";
      this.#fail(holding, index, { detail, attempts: inputs.attempt + 1 });
    }
    for (const index of cancelled) this.#cancelInput(holding, index);
    if (error !== undefined) {
      for (const span of range.remaining) {
        this.#answer(holding, failedPage(countOf(span), "startup", error), inputs.attempt);
      }
    }
    // Without those that have failed just now.
    const rest = range.remaining;
    const areSingle = range.isSuspicious || this.#options.isSingly;
    this.#enqueue(holding, areSingle ? rest.flatMap(singles) : rest, inputs);
  }

  #enqueue(
    holding: Holding,
    spans: readonly Span[],
    { attempt, isAlone = false }: { readonly attempt: number; readonly isAlone?: boolean },
  ): void {
    if (holding.isOver) return;
    this.#ready.push(...spans.map((span) => ({ holding, span, attempt, isAlone })));
    this.#pump();
  }

  #assign(worker: LeaseWorker, { holding, span, attempt }: Work): void {
    lastLeaseId += 1;
    const { request, unary, args } = sliceInputs(holding.inputs, span);
    const { callId, kind, target } = request;
    const { start, end } = span;
    const inputs = { start, count: end - start, unary, args };
    const lease = { id: lastLeaseId, callId, kind, method: target.method, attempt, ...inputs };
    this.#byLease.set(lease.id, holding);
    holding.leases.set(lease.id, worker);
    if (!holding.range.isSuspicious) {
      worker.run(lease);
      for (const { index } of cancelledWithin(holding, span)) worker.cancel(lease.id, index);
      return;
    }
    this.#beginning.add(worker);
    this.#attempt(holding, async () => {
      const isOurs = await holding.range.begin(start).finally(() => this.#beginning.delete(worker));
      if (isOurs) worker.run(lease);
      else this.#forget(holding);
      this.#pump();
    });
  }

  #answer(holding: Holding, page: ResultPage, attempts: number): void {
    holding.range.add(page, attempts);
    holding.untold.push(page);
    holding.untoldBytes += pageSize(page.values);
    holding.left -= page.count;
    if (holding.left === 0) this.#finish(holding);
    else if (holding.untoldBytes >= FLUSH_BYTES) this.#flush(holding);
  }

  #flush(holding: Holding): void {
    holding.flushedAt = this.#options.store.now();
    this.#attempt(holding, () => this.#write(holding, () => holding.range.flush()));
  }

  /** The input that ran alone has ended. */
  #settle(holding: Holding): void {
    if (!holding.range.isSuspicious || holding.isOver || holding.left === 0) return;
    this.#attempt(holding, () => this.#write(holding, () => holding.range.settle()));
  }

  #finish(holding: Holding): void {
    const { inputs, range, message } = holding;
    this.#attempt(holding, async () => {
      if (!(await this.#write(holding, () => range.finish()))) return;
      // Its callers know by now. Should this fail, whoever receives the message next does it.
      if (range.hasFailed) await this.#deadLetters.send(inputs, range.results);
      this.#forget(holding);
      await message.delete();
    });
  }

  /** Write first, then reply: what a caller is told is what the table says. */
  async #write(holding: Holding, write: () => Promise<boolean>): Promise<boolean> {
    const pages = holding.untold;
    holding.untold = [];
    holding.untoldBytes = 0;
    if (!(await write())) {
      this.#dropped += 1;
      this.#cancelLeases(holding);
      return false;
    }
    const { replyTo, request } = holding.inputs;
    if (replyTo === undefined) return true;
    const fields = { callId: request.callId, epoch: holding.range.epoch };
    for (const page of pages) {
      const body = sealReply(page, fields);
      await this.#options.queues.send(replyTo, { body }).catch(this.#options.onError);
    }
    return true;
  }

  /** Makes inputs of a held range a range of their own, for any container. */
  #leaveRange(
    holding: Holding,
    span: Span,
    { attempt, delayMs }: { readonly attempt: number; readonly delayMs: number },
  ): void {
    this.#attempt(holding, async () => {
      if (!(await holding.range.split(span))) {
        if (holding.range.isFenced) this.#forget(holding);
        else this.#enqueue(holding, [span], { attempt });
        return;
      }
      const inputs = { ...sliceInputs(holding.inputs, span), attempt, isChild: true };
      await this.#send(inputs, Math.min(MAX_DELAY_SECONDS, Math.ceil(delayMs / 1000)));
      await holding.range.sent(span);
      this.#messageInputs = span.end - span.start;
      if (delayMs === 0) this.#options.onShared();
      holding.left -= span.end - span.start;
      if (holding.left === 0) this.#finish(holding);
    });
  }

  #afterCrash(
    holding: Holding,
    rest: Span,
    {
      detail,
      isAlone,
      lease,
    }: { readonly detail: string; readonly isAlone: boolean; readonly lease: Lease },
  ): void {
    const again = { attempt: lease.attempt, isAlone: true };
    if (rest.end - rest.start > 1 || !isAlone) {
      this.#enqueue(holding, singles(rest), again);
      return;
    }
    const crashes = (holding.crashes.get(rest.start) ?? 0) + 1;
    holding.crashes.set(rest.start, crashes);
    if (crashes < MAX_CRASHES) this.#enqueue(holding, [rest], again);
    else this.#fail(holding, rest.start, { detail, attempts: lease.attempt + 1 });
  }

  #fail(
    holding: Holding,
    start: number,
    { detail, attempts }: { readonly detail: string; readonly attempts: number },
  ): void {
    const { name } = holding.inputs.request.target;
    const error = toErrorPage(crashError(name, { detail, times: MAX_CRASHES }));
    this.#answer(holding, failedPage({ start, count: 1 }, "crashed", error), attempts);
  }

  #extend(holding: Holding, now: number): void {
    holding.extendedAt = now;
    if (holding.message.isAgeing) {
      this.#replaceMessage(holding);
      return;
    }
    this.#do(() => holding.message.keep());
    // The row's lease is the truth; there is no row before the first flush, unless it was taken over.
    if (holding.range.isStored) this.#flush(holding);
  }

  /** SQS will soon show the message, whatever is done: another takes its place, of a range that has a row. */
  #replaceMessage(holding: Holding): void {
    const { inputs, message, range } = holding;
    // Inputs that are in an object are stored anew, and stay as long again.
    const next = { ...inputs, stored: undefined, isChild: true };
    this.#attempt(holding, async () => {
      if (!(await this.#write(holding, () => range.flush())) || holding.isOver) return;
      await message
        .replace(() => this.#send(next, 0))
        .catch((error) => {
          // It is tried again in 20 s.
          this.#options.onError(error);
          this.#do(() => message.keep());
        });
    });
  }

  /** Half of what waits here goes to whoever is free: its last inputs, as one range. */
  #share(holding: Holding, now: number): void {
    holding.sharedAt = now;
    if (!this.#options.mayScaleOut() || this.#isStopped || holding.range.isSuspicious) return;
    const waiting = this.#ready.filter((work) => work.holding === holding);
    const last = waiting.at(-1);
    const half = lastHalf(waiting);
    // A range's row bears its first input's name: that one cannot leave.
    const start = Math.max(half.start, holding.inputs.start + 1);
    if (last === undefined || start >= half.end) return;
    const span = { start, end: half.end };
    this.#ready = this.#ready.flatMap((work) =>
      work.holding === holding ? without(work, span) : work,
    );
    this.#leaveRange(holding, span, { attempt: last.attempt, delayMs: 0 });
  }

  async #obeyCancellations(): Promise<void> {
    for (const holding of [...this.#holdings]) {
      const call = await this.#calls.rowOf(holding.inputs.request);
      if (holding.isOver) continue;
      if (call?.state === "cancelled") {
        this.#cancelLeases(holding);
        await holding.message.delete();
      } else for (const index of call?.cancelled ?? []) this.#cancelInput(holding, index);
    }
  }

  /** Answers for an input that was cancelled on its own, if it has no result. */
  #cancelInput(holding: Holding, index: number): void {
    if (!holding.range.lacks(index) || holding.isOver) return;
    holding.cancelled.add(index);
    const page = failedPage({ start: index, count: 1 }, "cancelled", cancelledPage());
    this.#answer(holding, page, holding.inputs.attempt);
    for (const [leaseId, worker] of holding.leases) worker.cancel(leaseId, index);
  }

  #cancelLeases(holding: Holding): void {
    for (const [leaseId, worker] of holding.leases) worker.cancel(leaseId);
    this.#forget(holding);
  }

  #forget(holding: Holding): void {
    holding.isOver = true;
    this.#holdings.delete(holding);
    for (const leaseId of holding.leases.keys()) this.#byLease.delete(leaseId);
    if (this.#holdings.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  async #handAllBack(): Promise<void> {
    this.#ready = [];
    await Promise.all([...this.#holdings].map((holding) => this.#handBack(holding)));
  }

  async #handBack(holding: Holding): Promise<void> {
    try {
      if (await this.#write(holding, () => holding.range.handBack())) await holding.message.show();
    } finally {
      this.#cancelLeases(holding);
    }
  }

  async #send(inputs: RangeInputs, delaySeconds: number): Promise<void> {
    const { queues, queueUrl, store } = this.#options;
    const body = await sealInputs(inputs, store.objects);
    await queues.send(queueUrl, { body, group: inputs.request.callId, delaySeconds });
  }

  /** A step for a message that is held; one that fails gives the message up. */
  #attempt(holding: Holding, act: () => Promise<unknown>): void {
    act().catch((error) => {
      this.#options.onError(error);
      this.#cancelLeases(holding);
      this.#pump();
    });
  }

  #do(act: () => Promise<unknown>): void {
    act().catch(this.#options.onError);
  }
}

function cancelledWithin({ cancelled }: Holding, { start, end }: Span): { index: number }[] {
  if (cancelled.size === 0) return [];
  return [...cancelled]
    .filter((index) => index >= start && index < end)
    .map((index) => ({ index }));
}

function countOf({ start, end }: Span): { start: number; count: number } {
  return { start, count: end - start };
}

/** The last half of inputs that wait, or as much of it as is one range. */
function lastHalf(waiting: readonly Work[]): Span {
  const inputs = waiting.reduce((sum, { span }) => sum + span.end - span.start, 0);
  const end = waiting.at(-1)?.span.end ?? 0;
  const half = end - Math.ceil(inputs / 2);
  let first = waiting.length - 1;
  const startOf = (): number => waiting[first]?.span.start ?? end;
  while (startOf() > half && isJoined(waiting[first - 1], waiting[first])) first -= 1;
  return { start: Math.max(half, startOf()), end };
}

/** What is left of work, the last of which may leave. */
function without(work: Work, leaving: Span): readonly Work[] {
  const { start, end } = work.span;
  if (end <= leaving.start || start >= leaving.end) return [work];
  return start < leaving.start ? [{ ...work, span: { start, end: leaving.start } }] : [];
}

function isJoined(work: Work | undefined, next: Work | undefined): boolean {
  return work?.span.end === next?.span.start && work?.attempt === next?.attempt;
}

function singles({ start, end }: Span): Span[] {
  return Array.from({ length: end - start }, (_, offset) => {
    return { start: start + offset, end: start + offset + 1 };
  });
}
