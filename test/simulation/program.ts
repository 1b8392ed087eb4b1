import { ExecutionError } from "../../lib/errors.ts";
import type { Random } from "../aws/random.ts";
import type { Clock } from "./clock.ts";
import type { Faults } from "./faults.ts";
import type { Who } from "./scenario.ts";

/** Milliseconds that half of a request takes, at the least and at the most, by service. */
const TRAVEL_MS: Readonly<Record<string, readonly [number, number]>> = {
  rows: [2, 8],
  queues: [4, 15],
  objects: [5, 30],
  lambda: [10, 60],
  cluster: [20, 120],
  fleet: [150, 1000],
};
/** Clocks of machines differ by this much at most. */
const MAX_SKEW_MS = 1500;

export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: Faults;
}

/**
 * A program that asks AWS for things: it may die between any two of its steps, stand still, and be told to slow down.
 * What a dead one has asked for is never answered.
 */
export class Program {
  readonly who: Who;
  readonly #around: Surroundings;
  readonly #skewMs: number;
  readonly #onDeath: () => void;
  #isAlive = true;
  #pausedUntil = 0;
  #isTold = false;

  constructor(around: Surroundings, who: Who, onDeath: () => void) {
    this.#around = around;
    this.who = who;
    this.#onDeath = onDeath;
    this.#skewMs = Math.floor((around.random.next() * 2 - 1) * MAX_SKEW_MS);
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isPaused(): boolean {
    return this.#pausedUntil > this.#around.clock.now;
  }

  readonly now = (): number => this.#around.clock.now + this.#skewMs;

  /** Others may go on with what it ran: it has stood still for a while, or was told to stop. */
  get isLeaving(): boolean {
    return this.#pausedUntil > 0 || this.#isTold;
  }

  /** It was told to stop. */
  tell(): void {
    this.#isTold = true;
  }

  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#around.clock.now + ms);
  }

  kill(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#onDeath();
  }

  /** Does something at AWS. @throws ExecutionError when it is too much */
  async ask<Answer>(operation: string, act: () => Answer): Promise<Answer> {
    await this.gate(operation, "before");
    const answer = act();
    await this.gate(operation, "after");
    return answer;
  }

  /** The way to AWS, or back. */
  async gate(operation: string, moment: "before" | "after"): Promise<void> {
    const { clock, random, faults } = this.#around;
    const [service = ""] = operation.split(".");
    const [least, most] = TRAVEL_MS[service] ?? [1, 1];
    await clock.sleep(least + random.next() * (most - least));
    while (this.isPaused) await clock.sleep(this.#pausedUntil - clock.now);
    if (this.#isAlive && faults.strikes(this.who, operation, moment)) this.kill();
    if (!this.#isAlive) return await new Promise(() => {});
    if (moment === "before" && faults.refuses(operation)) {
      throw new ExecutionError("WINDLASS_AWS_THROTTLED", `cannot do ${operation}: Throttling`);
    }
  }
}
