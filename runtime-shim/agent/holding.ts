import type { AlikeFailures } from "../../lib/alike-failures.ts";
import type { CallRow } from "../../lib/aws/call-row.ts";
import type { HeldMessage } from "../../lib/aws/held-message.ts";
import type { HeldRange, RangeStore } from "../../lib/aws/held-range.ts";
import type { Queues } from "../../lib/aws/queues.ts";
import type { RangeInputs } from "../../lib/aws/range-message.ts";
import type { Span, StoredRun } from "../../lib/aws/range-row.ts";
import type { ItemPage, ResultPage } from "../../lib/backend.ts";
import type { AnsweredInputs } from "../../lib/call-events.ts";
import type { ContainerTimes } from "../../lib/call-trace.ts";
import { crashError, interruptedError, MAX_CRASHES } from "../../lib/crashes.ts";
import { failedPage } from "../../lib/failed-page.ts";
import { Spans } from "../../lib/spans.ts";
import type { DeadLetters } from "./dead-letters.ts";
import { Departures } from "./departures.ts";
import { cancelledPage, toErrorPage } from "./error-page.ts";
import { GeneratorStream } from "./generator-stream.ts";
import type { LeaseWorker } from "./lease-source.ts";
import { UntoldResults } from "./untold-results.ts";

/** How often a message is hidden anew. */
const EXTEND_EVERY_MS = 20_000;
/** An input of a recorded call that runs for so long has a row. */
const SEEN_AFTER_MS = 1000;
/** What a crash of the container may lose. */
const FLUSH_EVERY_MS = 2000;
const FLUSH_BYTES = 4 * 1024 * 1024;

/** What all that a container holds goes to. */
export interface HoldingPorts {
  readonly store: RangeStore;
  readonly queues: Queues;
  readonly queueUrl: string;
  readonly deadLetters: DeadLetters;
  /** This container, and how long it took to start. */
  readonly timesOf: () => ContainerTimes;
  /** Inputs have left for any container that is free: there may be too few. */
  readonly onShared: () => void;
  /** Inputs have left, so many in one message. */
  readonly onSent: (inputs: number) => void;
  /** Results came after those of another container, and were dropped. */
  readonly onDropped: () => void;
  /** Inputs are answered for, their callers told. */
  readonly onAnswered?: ((answered: AnsweredInputs) => void) | undefined;
  /** It holds the message no longer. */
  readonly onOver: (holding: Holding) => void;
  /** Something failed that no caller can be told of; the message comes again. */
  readonly onError: (error: unknown) => void;
}

/** A message that was taken. */
export interface Taking {
  readonly inputs: RangeInputs;
  readonly message: HeldMessage;
  readonly range: HeldRange;
  /** Inputs that were cancelled one by one. */
  readonly cancelled: ReadonlySet<number>;
}

/**
 * A message that this container holds, and its range: answers for its inputs. A step that fails gives the message up:
 * it is seen again, and the row of its range says what is left to do.
 */
export class Holding {
  readonly inputs: RangeInputs;
  readonly range: HeldRange;
  /** Leases of it that run. */
  readonly leases: Map<number, LeaseWorker> = new Map();
  /** When what waits of it was last shared. */
  sharedAt: number;
  readonly #ports: HoldingPorts;
  readonly #message: HeldMessage;
  /** Inputs that were cancelled before it was taken. */
  readonly #asked: ReadonlySet<number>;
  /** Inputs that were cancelled and answered for already. */
  readonly #cancelled: Set<number> = new Set();
  readonly #crashes: Map<number, number> = new Map();
  readonly #departures: Departures;
  readonly #results: UntoldResults;
  /** Of a generator. */
  readonly #stream: GeneratorStream | undefined;
  /** Inputs that neither have a result nor left for a range of their own. */
  #left: number;
  /** The answer of a generator, which waits for its items. */
  #ending: Promise<void> | undefined;
  #finishing: Promise<void> | undefined;
  readonly #begunAt: number;
  #flushedAt: number;
  #extendedAt: number;
  #isOver = false;

  constructor({ inputs, message, range, cancelled }: Taking, ports: HoldingPorts) {
    this.inputs = inputs;
    this.range = range;
    this.#asked = cancelled;
    this.#ports = ports;
    this.#message = message;
    this.#departures = new Departures({ ...ports, inputs, range });
    this.#results = new UntoldResults({ ...ports, inputs, range });
    this.#stream = inputs.request.kind === "generator" ? this.#createStream() : undefined;
    this.#left = range.remaining.reduce((sum, { start, end }) => sum + end - start, 0);
    const now = ports.store.now();
    this.#begunAt = now;
    this.#flushedAt = now;
    this.#extendedAt = now;
    this.sharedAt = now;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Its generator has yielded, here or in a container before this one: it must not run again. */
  get hasYielded(): boolean {
    return this.#stream?.hasYielded === true;
  }

  /** Inputs that neither have a result nor left for a range of their own. */
  get left(): number {
    return this.#left;
  }

  /** What is to be run of it. */
  get remaining(): readonly Span[] {
    return this.#stream?.isEnding === true ? [] : this.range.remaining;
  }

  /** Sends what whoever held the range before may not have sent. */
  async resend(): Promise<void> {
    await this.#departures.resend();
  }

  /** Answers for what needs no container any more. */
  begin(): void {
    if (this.#left === 0) this.#finish();
    const attempts = this.inputs.attempt + 1;
    const detail = "its container ended each time";
    for (const index of this.range.poisons) this.fail(index, { detail, attempts });
    for (const index of this.#asked) this.#cancelInput(index, false);
    // Whoever held it before has ended without a word.
    if (!this.hasYielded) return;
    const silently = "its generator had yielded, and was not heard of any more";
    for (const { start } of this.remaining) {
      this.fail(start, { detail: silently, attempts, times: 1 });
    }
  }

  /** Looks at the clock. */
  tick(now: number): void {
    if (!this.#results.isEmpty && now - this.#flushedAt >= FLUSH_EVERY_MS) this.#flush();
    // Whoever asks is to see that it runs.
    else if (this.#isUnseen && now - this.#begunAt >= SEEN_AFTER_MS) this.#flush();
    if (now - this.#extendedAt >= EXTEND_EVERY_MS) this.#extend(now);
  }

  /** Items that its generator has yielded. */
  items(items: ItemPage): void {
    this.#stream?.add(items);
  }

  /** Answers for inputs that were run so often, the last time since then. */
  answer(page: ResultPage, attempts: number, since?: number): void {
    if (this.#stream === undefined) this.#add(page, attempts, since);
    else if (!this.#stream.isEnding) {
      const ending = this.#stream.end(page).then((whole) => {
        if (!this.#isOver) this.#add(whole, attempts, since);
      });
      this.#ending = ending;
      this.attempt(() => ending);
    }
  }

  /** An input ended its container, so often in a row. */
  fail(
    start: number,
    {
      detail,
      attempts,
      times = MAX_CRASHES,
    }: { readonly detail: string; readonly attempts: number; readonly times?: number },
  ): void {
    const { name } = this.inputs.request.target;
    const error = toErrorPage(crashError(name, { detail, times }));
    this.answer(failedPage({ start, count: 1 }, "crashed", error), attempts);
  }

  /** How often this input has ended this container while it ran alone. */
  crashed(index: number): number {
    const crashes = (this.#crashes.get(index) ?? 0) + 1;
    this.#crashes.set(index, crashes);
    return crashes;
  }

  isCancelled(index: number): boolean {
    return this.#cancelled.has(index);
  }

  /** Inputs that were answered for since they were cancelled. */
  cancelledWithin({ start, end }: Span): { readonly index: number }[] {
    if (this.#cancelled.size === 0) return [];
    return [...this.#cancelled]
      .filter((index) => index >= start && index < end)
      .map((index) => ({ index }));
  }

  /** What of a span was not cancelled. */
  uncancelled(span: Span): Span[] {
    const left = new Spans();
    left.append(span);
    for (const { index } of this.cancelledWithin(span)) left.take({ start: index, end: index + 1 });
    return [...left.all];
  }

  /** Answers for an input that was cancelled on its own, if it has no result. */
  #cancelInput(index: number, terminates: boolean): void {
    if (!this.range.lacks(index) || this.#isOver) return;
    this.#cancelled.add(index);
    const page = failedPage({ start: index, count: 1 }, "cancelled", cancelledPage());
    this.answer(page, this.inputs.attempt);
    for (const [leaseId, worker] of this.leases) {
      if (terminates) worker.terminate(leaseId, index);
      else worker.cancel(leaseId, index);
    }
  }

  /** Does what the row of its call says of cancellations. */
  obey(call: CallRow | undefined): void {
    if (this.#isOver) return;
    const terminates = call?.terminates === true;
    if (call?.state === "cancelled") this.#drop(terminates);
    else for (const index of call?.cancelled ?? []) this.#cancelInput(index, terminates);
  }

  /** The call was cancelled: nobody waits. */
  #drop(terminates = false): void {
    if (terminates) for (const [leaseId, worker] of this.leases) worker.terminate(leaseId);
    this.giveUp();
    this.#do(() => this.#message.delete());
  }

  /** The input that ran alone has ended. */
  settle(): void {
    if (!this.range.isSuspicious || this.#isOver || this.#left === 0) return;
    this.attempt(() => this.#write(() => this.range.settle()));
  }

  /** Makes inputs a range of their own, for any container; where they cannot leave, `stay` takes them back. */
  leave(
    span: Span,
    how: { readonly attempt: number; readonly delayMs: number },
    stay: () => void,
  ): void {
    this.attempt(async () => {
      if (await this.#departures.leave(span, how)) {
        this.#ports.onSent(span.end - span.start);
        this.#left -= span.end - span.start;
        if (this.#left === 0) this.#finish();
      } else if (this.range.isFenced) this.#end();
      else stay();
    });
  }

  /** Lets another container go on with it. A generator that has yielded ends instead. */
  async handBack(): Promise<void> {
    try {
      if (this.hasYielded) {
        await this.#interrupt();
        return;
      }
      if (await this.#write(() => this.range.handBack())) await this.#message.show();
    } finally {
      this.giveUp();
    }
  }

  /** A step for a message that is held; one that fails gives the message up. */
  attempt(act: () => Promise<unknown>): void {
    act().catch((error) => {
      this.#ports.onError(error);
      this.giveUp();
    });
  }

  /** Stops what runs of it. */
  giveUp(): void {
    for (const [leaseId, worker] of this.leases) worker.cancel(leaseId);
    this.#end();
  }

  /** It is recorded how it is run, and there is no row yet. */
  get #isUnseen(): boolean {
    return this.inputs.isTraced === true && !this.range.isStored && this.#left > 0;
  }

  #add(page: ResultPage, attempts: number, since: number | undefined): void {
    const isTraced = this.inputs.isTraced === true && since !== undefined;
    this.#results.add(page, attempts, isTraced ? this.#runOf(attempts, since) : undefined);
    this.#left -= page.count;
    if (this.#left === 0) this.#finish();
    else if (this.#results.bytes >= FLUSH_BYTES) this.#flush();
  }

  #runOf(attempts: number, startedAt: number): StoredRun {
    const { store, timesOf } = this.#ports;
    return { attempts, startedAt, endedAt: store.now(), container: timesOf() };
  }

  #flush(): void {
    this.#flushedAt = this.#ports.store.now();
    this.attempt(() => this.#write(() => this.range.flush()));
  }

  #finish(): void {
    const finishing = this.#store();
    this.#finishing = finishing;
    this.attempt(() => finishing);
  }

  async #store(): Promise<void> {
    const { inputs, range } = this;
    if (!(await this.#write(() => range.finish()))) return;
    // Its callers know by now. Should this fail, whoever receives the message next does it.
    const failures = range.hasFailed
      ? await this.#ports.deadLetters.send(inputs, range.results)
      : [];
    this.#tellEvents(failures);
    this.#end();
    await this.#message.delete();
  }

  #tellEvents(failures: readonly AlikeFailures[]): void {
    const { onAnswered, store } = this.#ports;
    if (onAnswered === undefined) return;
    const { request } = this.inputs;
    const spans = this.range.results.map(({ start, count }) => ({ start, end: start + count }));
    spans.sort((a, b) => a.start - b.start);
    onAnswered({ request, spans, failures, cancelled: this.#cancelled, at: store.now() });
  }

  async #write(write: () => Promise<boolean>): Promise<boolean> {
    const isOurs = await this.#results.tell(write);
    if (!isOurs) this.#dropped();
    return isOurs;
  }

  #dropped(): void {
    this.#ports.onDropped();
    this.giveUp();
  }

  #extend(now: number): void {
    this.#extendedAt = now;
    if (this.#message.isAgeing) {
      this.#replaceMessage();
      return;
    }
    this.#do(() => this.#message.keep());
    // The row's lease is the truth; there is no row before the first flush, unless it was taken over.
    if (this.range.isStored) this.#flush();
  }

  /** SQS will soon show the message, whatever is done: another takes its place, of a range that has a row. */
  #replaceMessage(): void {
    // Inputs that are in an object are stored anew, and stay as long again.
    const next = { ...this.inputs, stored: undefined, isChild: true };
    this.attempt(async () => {
      if (!(await this.#write(() => this.range.flush())) || this.#isOver) return;
      await this.#message
        .replace(() => this.#departures.send(next, 0))
        .catch((error) => {
          // It is tried again in 20 s.
          this.#ports.onError(error);
          this.#do(() => this.#message.keep());
        });
    });
  }

  #createStream(): GeneratorStream {
    const { inputs, range, leases } = this;
    return new GeneratorStream({
      ...this.#ports,
      ...{ inputs, range },
      grant: (items) => {
        for (const [leaseId, worker] of leases) worker.credit(leaseId, items);
      },
      onCancelled: () => this.#drop(),
      onFenced: () => this.#dropped(),
      onFailure: (error) => this.attempt(() => Promise.reject(error)),
    });
  }

  async #interrupt(): Promise<void> {
    const { start, attempt, request } = this.inputs;
    for (const [leaseId, worker] of this.leases) worker.cancel(leaseId);
    const error = toErrorPage(interruptedError(request.target.name));
    this.answer(failedPage({ start, count: 1 }, "crashed", error), attempt + 1);
    await this.#ending;
    await this.#finishing;
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream?.close();
    this.#ports.onOver(this);
  }

  #do(act: () => Promise<unknown>): void {
    act().catch(this.#ports.onError);
  }
}
