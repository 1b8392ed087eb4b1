import type { Clock } from "../../lib/clock.ts";
import type { Running } from "./running.ts";

export interface BatchesOptions {
  /** Inputs of a batch at most. */
  readonly maxSize: number;
  /** How long the first input of a batch waits for others. */
  readonly waitMs: number;
  /** Batches that run at once. */
  readonly maxBatches: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly after: Clock["after"];
  /** Makes the runner run inputs of these leases together. */
  readonly start: (leaseIds: readonly number[]) => void;
}

/** Leases that run together. */
interface Batch {
  readonly leases: readonly Running[];
  readonly since: number;
}

/**
 * Gathers leases into batches. A lease is in one batch: the source is told how much room is left in the one that
 * gathers, and nothing is taken that would wait for a batch to end.
 */
export class Batches {
  readonly #options: BatchesOptions;
  readonly #running: Set<Batch> = new Set();
  #gathering: Running[] = [];
  #size = 0;
  #stopTimer: () => void = () => {};

  constructor(options: BatchesOptions) {
    this.#options = options;
  }

  /** Inputs that the batch that gathers still has room for. */
  get room(): number {
    const { maxSize, maxBatches } = this.#options;
    return this.#running.size < maxBatches ? maxSize - this.#size : 0;
  }

  /** Batches that run. */
  get running(): number {
    return this.#running.size;
  }

  add(running: Running): void {
    this.#gathering.push(running);
    this.#size += running.count;
    const { maxSize, waitMs } = this.#options;
    if (this.#size >= maxSize || running.lease.isAlone === true) this.flush();
    else if (this.#gathering.length === 1) this.#flushAfter(waitMs);
  }

  /** Starts what has gathered, however little it is. */
  flush(): void {
    this.#stopTimer();
    if (this.#gathering.length === 0) return;
    const leases = this.#gathering;
    const since = this.#options.now();
    this.#gathering = [];
    this.#size = 0;
    for (const running of leases) running.since = since;
    this.#running.add({ leases, since });
    this.#options.start(leases.map(({ lease }) => lease.id));
  }

  /** All of a lease was answered: its batch is over with the last of them. */
  answered(running: Running): void {
    const batch = this.#batchOf(running);
    if (batch?.leases.every(isDone) === true) this.#running.delete(batch);
  }

  /** Drops the results of inputs of a lease. The batch goes on until nobody waits for any of it. */
  cancel(running: Running, index: number | undefined): void {
    const { start } = running.lease;
    running.cancelled ??= new Set();
    const indexes = index === undefined ? [...Array(running.count).keys()] : [index - start];
    for (const offset of indexes) running.cancelled.add(offset);
    const leases = this.#batchOf(running)?.leases ?? [];
    if (!leases.every((one) => isDone(one) || one.cancelled?.size === one.count)) return;
    for (const one of leases) one.cancelledAt ??= this.#options.now();
  }

  /** True for a lease that gathers: the runner has not begun it. */
  isWaiting(running: Running): boolean {
    return this.#gathering.includes(running);
  }

  /** Leases whose batch has run for so long. */
  overdue(timeoutMs: number): readonly Running[] {
    const now = this.#options.now();
    const batches = [...this.#running].filter(({ since }) => now - since >= timeoutMs);
    return batches.flatMap(({ leases }) => leases.filter((running) => !isDone(running)));
  }

  /** Starts nothing more. */
  close(): void {
    this.#stopTimer();
    this.#gathering = [];
  }

  #batchOf(running: Running): Batch | undefined {
    return [...this.#running].find(({ leases }) => leases.includes(running));
  }

  #flushAfter(waitMs: number): void {
    if (waitMs === 0) {
      const turn = setImmediate(() => this.flush());
      this.#stopTimer = () => clearImmediate(turn);
    } else {
      this.#stopTimer = this.#options.after(waitMs, () => this.flush());
    }
  }
}

function isDone({ done, count }: Running): boolean {
  return done >= count;
}
