import type { Span } from "../backend.ts";
import type { Clock } from "../clock.ts";

interface Waiter {
  /** The inputs that it waits for. */
  readonly spans: readonly Span[];
  wake(): void;
}

/** Who waits for results of durable calls that are written in this process. */
export class Waiters {
  readonly #waiters: Map<string, Set<Waiter>> = new Map();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when a result of one of these inputs is written, or after a time. */
  async wait(callId: string, spans: readonly Span[], ms: number): Promise<void> {
    const waiters = this.#waiters.get(callId) ?? new Set();
    this.#waiters.set(callId, waiters);
    await new Promise<void>((resolve) => {
      const stop = this.#clock.timeout(ms, () => waiter.wake());
      const waiter: Waiter = {
        spans,
        wake: () => {
          stop();
          waiters.delete(waiter);
          resolve();
        },
      };
      waiters.add(waiter);
    });
    if (waiters.size === 0) this.#waiters.delete(callId);
  }

  /** Wakes who waits for an input of this span; all by default. */
  wake(callId: string, span: Span = { start: 0, end: Number.POSITIVE_INFINITY }): void {
    for (const waiter of this.#waiters.get(callId) ?? []) {
      if (waiter.spans.some((one) => one.start < span.end && one.end > span.start)) waiter.wake();
    }
  }
}
