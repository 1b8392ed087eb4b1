import { Random } from "../aws/random.ts";
import type { Trace } from "./traces.ts";

/** What a policy comes to on a trace. */
export interface Outcome {
  /** From the call of each input to its start, in milliseconds. */
  readonly waits: readonly number[];
  readonly hostMs: number;
}

const MINUTE = 60_000;
/** As the simulated EC2 and ECS take for a host and the first container on it, on the average. */
const START_MS: number = 52_500 + 6000 + 1500 + 1200;

const SECOND = 1000;
/** Alarms that target tracking makes, and until when a new instance does not count. */
const HIGH_MINUTES = 3;
const LOW_MINUTES = 15;
const LOW_SHARE = 0.9;
const WARM_UP_MS: number = 5 * MINUTE;
/** What that guide calls the longest acceptable latency: a minute, which a host takes to start. */
const ACCEPTABLE_MS: number = MINUTE;

interface Job {
  readonly atMs: number;
  readonly ms: number;
}

interface Host {
  readonly launchedAt: number;
  readonly readyAt: number;
  busyUntil: number;
}

/**
 * Target tracking of EC2 Auto Scaling on the backlog per instance, as its guide says for SQS ["Scaling policy based on
 * Amazon SQS"], with what AWS sets by itself: metrics of a minute, three of them above the target to scale out, fifteen
 * below 90 % of it to scale in, five minutes until a new instance counts [default cooldown, which is the default
 * warm-up]. The target is what the guide calls the acceptable backlog per instance: an acceptable latency over the mean
 * time of an input. In its favour the target is one message where that formula gives less, it scales from nothing and
 * to nothing, scales in at once instead of "more gradually", and never ends an instance that works.
 */
export function targetTracking(
  { calls, hours }: Trace,
  acceptableMs: number = ACCEPTABLE_MS,
): Outcome {
  const jobs = jobsOf(calls);
  const mean = jobs.reduce((sum, { ms }) => sum + ms, 0) / jobs.length;
  const group = new ScalingGroup(Math.max(1, acceptableMs / mean));
  for (let now = 0; now < hours * 60 * MINUTE || !group.isEmpty; now += SECOND) {
    while ((jobs[0]?.atMs ?? Number.POSITIVE_INFINITY) <= now)
      group.queue.push(...jobs.splice(0, 1));
    group.serve(now);
    if (now % MINUTE === 0) group.scale(now);
  }
  return group;
}

class ScalingGroup {
  readonly queue: Job[] = [];
  readonly waits: number[] = [];
  hostMs = 0;
  readonly #target: number;
  readonly #random = new Random(7);
  #hosts: Host[] = [];
  /** Minutes in a row. */
  #above = 0;
  #lastMetric = 0;
  #below = 0;

  constructor(target: number) {
    this.#target = target;
  }

  get isEmpty(): boolean {
    return this.queue.length === 0 && this.#hosts.length === 0;
  }

  serve(now: number): void {
    for (const host of this.#hosts) {
      for (let job = this.queue[0]; job !== undefined; job = this.queue[0]) {
        const freeAt = Math.max(host.busyUntil, host.readyAt);
        if (freeAt > now) break;
        this.queue.shift();
        const startedAt = Math.max(job.atMs, freeAt);
        this.waits.push(startedAt - job.atMs);
        host.busyUntil = startedAt + job.ms;
      }
    }
  }

  /** What the alarms of a minute lead to. */
  scale(now: number): void {
    const warm = this.#hosts.filter(({ launchedAt }) => now - launchedAt >= WARM_UP_MS).length;
    const inService = this.#hosts.filter(({ readyAt }) => readyAt <= now).length;
    // A minute has to be over before its metric is known.
    const metric = this.#lastMetric;
    this.#lastMetric = this.queue.length / Math.max(1, inService);
    // Without an instance a single message would wait for ever.
    const isStuck = this.#hosts.length === 0 && metric > 0;
    this.#above = metric > this.#target || isStuck ? this.#above + 1 : 0;
    this.#below = metric < LOW_SHARE * this.#target ? this.#below + 1 : 0;
    const desired = Math.ceil((Math.max(1, warm) * metric) / this.#target);
    if (this.#above >= HIGH_MINUTES) this.#scaleOut(desired, now);
    if (this.#below >= LOW_MINUTES) this.#scaleIn(desired, now);
  }

  #scaleOut(desired: number, now: number): void {
    while (this.#hosts.length < desired) {
      const startMs = START_MS * (0.8 + 0.4 * this.#random.next());
      this.#hosts.push({ launchedAt: now, readyAt: now + startMs, busyUntil: 0 });
    }
  }

  #scaleIn(desired: number, now: number): void {
    const idle = this.#hosts.filter(
      ({ busyUntil, readyAt }) => Math.max(busyUntil, readyAt) <= now,
    );
    const ended = new Set(idle.slice(0, Math.max(0, this.#hosts.length - desired)));
    for (const { launchedAt } of ended) this.hostMs += now - launchedAt;
    this.#hosts = this.#hosts.filter((host) => !ended.has(host));
  }
}

function jobsOf(calls: Trace["calls"]): Job[] {
  return calls.flatMap(({ atMs, inputs }) => inputs.map((ms) => ({ atMs, ms })));
}

/**
 * Whoever knows the future: no input waits, since a host was bought in time for it, and a host between two inputs stays
 * on where that is shorter than to start another. An input takes the free host that has worked last, so that the others
 * can end.
 */
export function oracle({ calls }: Trace): Outcome {
  const jobs = jobsOf(calls);
  const freeSince: number[] = [];
  let hostMs = 0;
  for (const { atMs, ms } of jobs) {
    let best = -1;
    for (const [index, since] of freeSince.entries()) {
      if (since <= atMs && since > (freeSince[best] ?? -1)) best = index;
    }
    const gap = best < 0 ? Number.POSITIVE_INFINITY : atMs - (freeSince[best] ?? 0);
    hostMs += ms + Math.min(gap, START_MS);
    if (best < 0) freeSince.push(atMs + ms);
    else freeSince[best] = atMs + ms;
  }
  return { waits: jobs.map(() => 0), hostMs };
}
