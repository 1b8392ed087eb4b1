import type { Failure, ResultPage } from "../../lib/backend.ts";
import type { GiveBackReason, InputSpan, Lease, LeaseSource } from "../agent/lease-source.ts";
import { LeaseRelay } from "./lease-relay.ts";

/** Weight of the newest measurement, and what it may be at most, in terms of what was known. */
const SMOOTHING = 0.3;
const MAX_GROWTH = 4;
/** An input that has run for so long says something before it has ended. */
const SLOW_MS = 5000;
/** Inputs faster than this are leased ahead: the way to the runner takes longer than they do. */
const PREFETCH_BELOW_MS = 0.2;

interface Active {
  /** Inputs that are not answered. */
  left: number;
  /** When it last made progress. */
  since: number;
}

export interface LeaseMeterOptions {
  readonly source: LeaseSource;
  /** Its inputs run in batches. */
  readonly isBatched: boolean;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** It began to run something, or ran the last of all. */
  readonly onChange: () => void;
}

/** Measures what goes between the source and whichever agent this container has now. */
export class LeaseMeter extends LeaseRelay {
  readonly #options: LeaseMeterOptions;
  readonly #active: Map<number, Active> = new Map();
  #inputMs: number | undefined;

  constructor(options: LeaseMeterOptions) {
    super(options.source);
    this.#options = options;
  }

  /** Inputs that are run now, or wait in the runner. */
  get running(): number {
    let running = 0;
    for (const { left } of this.#active.values()) running += left;
    return running;
  }

  /** Milliseconds that one input takes: before the first result, at least as long as one has run by now. */
  get inputMs(): number | undefined {
    if (this.#inputMs !== undefined) return this.#inputMs;
    const ranMs = this.busyMs ?? 0;
    return ranMs < SLOW_MS ? undefined : ranMs;
  }

  /** For how long the oldest of the inputs that run now has run; undefined while none does. */
  get busyMs(): number | undefined {
    if (this.#active.size === 0) return undefined;
    const since = Math.min(...[...this.#active.values()].map((active) => active.since));
    return this.#options.now() - since;
  }

  get prefetches(): boolean {
    return this.#inputMs !== undefined && this.#inputMs < PREFETCH_BELOW_MS;
  }

  override run(lease: Lease): void {
    this.#active.set(lease.id, { left: lease.count, since: this.#options.now() });
    this.#options.onChange();
    super.run(lease);
  }

  override cancel(leaseId: number, index?: number): void {
    // The source has answered for all of it.
    if (index === undefined) this.#advance(leaseId, Number.POSITIVE_INFINITY);
    super.cancel(leaseId, index);
  }

  override terminate(leaseId: number, index?: number): void {
    if (index === undefined) this.#advance(leaseId, Number.POSITIVE_INFINITY);
    super.terminate(leaseId, index);
  }

  override complete(lease: Lease, page: ResultPage): void {
    this.#measure(lease.id, page.count);
    this.#advance(lease.id, page.count);
    super.complete(lease, page);
  }

  override retry(lease: Lease, failure: Failure, delayMs: number): void {
    this.#advance(lease.id, 1);
    super.retry(lease, failure, delayMs);
  }

  override giveBack(lease: Lease, rest: InputSpan, reason: GiveBackReason): void {
    this.#advance(lease.id, rest.end - rest.start);
    super.giveBack(lease, rest, reason);
  }

  #measure(leaseId: number, count: number): void {
    const active = this.#active.get(leaseId);
    if (active === undefined) return;
    const now = this.#options.now();
    // As in the local engine: the inputs of a batch take as long as it does.
    const inputMs = (now - active.since) / (this.#options.isBatched ? 1 : count);
    const known = this.#inputMs ?? inputMs;
    // Bounded, as in the local engine: one slow input in a hundred says little of the others.
    this.#inputMs = known + SMOOTHING * (Math.min(inputMs, known * MAX_GROWTH) - known);
    active.since = now;
  }

  #advance(leaseId: number, count: number): void {
    const active = this.#active.get(leaseId);
    if (active === undefined) return;
    active.left -= count;
    if (active.left > 0) return;
    this.#active.delete(leaseId);
    this.#options.onChange();
  }
}
