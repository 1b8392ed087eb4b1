// By import: test runners that fake timers replace the global ones, and ours must go on.
import { setImmediate as nextTurn } from "node:timers";
import type { Clock } from "../clock.ts";

/** Turns of the event loop in which nothing was sent before all that can go on by itself has. */
const QUIET_TURNS = 4;
/** Looks of one advance: engines look 20 times a second, and an advance may be a week. */
const MAX_LOOKS = 10_000;

interface Entry {
  readonly at: number;
  readonly order: number;
  /** It goes on with work: time may pass for it. */
  readonly isWork: boolean;
  readonly run: () => void;
}

interface Look {
  readonly everyMs: number;
  readonly look: () => void;
  at: number;
}

export interface VirtualClockOptions {
  /** What the first moment is called, in milliseconds since 1970. */
  readonly startsAt: number;
  /** Time passes by itself while nothing works and something waits for its time. */
  readonly isAutomatic: boolean;
  /** True while code of the app runs, which time must not overtake. */
  readonly isWorking: () => boolean;
}

/** Time that passes when a test says so. What is due is done in order, and all that follows from it before the next. */
export class VirtualClock implements Clock {
  readonly #options: VirtualClockOptions;
  readonly #entries: Set<Entry> = new Set();
  readonly #looks: Set<Look> = new Set();
  #now = 0;
  #order = 0;
  #activity = 0;
  #settledAt = 0;
  #isChecking = false;
  #moving: Promise<void> | undefined;

  constructor(options: VirtualClockOptions) {
    this.#options = options;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#options.startsAt + this.#now;
  }

  after(ms: number, run: () => void): () => void {
    return this.#add(ms, run, true);
  }

  timeout(ms: number, run: () => void): () => void {
    return this.#add(ms, run, false);
  }

  every(everyMs: number, look: () => void): () => void {
    const added: Look = { everyMs, look, at: this.#now + everyMs };
    this.#looks.add(added);
    return () => this.#looks.delete(added);
  }

  /** Something was sent, came or was done. */
  touch(): void {
    this.#activity += 1;
    if (!this.#options.isAutomatic || this.#isChecking) return;
    this.#isChecking = true;
    void this.#check();
  }

  /** Resolves when nothing goes on by itself any more. Code that waits for the network is not waited for. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      const before = this.#activity;
      await new Promise<void>((resolve) => nextTurn(resolve));
      quiet = this.#activity === before ? quiet + 1 : 0;
    }
    this.#settledAt = this.#activity;
  }

  /** Lets time pass. */
  async advance(ms: number): Promise<void> {
    while (this.#moving !== undefined) await this.#moving;
    // From here on: what waits is added once the calls that were made have arrived.
    await this.settle();
    await this.#move(this.#now + ms);
  }

  #add(ms: number, run: () => void, isWork: boolean): () => void {
    this.#order += 1;
    const at = this.#now + Math.max(0, ms);
    const entry: Entry = { at, order: this.#order, isWork, run };
    // A wait without end ends with what it waits for.
    if (at < Number.POSITIVE_INFINITY) this.#entries.add(entry);
    if (isWork) this.touch();
    return () => this.#entries.delete(entry);
  }

  async #check(): Promise<void> {
    await this.settle();
    this.#isChecking = false;
    if (this.#moving !== undefined || this.#options.isWorking()) return;
    const next = this.#first((entry) => entry.isWork);
    if (next !== undefined) await this.#move(next.at);
  }

  async #move(target: number): Promise<void> {
    this.#moving = this.#goTo(target);
    await this.#moving;
    this.#moving = undefined;
    // Perhaps there is more to wait for.
    this.touch();
  }

  async #goTo(target: number): Promise<void> {
    const grainMs = (target - this.#now) / MAX_LOOKS;
    for (let hasLooked = false; ; ) {
      if (this.#activity !== this.#settledAt) await this.settle();
      const entry = this.#first(({ at }) => at <= target);
      const look = this.#firstLook(target);
      if (entry !== undefined && (look === undefined || entry.at < look.at)) this.#fire(entry);
      else if (look !== undefined) this.#look(look, grainMs);
      else if (hasLooked) return;
      else {
        // What is due just now must not be missed by a look that came a little before.
        hasLooked = true;
        this.#now = target;
        for (const last of [...this.#looks]) this.#look(last, grainMs);
      }
    }
  }

  #fire(entry: Entry): void {
    this.#now = Math.max(this.#now, entry.at);
    this.#entries.delete(entry);
    this.#activity += 1;
    entry.run();
  }

  #look(look: Look, grainMs: number): void {
    this.#now = Math.max(this.#now, look.at);
    look.at = this.#now + Math.max(look.everyMs, grainMs);
    look.look();
  }

  #first(isWanted: (entry: Entry) => boolean): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries) {
      if (isWanted(entry) && (first === undefined || isBefore(entry, first))) first = entry;
    }
    return first;
  }

  #firstLook(target: number): Look | undefined {
    let first: Look | undefined;
    for (const look of this.#looks) {
      if (look.at <= target && (first === undefined || look.at < first.at)) first = look;
    }
    return first;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
