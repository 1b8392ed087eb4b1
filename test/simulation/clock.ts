import { Heap } from "../../lib/scheduling/heap.ts";

/** As Node's timers, of which the code under simulation uses this much. */
export interface Timer {
  ref(): Timer;
  unref(): Timer;
  cancel(): void;
}

/** Something that happens at a moment. */
class Entry implements Timer {
  readonly at: number;
  readonly order: number;
  act: (() => void) | undefined;

  constructor(at: number, order: number, act: () => void) {
    this.at = at;
    this.order = order;
    this.act = act;
  }

  ref(): Timer {
    return this;
  }

  unref(): Timer {
    return this;
  }

  cancel(): void {
    this.act = undefined;
  }
}

/** Intervals shorter than this are kept no shorter: nothing under simulation depends on them. */
const GRAIN_MS = 1000;
const START = Date.UTC(2026, 0, 1);

/** All promises settle between two callbacks of one turn of Node's loop; a turn itself takes as long as many of them. */
const STEPS_A_TURN = 256;
const MINUTE_MS = 60_000;

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
    const entry = new Entry(this.now + Math.max(0, ms), this.#order, act);
    this.#order += 1;
    this.#entries.push(entry);
    return entry;
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
  pass(ms: number, isOver: () => boolean = () => false): Promise<void> {
    const end = this.now + ms;
    let askedAt = this.now;
    let hasPassed = false;
    const step = (): void => {
      if (hasPassed) return;
      if (this.now - askedAt >= MINUTE_MS) {
        askedAt = this.now;
        hasPassed = isOver();
      }
      if (!hasPassed) hasPassed = !this.#step(end);
    };
    return new Promise((resolve) => {
      const turn = (): void => {
        for (let steps = 0; steps < STEPS_A_TURN; steps += 1) nextTurn(step);
        nextTurn(hasPassed ? resolve : turn);
      };
      nextTurn(turn);
    });
  }

  /** Does what comes next; false when nothing is to happen by then, to which time passes. */
  #step(end: number): boolean {
    for (;;) {
      const entry = this.#entries.first;
      if (entry === undefined || entry.at > end) break;
      this.#entries.pop();
      if (entry.act === undefined) continue;
      this.now = entry.at;
      entry.act();
      return true;
    }
    this.now = end;
    return false;
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
