/** Time as code measures it and waits in it: that of this process, or of a test. */
export interface Clock {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Milliseconds since 1970. */
  wallTime(): number;
  /** Goes on with work, so much later. What it answers stops it. */
  after(ms: number, run: () => void): () => void;
  /** Ends a wait for something that may come before. What it answers stops it. */
  timeout(ms: number, run: () => void): () => void;
  /** Looks again and again, for as long as the process lives by itself unless `keepsAlive`. What it answers stops it. */
  every(ms: number, look: () => void, keepsAlive: boolean): () => void;
}

/** The time of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after: startTimer,
  timeout: startTimer,
  every(ms, look, keepsAlive) {
    const timer = setInterval(look, ms);
    if (!keepsAlive) timer.unref();
    return () => clearInterval(timer);
  },
};

/** Resolves so much later. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.timeout(ms, resolve));
}

function startTimer(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
