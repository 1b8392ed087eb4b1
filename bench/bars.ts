import type { Measurements } from "./measurements.ts";
import { FASTEST_POOL, OURS } from "./measurements.ts";
import { rounded } from "./statistics.ts";

/** A bound on what a suite measures. */
export interface Bar {
  readonly suite: string;
  readonly metric: string;
  /** Whose value ours is divided by; without it the bound is on our value itself. */
  readonly over?: string;
  readonly direction: "at least" | "at most";
  readonly bound: number;
}

export interface Verdict extends Bar {
  /** Undefined when the run did not measure it. */
  readonly value: number | undefined;
  readonly passed: boolean | undefined;
}

const throughput = (suite: string, metric: string, bounds: Record<string, number>): Bar[] =>
  Object.entries(bounds).map(([over, bound]) => ({
    suite,
    metric,
    over,
    direction: "at least",
    bound,
  }));

const atMost = (suite: string, metric: string, limit: { over?: string; bound: number }): Bar => ({
  suite,
  metric,
  direction: "at most",
  ...limit,
});

const BARS: readonly Bar[] = [
  ...throughput("map", "throughput_int", {
    piscina: 40,
    [FASTEST_POOL]: 10,
    piscina_batched: 1,
    control: 0.3,
    ray: 200,
    ray_pool_map: 1,
  }),
  ...throughput("map", "throughput_object", { piscina: 15, [FASTEST_POOL]: 5 }),
  ...throughput("durable", "throughput_int", { bullmq: 15 }),
  ...throughput("dict", "put", { redis_always: 1 }),
  ...throughput("dict", "update_10000", { redis_always: 2 }),
  ...throughput("queue", "throughput", { bullmq: 3 }),
  atMost("queue", "lost", { bound: 0 }),
  atMost("queue", "doubled", { bound: 0 }),
  atMost("queue-aws", "requests_singly", { bound: 3 }),
  atMost("queue-aws", "requests_by_tens", { bound: 0.4 }),
  atMost("queue-aws", "lost", { bound: 0 }),
  atMost("queue-aws", "doubled", { bound: 0 }),
  ...throughput("million", "throughput_int", { piscina: 40 }),
  { suite: "generator", metric: "throughput", direction: "at least", bound: 100_000 },
  atMost("generator", "first_item", { bound: 5 }),
  atMost("batching", "batches", { bound: 20 }),
  atMost("call", "p50_same_core", { over: "piscina", bound: 1.4 }),
  atMost("call", "p50_cross_core", { over: "piscina", bound: 1.2 }),
  atMost("call", "p50_same_core", { over: "bullmq", bound: 1 / 8 }),
  atMost("call", "p50_cross_core", { over: "bullmq", bound: 1 / 8 }),
  atMost("million", "rss", { bound: 150 }),
  atMost("million", "rss_growth", { bound: 1.25 }),
  atMost("payload", "p50_1mb", { bound: 2 }),
  atMost("payload", "p50_10mb", { bound: 20 }),
  ...throughput("python", "throughput_int", { typescript: 0.7, celery: 100 }),
  ...throughput("python", "throughput_object", { typescript: 0.4, celery: 100 }),
  atMost("numpy", "p50_8mb", { over: "pickle", bound: 3 }),
  ...throughput("embedding", "throughput", { loop: 0.9 }),
  atMost("skew", "makespan", { over: "ideal", bound: 1.1 }),
  atMost("faults", "lost", { bound: 0 }),
  atMost("faults", "doubled", { bound: 0 }),
  atMost("decide", "wall_p50", { bound: 50 }),
  atMost("decide", "wall_p50_limited", { bound: 50 }),
  atMost("simulate", "violations", { bound: 0 }),
  atMost("simulate", "wall", { bound: 600 }),
  atMost("simulate", "mutants_missed", { bound: 0 }),
  ...["azure", "steady", "day", "maps"].flatMap((trace) => [
    atMost("simulate", `p95_wait_${trace}`, { over: "target-tracking", bound: 0.5 }),
    atMost("simulate", `dollars_${trace}`, { over: "target-tracking", bound: 0.7 }),
    atMost("simulate", `dollars_${trace}`, { over: "oracle", bound: 1.25 }),
  ]),
  ...["", "_app"].flatMap((suffix) => [
    ...throughput("http", `throughput${suffix}`, { hono: 0.7 }),
    atMost("http", `p99${suffix}`, { over: "hono", bound: 2 }),
  ]),
  atMost("http", "sockets_dropped", { bound: 0 }),
  atMost("http", "streams_dropped", { bound: 0 }),
  atMost("http", "reload", { bound: 300 }),
  atMost("web-aws", "redeploy_failed", { bound: 0 }),
  { suite: "web-aws", metric: "redeploy_new", direction: "at least", bound: 1 },
  atMost("web-aws", "kill_failed_beyond", { bound: 0 }),
  atMost("web-aws", "kill_queued_failed", { bound: 0 }),
  atMost("web-aws", "queued_lost", { bound: 0 }),
  { suite: "web-aws", metric: "queued_requests", direction: "at least", bound: 1 },
  atMost("hello", "hello_wall", { over: "tsx", bound: 1.3 }),
  atMost("import", "import_ms", { bound: 50 }),
  atMost("import", "forbidden_modules", { bound: 0 }),
  atMost("synth", "wall_500", { bound: 1500 }),
  atMost("synth", "wall_500", { over: "l1", bound: 2 }),
  atMost("plugin", "added", { bound: 1500 }),
  ...throughput("volume", "upload", { s3_sync: 5 }),
  ...throughput("volume", "changed_upload", { first: 20 }),
  ...throughput("volume", "get_1gb", { ranged_gets: 0.8 }),
  atMost("aws", "p50", { over: "bare", bound: 1.3 }),
  ...throughput("aws", "submitted", { batches_of_10: 20 }),
  atMost("aws", "code_change", { bound: 5 }),
  atMost("aws", "usd_per_million", { bound: 0.06 }),
  atMost("aws", "usd_growth", { bound: 1.1 }),
  atMost("aws", "usd_per_million_remote", { bound: 4 }),
];

/** Compares what a suite measured with its bars. */
export function judge(measurements: Measurements, bars: readonly Bar[] = BARS): Verdict[] {
  return bars
    .filter((bar) => bar.suite === measurements.suite)
    .map((bar) => {
      const value = measured(measurements, bar);
      return { ...bar, value, passed: value === undefined ? undefined : passes(bar, value) };
    });
}

export function verdictLine(verdict: Verdict): string {
  const { suite, metric, over, direction, bound, value, passed } = verdict;
  const mark = passed === undefined ? "----" : passed ? "pass" : "FAIL";
  const subject = over === undefined ? metric : `${metric} over ${over}`;
  const got = value === undefined ? "not measured" : `${rounded(value)}`;
  return `${mark}  ${suite} ${subject}: ${got}, ${direction} ${rounded(bound)}`;
}

function measured(measurements: Measurements, { metric, over }: Bar): number | undefined {
  if (over === undefined) return measurements.value(OURS, metric);
  return measurements.ratios().find((ratio) => ratio.metric === metric && ratio.over === over)
    ?.value;
}

function passes({ direction, bound }: Bar, value: number): boolean {
  return direction === "at least" ? value >= bound : value <= bound;
}
