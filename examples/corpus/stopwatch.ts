/** Times the stages of a run, one after the other. */
export class Stopwatch {
  readonly laps: { readonly stage: string; readonly ms: number }[] = [];
  #start: number = performance.now();

  /** Ends a stage; the next one begins. */
  lap(stage: string): void {
    const now = performance.now();
    this.laps.push({ stage, ms: Math.round(now - this.#start) });
    this.#start = now;
  }
}
