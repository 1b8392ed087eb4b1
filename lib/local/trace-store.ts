import type { Span } from "../backend.ts";
import type { MadeRecord, RunRecord } from "../call-trace.ts";
import { callTime } from "../ids.ts";
import type { LmdbFile } from "./lmdb-file.ts";
import type { LmdbTable } from "./lmdb-table.ts";

type RunKey = [callId: string, start: number, attempts: number];
type MadeKey = [callId: string, parent: number, madeCallId: string, start: number];

/** A run holds this many inputs at most, so that it is found by one that it begins before. */
const MAX_RUN_INPUTS = 1000;

/** What is recorded of calls, wherever. */
export type Traces = Pick<TraceStore, keyof TraceStore>;

/** How inputs of stored calls were run, and what they have called, on disk (LMDB). */
export class TraceStore {
  readonly #file: LmdbFile;
  readonly #runs: LmdbTable<Omit<RunRecord, "start" | "attempts">, RunKey>;
  readonly #made: LmdbTable<Pick<MadeRecord, "called" | "count" | "at">, MadeKey>;

  constructor(file: LmdbFile) {
    this.#file = file;
    this.#runs = file.table("runs");
    this.#made = file.table("made");
  }

  async putRun(callId: string, { start, attempts, ...run }: RunRecord): Promise<void> {
    await this.#file.change(() => this.#runs.putSync([callId, start, attempts], run));
  }

  async putMade(
    callId: string,
    { parent, callId: madeId, start, ...made }: MadeRecord,
  ): Promise<void> {
    await this.#file.change(() => this.#made.putSync([callId, parent, madeId, start], made));
  }

  /** Runs that have an input of this span. */
  runs(callId: string, { start, end }: Span): RunRecord[] {
    const runs: RunRecord[] = [];
    const from: RunKey = [callId, Math.max(0, start - MAX_RUN_INPUTS), 0];
    for (const { key, value } of this.#runs.getRange({ start: from, end: [callId, end, 0] })) {
      if (key[1] + value.count > start) runs.push({ ...value, start: key[1], attempts: key[2] });
    }
    return runs;
  }

  /** What inputs of this span have called. */
  made(callId: string, { start, end }: Span): MadeRecord[] {
    const range = {
      start: [callId, start, "", 0] as MadeKey,
      end: [callId, end, "", 0] as MadeKey,
    };
    return [...this.#made.getRange(range)].map(({ key, value }) => {
      const [, parent, madeId, first] = key;
      return { ...value, parent, callId: madeId, start: first };
    });
  }

  /** Removes what is of calls that were made before; within a change. */
  removeOlder(cutoff: number): void {
    for (const key of [...this.#runs.getKeys()]) {
      if (isOlder(key[0], cutoff)) this.#runs.removeSync(key);
    }
    for (const key of [...this.#made.getKeys()]) {
      if (isOlder(key[0], cutoff)) this.#made.removeSync(key);
    }
  }
}

function isOlder(callId: string, cutoff: number): boolean {
  return (callTime(callId) ?? 0) < cutoff;
}
