import type { Span } from "../backend.ts";
import type { MadeRecord, RunRecord } from "../call-trace.ts";
import type { Traces } from "../local/trace-store.ts";

/** What is recorded of calls of a test. */
export class MemoryTraces implements Traces {
  readonly #runs: Map<string, Map<string, RunRecord>> = new Map();
  readonly #made: Map<string, MadeRecord[]> = new Map();

  async putRun(callId: string, run: RunRecord): Promise<void> {
    const runs = this.#runs.get(callId) ?? new Map();
    // The same run again, with its end.
    this.#runs.set(callId, runs.set(`${run.start} ${run.attempts}`, run));
  }

  async putMade(callId: string, made: MadeRecord): Promise<void> {
    this.#made.set(callId, [...(this.#made.get(callId) ?? []), made]);
  }

  runs(callId: string, { start, end }: Span): RunRecord[] {
    const runs = [...(this.#runs.get(callId)?.values() ?? [])];
    return runs.filter((run) => run.start < end && run.start + run.count > start);
  }

  made(callId: string, { start, end }: Span): MadeRecord[] {
    const made = this.#made.get(callId) ?? [];
    return made.filter(({ parent }) => parent >= start && parent < end);
  }

  /** What is recorded ends with the test. */
  removeOlder(): void {}
}
