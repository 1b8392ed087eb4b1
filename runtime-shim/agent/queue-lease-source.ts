import type { RangeStore } from "../../lib/aws/held-range.ts";
import type { Queues } from "../../lib/aws/queues.ts";
import { sliceInputs } from "../../lib/aws/range-message.ts";
import type { Span } from "../../lib/aws/range-row.ts";
import type { Failure, ItemPage, ResultPage } from "../../lib/backend.ts";
import type { ContainerTimes } from "../../lib/call-trace.ts";
import type { Page } from "../../lib/codec/page.ts";
import { MAX_CRASHES } from "../../lib/crashes.ts";
import { failedPage } from "../../lib/failed-page.ts";
import { DeadLetters } from "./dead-letters.ts";
import { Holding, type HoldingPorts, type Taking } from "./holding.ts";
import { Intake } from "./intake.ts";
import { KnownCalls } from "./known-calls.ts";
import type { GiveBackReason, InputSpan, Lease, LeaseSource, LeaseWorker } from "./lease-source.ts";
import { splitAround } from "./split-around.ts";
import { WaitingWork, type Work } from "./waiting-work.ts";

/** How often running calls are looked up for a cancellation. */
const CANCEL_EVERY_MS = 5000;
/** Inputs that wait in this container for so long leave it, half of them at a time. */
const SHARE_AFTER_MS = 2000;

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
  /** How inputs of a range are leased: all at once, one by one, or as many as the worker has room for. */
  readonly leases: "whole" | "singly" | "batches";
  /** An input was sent to a newer deployment: it was given back, and this container takes no more. */
  readonly onNewer: () => void;
  /** Inputs have left for any container that is free: there may be too few. */
  readonly onShared: () => void;
  /** When this container was started and ready. @default - now, for both */
  readonly times?: () => Omit<ContainerTimes, "id">;
  /** True while the function may have containers beside those that work. */
  readonly mayScaleOut: () => boolean;
  /** Something failed that no caller can be told of; the message comes again. */
  readonly onError: (error: unknown) => void;
  /** Inputs are answered for, their callers told. @default - nobody hears of it */
  readonly onAnswered?: HoldingPorts["onAnswered"];
}

let lastLeaseId = 0;

/** Leases from a queue of ranges. */
export class QueueLeaseSource implements LeaseSource {
  readonly #options: QueueLeaseSourceOptions;
  readonly #calls: KnownCalls;
  readonly #ports: HoldingPorts;
  readonly #intake: Intake;
  readonly #waiting: WaitingWork = new WaitingWork();
  readonly #workers: Set<LeaseWorker> = new Set();
  readonly #holdings: Set<Holding> = new Set();
  readonly #byLease: Map<number, Holding> = new Map();
  /** When leases last made progress. */
  readonly #since: Map<number, number> = new Map();
  readonly #delayed: Set<NodeJS.Timeout> = new Set();
  /** Workers that are about to run an input of a suspicious range. */
  readonly #beginning: Set<LeaseWorker> = new Set();
  readonly #whenIdle: (() => void)[] = [];
  #startupError: Page | undefined;
  #checkedAt = 0;
  #dropped = 0;
  #messageInputs: number | undefined;

  constructor(options: QueueLeaseSourceOptions) {
    this.#options = options;
    const { store, queues, queueUrl, deadLetterQueueUrl, deployment, onShared, onError } = options;
    this.#calls = new KnownCalls(store);
    const deadLetters = new DeadLetters({
      ...{ store, queues, deployment },
      queueUrl: deadLetterQueueUrl,
    });
    this.#ports = {
      ...{ store, queues, queueUrl, deadLetters, onShared, onError },
      onAnswered: options.onAnswered,
      timesOf: () => ({ id: options.containerId, ...(options.times?.() ?? atOnce(store.now())) }),
      onDropped: () => {
        this.#dropped += 1;
      },
      onSent: (inputs) => {
        this.#messageInputs = inputs;
      },
      onOver: (holding) => this.#forget(holding),
    };
    this.#intake = new Intake({
      ...options,
      ...{ deadLetters, calls: this.#calls },
      onTaken: (taking) => this.#begin(taking),
      onReceived: () => this.#pump(),
    });
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
    return this.#waiting.inputs;
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
    const gone = holding.cancelledWithin({ start: page.start, end: page.start + page.count });
    const parts = gone.length === 0 ? [page] : splitAround(page, gone);
    const since = this.#since.get(lease.id);
    this.#since.set(lease.id, this.#options.store.now());
    for (const part of parts) holding.answer(part, lease.attempt + 1, since);
    holding.settle();
  }

  items(lease: Lease, items: ItemPage): void {
    const holding = this.#byLease.get(lease.id);
    if (holding !== undefined && !holding.isCancelled(lease.start)) holding.items(items);
  }

  retry(lease: Lease, failure: Failure, delayMs: number): void {
    const holding = this.#byLease.get(lease.id);
    if (holding === undefined || holding.isCancelled(failure.index)) return;
    const span = { start: failure.index, end: failure.index + 1 };
    const attempt = lease.attempt + 1;
    holding.settle();
    // A range's row bears its first input's name: that one cannot leave.
    if (span.start === holding.inputs.start) {
      this.#later(() => this.#enqueue(holding, [span], { attempt }), delayMs);
    } else this.#leaveRange(holding, span, { attempt, delayMs });
  }

  giveBack(lease: Lease, rest: InputSpan, reason: GiveBackReason): void {
    const holding = this.#byLease.get(lease.id);
    if (holding === undefined) return;
    holding.settle();
    const parts = holding.uncancelled(rest);
    if (reason.kind === "crashed") {
      for (const part of parts) this.#afterCrash(holding, part, { ...reason, lease });
    } else {
      this.#enqueue(holding, parts, lease);
      this.#share(holding, this.#options.store.now());
    }
  }

  hasIdleCapacity(): boolean {
    return this.#waiting.isEmpty && this.#options.mayScaleOut();
  }

  /** Looks at the clock; to be called about once a second. */
  tick(): void {
    const now = this.#options.store.now();
    for (const holding of this.#holdings) {
      holding.tick(now);
      if (now - holding.sharedAt >= SHARE_AFTER_MS) this.#share(holding, now);
    }
    if (now - this.#checkedAt >= CANCEL_EVERY_MS) {
      this.#checkedAt = now;
      this.#do(() => this.#obeyCancellations());
    }
  }

  /** Takes nothing new; resolves once all that is held is done. */
  async retire(): Promise<void> {
    await this.#intake.stop();
    if (this.#holdings.size > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  /** Answers for all inputs that wait: no container can be started for them. */
  async failWaiting(error: Page): Promise<void> {
    this.#startupError = error;
    await this.#intake.drain();
    await this.retire();
  }

  /**
   * Takes nothing new. What is held goes back to the queue at once, for another container to go on with; resolves
   * when the receive that is under way is over too, 20 s later at most.
   */
  async stop(): Promise<void> {
    const stopped = this.#intake.stop();
    for (const timer of this.#delayed) clearTimeout(timer);
    await this.#handAllBack();
    await stopped;
    // What was being taken in the meantime.
    await this.#handAllBack();
  }

  #pump(): void {
    for (const worker of this.#workers) {
      while (worker.slots > 0 && !this.#beginning.has(worker)) {
        const work = this.#waiting.next(worker);
        if (work === undefined) break;
        this.#assign(worker, work);
      }
    }
    if (!this.#waiting.isEmpty) return;
    const free = [...this.#workers].find((worker) => this.#waiting.isFree(worker));
    if (free !== undefined) this.#intake.soon(free.room);
  }

  async #begin(taking: Taking): Promise<void> {
    const holding = new Holding(taking, this.#ports);
    const { inputs, range } = taking;
    await holding.resend();
    this.#holdings.add(holding);
    this.#messageInputs = holding.left;
    holding.begin();
    const error = this.#startupError;
    if (error !== undefined) {
      for (const { start, end } of holding.remaining) {
        holding.answer(failedPage({ start, count: end - start }, "startup", error), inputs.attempt);
      }
    }
    // Without those that have failed just now.
    const rest = holding.remaining;
    const areSingle = range.isSuspicious || this.#options.leases === "singly";
    this.#enqueue(holding, areSingle ? rest.flatMap(singles) : rest, inputs);
    if (inputs.replyTo !== undefined && inputs.request.kind !== "map") {
      this.#do(() => this.#obeyCancellations());
    }
  }

  #enqueue(
    holding: Holding,
    spans: readonly Span[],
    { attempt, isAlone = false }: { readonly attempt: number; readonly isAlone?: boolean },
  ): void {
    if (holding.isOver) return;
    this.#waiting.push(...spans.map((span) => ({ holding, span, attempt, isAlone })));
    this.#pump();
  }

  #assign(worker: LeaseWorker, { holding, span, attempt, isAlone }: Work): void {
    lastLeaseId += 1;
    const { request, unary, args } = sliceInputs(holding.inputs, span);
    const { callId, kind, target } = request;
    const { start, end } = span;
    const inputs = { start, count: end - start, unary, args, isAlone };
    const { isTraced } = holding.inputs;
    const of = { callId, kind, method: target.method, attempt, ...(isTraced && { isTraced }) };
    const lease = { id: lastLeaseId, ...of, ...inputs };
    this.#byLease.set(lease.id, holding);
    this.#since.set(lease.id, this.#options.store.now());
    holding.leases.set(lease.id, worker);
    if (!holding.range.isSuspicious) {
      worker.run(lease);
      for (const { index } of holding.cancelledWithin(span)) worker.cancel(lease.id, index);
      return;
    }
    this.#beginning.add(worker);
    holding.attempt(async () => {
      const isOurs = await holding.range.begin(start).finally(() => this.#beginning.delete(worker));
      if (isOurs) worker.run(lease);
      else holding.giveUp();
      this.#pump();
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
    const attempts = lease.attempt + 1;
    if (holding.hasYielded) {
      holding.fail(rest.start, { detail, attempts, times: 1 });
      return;
    }
    const again = { attempt: lease.attempt, isAlone: true };
    if (rest.end - rest.start > 1 || !isAlone) {
      this.#enqueue(holding, singles(rest), again);
      return;
    }
    if (holding.crashed(rest.start) < MAX_CRASHES) this.#enqueue(holding, [rest], again);
    else holding.fail(rest.start, { detail, attempts });
  }

  #leaveRange(
    holding: Holding,
    span: Span,
    how: { readonly attempt: number; readonly delayMs: number },
  ): void {
    holding.leave(span, how, () => this.#enqueue(holding, [span], how));
  }

  /** Half of what waits here goes to whoever is free: its last inputs, as one range. */
  #share(holding: Holding, now: number): void {
    holding.sharedAt = now;
    if (!this.#options.mayScaleOut() || this.#intake.isStopped) return;
    if (holding.range.isSuspicious) return;
    const half = this.#waiting.takeHalf(holding);
    if (half !== undefined) {
      this.#leaveRange(holding, half.span, { attempt: half.attempt, delayMs: 0 });
    }
  }

  async #obeyCancellations(): Promise<void> {
    for (const holding of [...this.#holdings]) {
      holding.obey(await this.#calls.rowOf(holding.inputs.request));
    }
  }

  #forget(holding: Holding): void {
    this.#holdings.delete(holding);
    for (const leaseId of holding.leases.keys()) {
      this.#byLease.delete(leaseId);
      this.#since.delete(leaseId);
    }
    if (this.#holdings.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    this.#pump();
  }

  async #handAllBack(): Promise<void> {
    this.#waiting.clear();
    await Promise.all([...this.#holdings].map((holding) => holding.handBack()));
  }

  #later(act: () => void, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#delayed.delete(timer);
      act();
    }, delayMs);
    this.#delayed.add(timer);
  }

  #do(act: () => Promise<unknown>): void {
    act().catch(this.#options.onError);
  }
}

function atOnce(now: number): Omit<ContainerTimes, "id"> {
  return { startedAt: now, readyAt: now };
}

function singles({ start, end }: Span): Span[] {
  return Array.from({ length: end - start }, (_, offset) => {
    return { start: start + offset, end: start + offset + 1 };
  });
}
