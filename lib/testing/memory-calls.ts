import type { InputKey, InputPage, KeyedPage, ResultPage, Span } from "../backend.ts";
import { type Claims, claimKeys, isHeld, type KeyRecord } from "../local/key-claims.ts";
import type { CallRecord, CallStore, EngineRecord } from "../local/store.ts";
import { MemoryTraces } from "./memory-traces.ts";

interface StoredCall {
  record: CallRecord | undefined;
  readonly inputs: Map<number, InputPage>;
  readonly results: Map<number, ResultPage>;
}

/** Spawned calls of a test. */
export class MemoryCalls implements CallStore {
  readonly #calls: Map<string, StoredCall> = new Map();
  readonly #engines: Map<string, EngineRecord> = new Map();
  readonly #keys: Map<string, KeyRecord> = new Map();
  readonly traces: MemoryTraces = new MemoryTraces();
  #cancels = 0;

  getCall(callId: string): CallRecord | undefined {
    return this.#calls.get(callId)?.record;
  }

  async putCall(callId: string, record: CallRecord): Promise<void> {
    this.#of(callId).record = record;
  }

  async updateCall(
    callId: string,
    change: (record: CallRecord) => CallRecord | undefined,
  ): Promise<void> {
    const call = this.#calls.get(callId);
    if (call?.record !== undefined) call.record = change(call.record) ?? call.record;
  }

  cancels(): number {
    return this.#cancels;
  }

  async announceCancel(): Promise<void> {
    this.#cancels += 1;
  }

  async putInputs(callId: string, page: InputPage): Promise<void> {
    this.#of(callId).inputs.set(page.start, page);
  }

  async claim(call: CallRecord, page: KeyedPage, cutoff: number): Promise<Claims> {
    const [callId, , app, fn] = call.request;
    const keyOf = ({ key }: InputKey): string => JSON.stringify([app, fn, key]);
    const claims = claimKeys({
      ...{ callId, page },
      find: (key) => this.#heldBy(keyOf(key), cutoff),
      keep: (key, record) => void this.#keys.set(keyOf(key), record),
    });
    for (const part of claims.won) this.#of(callId).inputs.set(part.start, part);
    if (claims.won.length > 0) this.#of(callId).record = call;
    return claims;
  }

  async removeInputs(callId: string, start: number): Promise<void> {
    this.#of(callId).inputs.delete(start);
  }

  pendingCalls(): Set<string> {
    const pending = [...this.#calls].filter(([, { inputs }]) => inputs.size > 0);
    return new Set(pending.map(([callId]) => callId));
  }

  pendingInputs(callId: string): InputPage[] {
    return [...this.#of(callId).inputs.values()];
  }

  async putResults(callId: string, page: ResultPage): Promise<boolean> {
    const { results } = this.#of(callId);
    if (results.has(page.start)) return false;
    results.set(page.start, page);
    return true;
  }

  resultsFrom(callId: string, start: number, count: number): ResultPage[] {
    const all = [...this.#of(callId).results.values()].sort((a, b) => a.start - b.start);
    const pages: ResultPage[] = [];
    let next = all.findLast((page) => page.start <= start)?.start;
    while (next !== undefined && next < start + count) {
      const page = this.#of(callId).results.get(next);
      if (page === undefined) break;
      pages.push(page);
      next += page.count;
    }
    return pages.filter((page) => page.start + page.count > start);
  }

  resultsIn(callId: string, spans: readonly Span[]): ResultPage[] {
    return [...this.#of(callId).results.values()].filter(({ start, count }) =>
      spans.some((span) => start < span.end && start + count > span.start),
    );
  }

  doneInputs(callId: string, { start, count }: InputPage): Set<number> {
    const done: Set<number> = new Set();
    for (const page of this.#of(callId).results.values()) {
      if (page.start < start || page.start >= start + count) continue;
      for (let offset = 0; offset < page.count; offset += 1) done.add(page.start + offset);
    }
    return done;
  }

  async putEngine(id: string, record: EngineRecord): Promise<void> {
    this.#engines.set(id, record);
  }

  getEngine(id: string): EngineRecord | undefined {
    return this.#engines.get(id);
  }

  async removeEngine(id: string): Promise<void> {
    this.#engines.delete(id);
  }

  /** What is stored ends with the test. */
  async removeOlder(): Promise<void> {}

  async close(): Promise<void> {}

  #heldBy(key: string, cutoff: number): KeyRecord | undefined {
    const record = this.#keys.get(key);
    return record && isHeld(record, this, cutoff) ? record : undefined;
  }

  #of(callId: string): StoredCall {
    const known = this.#calls.get(callId);
    if (known !== undefined) return known;
    const call: StoredCall = { record: undefined, inputs: new Map(), results: new Map() };
    this.#calls.set(callId, call);
    return call;
  }
}
