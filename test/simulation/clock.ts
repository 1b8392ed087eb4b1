import { Heap } from "../../lib/scheduling/heap.ts";

/** Something that happens at a moment. */
interface Entry {
  readonly at: number;
  readonly order: number;
  act: (() => void) | undefined;
}

/** As Node's timers, of which the code under simulation uses this much. */
export interface Timer {
  ref(): Timer;
  unref(): Timer;
  readonly cancel: () => void;
}

/** Intervals shorter than this are kept no shorter: nothing under simulation depends on them. */
const GRAIN_MS = 1000;
const START = Date.UTC(2026, 0, 1);

const nextTurn = globalThis.setImmediate;

/**
 * Virtual time: what is to happen waits in order, and between two things all promises settle. One program in one
 * thread is the same for the same seed.
 */
export class Clock {
  now: number = START;
  readonly #entries: Heap<Entry> = new Heap(isBefore);
  #order = 0;

  get startedAt(): number {
    return START;
  }

  after(ms: number, act: () => void): Timer {
    const entry: Entry = { at: this.now + Math.max(0, ms), order: this.#order, act };
    this.#order += 1;
    this.#entries.push(entry);
    const timer: Timer = {
      ref: () => timer,
      unref: () => timer,
      cancel: () => {
        entry.act = undefined;
      },
    };
    return timer;
  }

  every(ms: number, act: () => void): Timer {
    let next: Timer | undefined;
    const again = (): void => {
      next = this.after(Math.max(GRAIN_MS, ms), () => {
        again();
        act();
      });
    };
    again();
    const timer: Timer = {
      ref: () => timer,
      unref: () => timer,
      cancel: () => next?.cancel(),
    };
    return timer;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  /** Lets time pass; earlier when `isOver` says so, which is asked each minute. */
  async pass(ms: number, isOver: () => boolean = () => false): Promise<void> {
    const end = this.now + ms;
    let askedAt = this.now;
    await settled();
    for (;;) {
      const entry = this.#entries.first;
      if (entry === undefined || entry.at > end) break;
      this.#entries.pop();
      if (entry.act === undefined) continue;
      this.now = entry.at;
      entry.act();
      await settled();
      if (this.now - askedAt < 60_000) continue;
      askedAt = this.now;
      if (isOver()) return;
    }
    this.now = end;
  }

  /** Timers of this process are on this clock from now on. */
  rule(): void {
    const started = (timer: Timer): never => timer as never; // Of Node's timers nobody uses more.
    const cancel = (timer: unknown): void => (timer as Timer | undefined)?.cancel();
    globalThis.setTimeout = ((act: () => void, ms = 0) => started(this.after(ms, act))) as never;
    globalThis.setInterval = ((act: () => void, ms = 0) => started(this.every(ms, act))) as never;
    globalThis.clearTimeout = cancel;
    globalThis.clearInterval = cancel;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Resolves when all promises have settled that can without time passing. */
function settled(): Promise<void> {
  return new Promise((resolve) => nextTurn(resolve));
}
