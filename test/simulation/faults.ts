import type { Step, Who } from "./scenario.ts";

type Death = Extract<Step, { kind: "die" }>;

/** What goes wrong next in what programs ask for. */
export class Faults {
  readonly #deaths: Death[] = [];
  readonly #throttled: Map<string, number> = new Map();

  arm(death: Death): void {
    this.#deaths.push(death);
  }

  throttle(service: string, requests: number): void {
    this.#throttled.set(service, requests);
  }

  /** Nothing more goes wrong. */
  heal(): void {
    this.#deaths.length = 0;
    this.#throttled.clear();
  }

  /** True when whoever asks dies of it. */
  strikes(who: Who, operation: string, moment: "before" | "after"): boolean {
    const at = this.#deaths.findIndex(
      (death) => death.who === who && death.operation === operation && death.moment === moment,
    );
    if (at < 0) return false;
    this.#deaths.splice(at, 1);
    return true;
  }

  /** True when AWS takes no more requests of this service now. */
  refuses(service: string): boolean {
    const left = this.#throttled.get(service) ?? 0;
    if (left > 0) this.#throttled.set(service, left - 1);
    return left > 0;
  }
}
