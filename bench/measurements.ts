import { median, rounded } from "./statistics.ts";

/** One metric of one contender, a sample per round. */
export interface Measurement {
  readonly suite: string;
  readonly contender: string;
  readonly metric: string;
  readonly unit: string;
  readonly samples: number[];
}

/** Ours over that of another contender. */
export interface Ratio {
  readonly suite: string;
  readonly metric: string;
  readonly over: string;
  readonly value: number;
}

export const OURS = "windlass";
/** Stands for whichever of {@link POOLS} is the fastest in a metric. */
export const FASTEST_POOL = "fastest_pool";
const POOLS: readonly string[] = ["piscina", "tinypool", "workerpool", "poolifier"];

/** Counts of faults add up over rounds; of everything else the median counts. */
const SUMMED: ReadonlySet<string> = new Set(["lost", "doubled", "forbidden_modules"]);

/** What the rounds of a suite measured. */
export class Measurements {
  readonly suite: string;
  readonly #all: Map<string, Measurement> = new Map();

  constructor(suite: string) {
    this.suite = suite;
  }

  add(contender: string, metric: string, sample: { value: number; unit: string }): void {
    const key = `${contender} ${metric}`;
    const { unit, value } = sample;
    const known = this.#all.get(key);
    if (known !== undefined) known.samples.push(value);
    else this.#all.set(key, { suite: this.suite, contender, metric, unit, samples: [value] });
  }

  all(): Measurement[] {
    return [...this.#all.values()];
  }

  value(contender: string, metric: string): number | undefined {
    const found = this.#all.get(`${contender} ${metric}`);
    return found === undefined ? undefined : summarize(found);
  }

  /** Ours over every other contender, for every metric that both have. */
  ratios(): Ratio[] {
    return this.all()
      .filter((theirs) => theirs.contender !== OURS)
      .flatMap(({ contender, metric }) => this.#ratio(metric, contender))
      .concat(this.#fastestPool());
  }

  #fastestPool(): Ratio[] {
    return [...new Set(this.all().map(({ metric }) => metric))]
      .filter((metric) => metric.startsWith("throughput"))
      .flatMap((metric) => {
        const speeds = POOLS.flatMap((pool) => this.value(pool, metric) ?? []);
        const ours = this.value(OURS, metric);
        if (ours === undefined || speeds.length < 2) return [];
        const value = ours / Math.max(...speeds);
        return { suite: this.suite, metric, over: FASTEST_POOL, value };
      });
  }

  #ratio(metric: string, over: string): Ratio[] {
    const ours = this.value(OURS, metric);
    const theirs = this.value(over, metric);
    if (ours === undefined || theirs === undefined || theirs === 0) return [];
    return [{ suite: this.suite, metric, over, value: ours / theirs }];
  }
}

export function summarize({ metric, samples }: Measurement): number {
  return SUMMED.has(metric) ? samples.reduce((sum, value) => sum + value, 0) : median(samples);
}

export function measurementLine(measurement: Measurement): string {
  const { suite, contender, metric, unit, samples } = measurement;
  const value = rounded(summarize(measurement));
  return JSON.stringify({ suite, contender, metric, value, unit, rounds: samples.length });
}

export function ratioLine({ suite, metric, over, value }: Ratio): string {
  return JSON.stringify({ suite, metric, ours_over: over, value: rounded(value) });
}
