import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Failure, InputKey, InputPage, KeyedPage, ResultPage, Span } from "../backend.ts";
import type { Page } from "../codec/page.ts";
import type { RequestFields } from "../messages.ts";
import { type FailedInput, FailedStore } from "./failed-store.ts";
import { type Claims, claimKeys, isHeld, type KeyRecord } from "./key-claims.ts";
import { LmdbFile } from "./lmdb-file.ts";
import type { LmdbTable } from "./lmdb-table.ts";
import { TraceStore, type Traces } from "./trace-store.ts";

const MAX_TABLES = 12;

/** A durable call. Its inputs and results are pages of their own. */
export interface CallRecord {
  readonly request: RequestFields;
  /** The engine that runs it. */
  readonly owner: string;
  /** Undefined while the caller adds inputs. */
  readonly total?: number;
  /** When its last result was stored, in milliseconds since 1970. */
  readonly doneAt?: number;
  /** Inputs to cancel, or all: written by other processes, obeyed by the owner. */
  readonly cancelled?: readonly number[] | "all";
  /** Their containers are ended at once. */
  readonly terminates?: boolean;
}

/** A process that runs an engine. */
export interface EngineRecord {
  readonly pid: number;
  /** Tells it from a later process with the same id; empty where the system does not say. */
  readonly startedAt: string;
}

const CANCELS = "cancels";

type PageKey = [callId: string, start: number];
type FunctionKey = [app: string, fn: string, key: string];

interface InputRecord {
  readonly count: number;
  readonly unary: boolean;
  readonly args: Page;
}

interface ResultRecord {
  readonly count: number;
  readonly values: Page;
  readonly failures?: readonly Failure[] | undefined;
}

/** What spawned calls are stored in. */
export type CallStore = Omit<Pick<Store, keyof Store>, "traces" | "failed"> & {
  readonly traces: Traces;
};

/** Calls, inputs and results on disk (LMDB), shared by every process that works in this directory. */
export class Store {
  readonly #file: LmdbFile;
  readonly #calls: LmdbTable<CallRecord, string>;
  readonly #inputs: LmdbTable<InputRecord, PageKey>;
  readonly #results: LmdbTable<ResultRecord, PageKey>;
  readonly #engines: LmdbTable<EngineRecord, string>;
  readonly #signals: LmdbTable<number, string>;
  readonly #keys: LmdbTable<KeyRecord, FunctionKey>;
  /** How inputs were run. */
  readonly traces: TraceStore;
  /** Inputs that failed for good. */
  readonly failed: FailedStore;

  private constructor(file: LmdbFile) {
    this.#file = file;
    this.#calls = file.table("calls");
    this.#inputs = file.table("inputs");
    this.#results = file.table("results");
    this.#engines = file.table("engines");
    this.#signals = file.table("signals");
    this.#keys = file.table("keys");
    this.traces = new TraceStore(file);
    this.failed = new FailedStore(file);
  }

  /** Opens or makes the store below a state directory. */
  static async open(stateDirectory: string): Promise<Store> {
    mkdirSync(stateDirectory, { recursive: true });
    return new Store(await LmdbFile.open(join(stateDirectory, "calls.lmdb"), MAX_TABLES));
  }

  getCall(callId: string): CallRecord | undefined {
    return this.#calls.get(callId);
  }

  async putCall(callId: string, record: CallRecord): Promise<void> {
    await this.#file.change(() => this.#calls.putSync(callId, record));
  }

  /** Changes a call if it is there, in one transaction over all processes. */
  async updateCall(
    callId: string,
    change: (record: CallRecord) => CallRecord | undefined,
  ): Promise<void> {
    await this.#file.change(() => {
      const record = this.#calls.get(callId);
      const changed = record === undefined ? undefined : change(record);
      if (changed !== undefined) this.#calls.putSync(callId, changed);
    });
  }

  /** How many cancellations processes have announced: a change tells owners to look at their calls. */
  cancels(): number {
    return this.#signals.get(CANCELS) ?? 0;
  }

  async announceCancel(): Promise<void> {
    await this.#file.change(() => this.#signals.putSync(CANCELS, this.cancels() + 1));
  }

  async putInputs(callId: string, { start, count, unary, args }: InputPage): Promise<void> {
    const record = { count, unary, args };
    await this.#file.change(() => this.#inputs.putSync([callId, start], record));
  }

  /**
   * Stores a call of those inputs whose keys are free: those that nobody used after `cutoff`, and those of inputs that
   * did not run. One transaction over all processes, so that a key is claimed once and never without its input.
   */
  async claim(call: CallRecord, page: KeyedPage, cutoff: number): Promise<Claims> {
    const [callId, , app, fn] = call.request;
    const keyOf = ({ key }: InputKey): FunctionKey => [app, fn, key];
    return await this.#file.change(() => {
      const claims = claimKeys({
        ...{ callId, page },
        find: (key) => this.#heldBy(keyOf(key), cutoff),
        keep: (key, record) => this.#keys.putSync(keyOf(key), record),
      });
      for (const { start, ...input } of claims.won) this.#inputs.putSync([callId, start], input);
      if (claims.won.length > 0) this.#calls.putSync(callId, call);
      return claims;
    });
  }

  async removeInputs(callId: string, start: number): Promise<void> {
    await this.#file.change(() => this.#inputs.removeSync([callId, start]));
  }

  /** Calls with inputs that have no results yet. */
  pendingCalls(): Set<string> {
    const calls: Set<string> = new Set();
    for (const [callId] of this.#inputs.getKeys()) calls.add(callId);
    return calls;
  }

  /** Pages of inputs of a call that have no complete results yet. */
  pendingInputs(callId: string): InputPage[] {
    const pages: InputPage[] = [];
    for (const { key, value } of this.#inputs.getRange(callRange(callId))) {
      pages.push({ start: key[1], ...value });
    }
    return pages;
  }

  /** Stores results unless these inputs have some, and which of them failed: the first attempt to finish wins. */
  async putResults(
    callId: string,
    { start, count, values, failures }: ResultPage,
    failed: readonly FailedInput[] = [],
  ): Promise<boolean> {
    const key: PageKey = [callId, start];
    return await this.#file.change(() => {
      if (this.#results.has(key)) return false;
      this.#results.putSync(key, { count, values, failures });
      for (const input of failed) this.failed.put(callId, input);
      return true;
    });
  }

  /** Result pages that cover inputs from `start` on, in order, without a gap, up to `count` inputs. */
  resultsFrom(callId: string, start: number, count: number): ResultPage[] {
    const pages: ResultPage[] = [];
    let next = this.#pageStart(callId, start);
    while (next !== undefined && next < start + count) {
      const record = this.#results.get([callId, next]);
      if (record === undefined) break;
      pages.push({ start: next, ...record });
      next += record.count;
    }
    return pages.filter((page) => page.start + page.count > start);
  }

  /** All result pages of a call that have an input of these spans. */
  resultsIn(callId: string, spans: readonly Span[]): ResultPage[] {
    const pages = new Map<number, ResultPage>();
    for (const { start, end } of spans) {
      const from = this.#pageStart(callId, start) ?? start;
      const range = { start: [callId, from] as PageKey, end: [callId, end] as PageKey };
      for (const { key, value } of this.#results.getRange(range)) {
        if (key[1] + value.count > start) pages.set(key[1], { start: key[1], ...value });
      }
    }
    return [...pages.values()];
  }

  /** Which of these inputs have results. */
  doneInputs(callId: string, { start, count }: InputPage): Set<number> {
    const done: Set<number> = new Set();
    const range = { start: [callId, start] as PageKey, end: [callId, start + count] as PageKey };
    for (const { key, value } of this.#results.getRange(range)) {
      for (let offset = 0; offset < value.count; offset += 1) done.add(key[1] + offset);
    }
    return done;
  }

  async putEngine(id: string, record: EngineRecord): Promise<void> {
    await this.#file.change(() => this.#engines.putSync(id, record));
  }

  getEngine(id: string): EngineRecord | undefined {
    return this.#engines.get(id);
  }

  async removeEngine(id: string): Promise<void> {
    await this.#file.change(() => this.#engines.removeSync(id));
  }

  /** Removes calls whose results were stored before `cutoff`. */
  async removeOlder(cutoff: number): Promise<void> {
    await this.#file.change(() => {
      for (const { key, value } of [...this.#calls.getRange()]) {
        if (value.doneAt === undefined || value.doneAt >= cutoff) continue;
        this.#calls.removeSync(key);
        this.failed.removeCall(key);
        const results = [...this.#results.getKeys(callRange(key))];
        for (const result of results) this.#results.removeSync(result);
      }
      for (const { key, value } of [...this.#keys.getRange()]) {
        if (this.#calls.get(value.callId) === undefined) this.#keys.removeSync(key);
      }
      this.traces.removeOlder(cutoff);
    });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** What a key leads to, unless it is free. */
  #heldBy(key: FunctionKey, cutoff: number): KeyRecord | undefined {
    const record = this.#keys.get(key);
    return record && isHeld(record, this, cutoff) ? record : undefined;
  }

  #pageStart(callId: string, index: number): number | undefined {
    const range = {
      start: [callId, index] as PageKey,
      end: [callId, -1] as PageKey,
      reverse: true,
      limit: 1,
    };
    for (const key of this.#results.getKeys(range)) return key[1];
    return undefined;
  }
}

function callRange(callId: string): { start: PageKey; end: PageKey } {
  return { start: [callId, 0], end: [callId, Number.MAX_SAFE_INTEGER] };
}
