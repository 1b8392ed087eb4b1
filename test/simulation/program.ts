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

interface Arrival {
  readonly operation: string;
  readonly moment: "before" | "after";
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: Faults;
}

/**
 * A program that asks AWS for things: it may die between any two of its steps, stand still, and be told to slow down.
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
  gate(operation: string, moment: "before" | "after"): Promise<void> {
    const { clock, random } = this.#around;
    const [least, most] = travelMs(operation);
    return new Promise((resolve, reject) => {
      const arrive = (): void => {
        if (this.isPaused) clock.after(this.#pausedUntil - clock.now, arrive);
        else this.#arrive({ operation, moment, resolve, reject });
      };
      clock.after(least + random.next() * (most - least), arrive);
    });
  }

  #arrive({ operation, moment, resolve, reject }: Arrival): void {
    const { faults } = this.#around;
    if (this.#isAlive && faults.strikes(this.who, operation, moment)) this.kill();
    // What a dead one has asked for is never answered.
    if (!this.#isAlive) return;
    if (moment === "before" && faults.refuses(serviceOf(operation))) {
      const message = `cannot do ${operation}: Throttling`;
      reject(new ExecutionError("WINDLASS_AWS_THROTTLED", message));
    } else resolve();
  }
}

function serviceOf(operation: string): string {
  return operation.slice(0, operation.indexOf("."));
}

function travelMs(operation: string): readonly [number, number] {
  return TRAVEL_MS[serviceOf(operation)] ?? [1, 1];
}
