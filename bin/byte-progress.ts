import { SingleBar } from "cli-progress";
import type { OnBytes } from "../lib/storage/volume-store.ts";
import { BAR_STYLE } from "./bar-style.ts";

/** A line on the terminal that shows how many bytes have gone. */
export interface ByteProgress {
  /** Shows it while something is done, and tells that of bytes. */
  during(act: (onBytes: OnBytes) => Promise<void>): Promise<void>;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** On a terminal a bar, elsewhere nothing. */
export function createByteProgress(what: string, total: number): ByteProgress {
  if (!process.stderr.isTTY) return { during: (act) => act(() => {}) };
  const bar = new SingleBar({
    stream: process.stderr,
    format: "{what} {bar} {percentage} % · {done} of {all}",
    ...BAR_STYLE,
  });
  return {
    async during(act) {
      let done = 0;
      const all = inWords(total);
      bar.start(Math.max(total, 1), 0, { what, all, done: inWords(0) });
      try {
        await act((bytes) => {
          done += bytes;
          bar.update(done, { done: inWords(done) });
        });
      } finally {
        bar.stop();
      }
    },
  };
}

/** A number of bytes with the unit in which it has at most three digits before the point. */
export function inWords(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}
