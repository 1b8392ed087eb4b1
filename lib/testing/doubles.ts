import type { Target } from "../backend.ts";

/** What an attempt fails with: this error, the end of its container, or its time being over. */
export type AttemptFailure = Error | "crash" | "timeout";

/** What runs in place of a function, or makes what stands for an object of a class. */
export type Fake = (...args: readonly unknown[]) => unknown;

interface Planned {
  readonly isWanted: (target: Target, args: readonly unknown[]) => boolean;
  readonly attempt: number;
  readonly failure: AttemptFailure;
}

/** What a test has put in place of functions and of their attempts. */
export class Doubles {
  readonly #fakes: Map<string, Fake> = new Map();
  readonly #planned: Planned[] = [];

  /** What it answers takes the fake away. */
  fake({ app, name }: Target, fake: Fake): () => void {
    const key = keyOf({ app, name });
    this.#fakes.set(key, fake);
    return () => {
      if (this.#fakes.get(key) === fake) this.#fakes.delete(key);
    };
  }

  plan(planned: Planned): void {
    this.#planned.push(planned);
  }

  of(target: Target): Fake | undefined {
    return this.#fakes.get(keyOf(target));
  }

  /** How this attempt, from 1, is to fail. */
  failureOf(target: Target, args: readonly unknown[], attempt: number): AttemptFailure | undefined {
    const planned = this.#planned.filter(
      (one) => one.attempt === attempt && one.isWanted(target, args),
    );
    return planned.at(-1)?.failure;
  }
}

function keyOf({ app, name }: Pick<Target, "app" | "name">): string {
  return `${app} ${name}`;
}
