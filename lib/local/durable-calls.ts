import type {
  CallReading,
  CallRequest,
  CancelOptions,
  InputPage,
  InputPlace,
  KeyedPage,
  ReadQuery,
  ResultPage,
} from "../backend.ts";
import type { CallTrace, MadeRecord, RunRecord, TraceQuery } from "../call-trace.ts";
import type { Clock } from "../clock.ts";
import { requestFields, toRequest } from "../messages.ts";
import { RETENTION_MS, recordOf, traceOf } from "./call-records.ts";
import type { CallState, Cancelled, Tracer } from "./call-state.ts";
import { failedInputs } from "./failed-store.ts";
import { describeSelf, isAlive } from "./liveness.ts";
import type { CallRecord, CallStore } from "./store.ts";
import { Waiters } from "./waiters.ts";
import { splitWork, type Work } from "./work-queue.ts";

/** How often a waiter looks for results that another process writes. */
const LOOK_EVERY_MS = 50;
/** The same for results that are written here, and announced. */
const LOOK_HERE_MS = 5000;
/** After this many looks in vain a waiter asks whether the owner of the call lives. */
const OWNER_CHECK_LOOKS = 10;
/** How often an engine looks for cancellations that another process wrote. */
export const CANCEL_CHECK_MS = 250;

export interface DurableCallsOptions {
  readonly store: CallStore;
  readonly engineId: string;
  readonly app: string;
  readonly functions: ReadonlySet<string>;
  readonly clock: Clock;
  enqueue(work: Work): void;
  /** Cancels work of a call that waits or runs here. */
  cancel(call: CallState, which: Cancelled): void;
}

interface LocalCall {
  readonly pages: Set<CallState>;
  total: number | undefined;
}

/** Results of some inputs of a page. */
interface Answered {
  readonly call: CallRequest;
  readonly page: InputPage;
  readonly results: ResultPage;
  /** All of the page has results with these. */
  readonly isLast: boolean;
}

/** Spawned calls: stored before they are acknowledged, run here, and taken over when their engine died. */
export class DurableCalls implements Tracer {
  readonly #options: DurableCallsOptions;
  readonly #local: Map<string, LocalCall> = new Map();
  readonly #waiters: Waiters;
  readonly #writes: Set<Promise<unknown>> = new Set();
  /** Cancellations that were looked at. */
  #seenCancels = 0;

  constructor(options: DurableCallsOptions) {
    this.#options = options;
    this.#waiters = new Waiters(options.clock);
  }

  /** True while calls run here or results are on their way to the store. */
  get isBusy(): boolean {
    return this.#local.size + this.#writes.size > 0;
  }

  /** Calls that are not complete. */
  get pending(): number {
    return this.#local.size;
  }

  /** Registers this engine, removes what is too old, and takes over calls that died with theirs. */
  async begin(): Promise<void> {
    const { store, engineId, clock } = this.#options;
    await store.putEngine(engineId, describeSelf());
    await store.removeOlder(clock.wallTime() - RETENTION_MS);
    for (const callId of store.pendingCalls()) await this.#adopt(callId);
  }

  async spawn(request: CallRequest, page: InputPage): Promise<void> {
    const { store, engineId } = this.#options;
    const { callId } = request;
    let call = this.#local.get(callId);
    const writes = [store.putInputs(callId, page)];
    if (call === undefined) {
      call = { pages: new Set(), total: undefined };
      this.#local.set(callId, call);
      writes.push(store.putCall(callId, { request: requestFields(request), owner: engineId }));
    }
    this.#start({ request, call, page, done: new Set() });
    await Promise.all(writes);
  }

  async endSpawn(callId: string, total: number): Promise<void> {
    const call = this.#local.get(callId);
    if (call !== undefined) call.total = total;
    await this.#options.store.updateCall(callId, (record) => ({ ...record, total }));
    this.#settle(callId);
  }

  /** Spawns the inputs whose keys are free; answers where the result of each is. */
  async spawnOnce(
    request: CallRequest,
    page: KeyedPage,
  ): Promise<readonly (InputPlace | undefined)[]> {
    const { store, engineId, clock } = this.#options;
    const { callId } = request;
    const total = page.count;
    const record = { request: requestFields(request), owner: engineId, total };
    const { places, won } = await store.claim(record, page, clock.wallTime() - RETENTION_MS);
    const call: LocalCall = { pages: new Set(), total };
    if (won.length > 0) this.#local.set(callId, call);
    for (const part of won) this.#start({ request, call, page: part, done: new Set() });
    return places;
  }

  async read({ callId, start, count, waitMs, anyOf }: ReadQuery): Promise<CallReading> {
    const { store, clock } = this.#options;
    const deadline = clock.now() + waitMs;
    for (let looks = 1; ; looks += 1) {
      const { total, owner } = this.#record(callId);
      const pages = anyOf
        ? store.resultsIn(callId, anyOf)
        : store.resultsFrom(callId, start, count);
      const isPast = total !== undefined && start >= total;
      const left = deadline - clock.now();
      if (pages.length > 0 || isPast || left <= 0) return { total, pages };
      // Results of a call that runs here announce themselves; looking would cost each of many waiters a read.
      const isHere = this.#local.has(callId);
      const ms = Math.min(left, isHere ? LOOK_HERE_MS : LOOK_EVERY_MS);
      await this.#waiters.wait(callId, anyOf ?? [{ start, end: start + 1 }], ms);
      // Whoever ran it may have died since: then it is for whoever waits.
      const isOther = looks % OWNER_CHECK_LOOKS === 0 && owner !== this.#options.engineId;
      if (isOther) await this.#adopt(callId);
    }
  }

  /** What is recorded of inputs of a call. @throws NotFoundError, OutputExpiredError */
  async trace(query: TraceQuery): Promise<CallTrace> {
    // What has happened here is on its way to the store.
    await Promise.all(this.#writes);
    return traceOf(this.#options.store, query, this.#options.clock.wallTime());
  }

  noteMade(callId: string, made: MadeRecord): void {
    this.#track(this.#options.store.traces.putMade(callId, made));
  }

  ran(callId: string, run: RunRecord): void {
    this.#track(this.#options.store.traces.putRun(callId, run));
  }

  async cancel(
    callId: string,
    index: number | undefined,
    { terminateContainers = false }: CancelOptions,
  ): Promise<void> {
    const { store } = this.#options;
    this.#record(callId); // Says so if there is none.
    if (!this.#local.has(callId)) {
      await store.updateCall(callId, (now) => ({
        ...now,
        cancelled: addCancelled(now, index),
        terminates: now.terminates === true || terminateContainers,
      }));
      await store.announceCancel();
      await this.#adopt(callId);
      return;
    }
    this.#cancelHere(callId, { index, terminateContainers });
  }

  /** Obeys cancellations that other processes wrote. */
  checkCancelled(): void {
    const { store } = this.#options;
    const announced = store.cancels();
    if (announced === this.#seenCancels) return;
    this.#seenCancels = announced;
    for (const callId of this.#local.keys()) this.#obey(callId);
  }

  /** Takes over a call, if its engine is gone and this app can run it. */
  async #adopt(callId: string): Promise<void> {
    const { store, app, functions, engineId } = this.#options;
    const known = store.getCall(callId);
    if (known === undefined) return;
    const { target } = toRequest(known.request);
    if (target.app !== app || !functions.has(target.name)) return;
    let isTaken = false;
    await store.updateCall(callId, (record) => {
      // What is ours runs already.
      isTaken = record.owner !== engineId && !isAlive(store.getEngine(record.owner));
      return isTaken ? { ...record, owner: engineId } : undefined;
    });
    if (!isTaken) return;
    for (const page of store.pendingInputs(callId)) this.#resume(callId, page);
    // Its last engine may have died before it obeyed.
    this.#obey(callId);
  }

  async close(): Promise<void> {
    await Promise.all(this.#writes);
    await this.#options.store.removeEngine(this.#options.engineId);
    await this.#options.store.close();
  }

  /** Cancels what the record of a call says. */
  #obey(callId: string): void {
    const { cancelled, terminates: terminateContainers } =
      this.#options.store.getCall(callId) ?? {};
    if (cancelled === "all") this.#cancelHere(callId, { terminateContainers });
    else
      for (const index of cancelled ?? []) this.#cancelHere(callId, { index, terminateContainers });
  }

  #cancelHere(callId: string, which: Cancelled): void {
    for (const page of this.#local.get(callId)?.pages ?? []) this.#options.cancel(page, which);
  }

  #resume(callId: string, page: InputPage): void {
    const record = this.#record(callId);
    const call: LocalCall = this.#local.get(callId) ?? { pages: new Set(), total: 0 };
    this.#local.set(callId, call);
    // A caller that died while it added inputs was promised no more than what is stored.
    call.total = record.total ?? Math.max(call.total ?? 0, page.start + page.count);
    const done = this.#options.store.doneInputs(callId, page);
    this.#start({ request: toRequest(record.request), call, page, done });
  }

  #start(start: {
    readonly request: CallRequest;
    readonly call: LocalCall;
    readonly page: InputPage;
    readonly done: ReadonlySet<number>;
  }): void {
    const { request, call, page, done } = start;
    let left = page.count - done.size;
    const state: CallState = {
      request,
      tracer: this,
      deliver: (results) => {
        left -= results.count;
        const isLast = left === 0;
        if (isLast) call.pages.delete(state);
        this.#track(this.#store({ call: request, page, results, isLast }));
      },
    };
    call.pages.add(state);
    if (left === 0) this.#track(this.#finishPage(request.callId, page.start));
    const work = { ...page, call: state, attempt: 0, crashes: 0, isAlone: false };
    for (const rest of without(work, done)) this.#options.enqueue(rest);
  }

  async #store({ call: { callId }, page, results, isLast }: Answered): Promise<void> {
    const failed = failedInputs(page, results, this.#options.clock.wallTime());
    const written = this.#options.store.putResults(callId, results, failed);
    if (isLast) void this.#finishPage(callId, page.start);
    await written;
    const { start, count } = results;
    this.#waiters.wake(callId, { start, end: start + count });
  }

  async #finishPage(callId: string, start: number): Promise<void> {
    const removed = this.#options.store.removeInputs(callId, start);
    this.#settle(callId);
    await removed;
  }

  /** Marks a call that has all its results, and forgets it. */
  #settle(callId: string): void {
    const call = this.#local.get(callId);
    if (call === undefined || call.total === undefined || call.pages.size > 0) return;
    this.#local.delete(callId);
    // Those who wait for the number of inputs, or look past the last.
    this.#waiters.wake(callId);
    const { store, clock } = this.#options;
    const { total } = call;
    this.#track(
      store.updateCall(callId, (record) => ({ ...record, total, doneAt: clock.wallTime() })),
    );
  }

  #record(callId: string): CallRecord {
    return recordOf(this.#options.store, callId, this.#options.clock.wallTime());
  }

  #track(write: Promise<unknown>): void {
    this.#writes.add(write);
    void write.finally(() => this.#writes.delete(write));
  }
}

function addCancelled(record: CallRecord, index: number | undefined): readonly number[] | "all" {
  if (index === undefined || record.cancelled === "all") return "all";
  return [...(record.cancelled ?? []), index];
}

/** The parts of work that are not done. */
function without(work: Work, done: ReadonlySet<number>): Work[] {
  if (done.size === 0) return [work];
  const parts: Work[] = [];
  let rest: Work | undefined = work;
  while (rest !== undefined && rest.count > 0) {
    const isDone = done.has(rest.start);
    let length = 1;
    while (length < rest.count && done.has(rest.start + length) === isDone) length += 1;
    const [head, tail]: [Work, Work | undefined] =
      length < rest.count ? splitWork(rest, length) : [rest, undefined];
    if (!isDone) parts.push(head);
    rest = tail;
  }
  return parts;
}
