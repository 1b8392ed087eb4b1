/** Something that waits to be let in. */
interface Waiting {
  readonly begin: () => void;
}

/** Lets in so many at a time, in the order in which they came. */
export class Gate {
  readonly #limit: () => number;
  readonly #waiting: Set<Waiting> = new Set();
  #inside = 0;
  #whenEmpty: (() => void)[] = [];

  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** How many it lets in. */
  get limit(): number {
    return this.#limit();
  }

  get inside(): number {
    return this.#inside;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Calls `begin`, at once where there is room. Returns what gives up waiting. */
  enter(begin: () => void): () => void {
    if (this.#waiting.size === 0 && this.#inside < this.#limit()) {
      this.#inside += 1;
      begin();
      return () => {};
    }
    const waiting = { begin };
    this.#waiting.add(waiting);
    return () => {
      if (this.#waiting.delete(waiting)) this.#tellEmpty();
    };
  }

  /** Resolves when nobody is inside or waits. */
  async empty(): Promise<void> {
    if (this.#isEmpty) return;
    await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  /** One that was let in has left. */
  leave(): void {
    this.#inside -= 1;
    for (const next of this.#waiting) {
      if (this.#inside >= this.#limit()) break;
      this.#waiting.delete(next);
      this.#inside += 1;
      next.begin();
    }
    this.#tellEmpty();
  }

  get #isEmpty(): boolean {
    return this.#inside + this.#waiting.size === 0;
  }

  #tellEmpty(): void {
    if (this.#isEmpty) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}
