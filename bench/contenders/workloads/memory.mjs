import { readFileSync } from "node:fs";

const MB = 1e6;

/** Peak resident memory of this process. Not `maxRSS`, which starts from that of the process which spawned this one. */
export function peakMB() {
  const kib = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1];
  return (Number(kib) * 1024) / MB;
}

/** Records resident memory as results arrive. */
export class MemorySamples {
  #every;
  #samples = [];

  constructor(count, samples = 200) {
    this.#every = Math.max(1, Math.floor(count / samples));
  }

  at(index) {
    if (index % this.#every === 0) this.#samples.push(process.memoryUsage.rss() / MB);
  }

  /** Median of the last quarter over median of the first quarter: 1 is flat. */
  growth() {
    const quarter = Math.max(1, Math.floor(this.#samples.length / 4));
    return median(this.#samples.slice(-quarter)) / median(this.#samples.slice(0, quarter));
  }
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
