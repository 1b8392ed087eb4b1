import type { RunRecord } from "../call-trace.ts";
import { nameOf } from "./call-graph.ts";
import { containerUsd } from "./container-cost.ts";
import { type InputStatus, inputsOf, outcomeOf } from "./input-status.ts";
import { reportHtml } from "./report-html.ts";
import type { TracedCall } from "./traced-call.ts";

/** The least, the middle and the greatest of some times. */
export interface Spread {
  readonly minMs: number;
  readonly medianMs: number;
  readonly maxMs: number;
}

/** Consecutive inputs that one container ran as one piece. */
export interface TimelineEntry {
  readonly functionCallId: string;
  /** The function, or `Class.method`. */
  readonly functionName: string;
  /** Index of the first input within its call. */
  readonly start: number;
  readonly count: number;
  /** Undefined for inputs that ended without one. */
  readonly containerId: string | undefined;
  /** How often they were run, this time included. */
  readonly attempts: number;
  /** In milliseconds since 1970, as the others; for another attempt, when the inputs were first made. */
  readonly queuedAt: number;
  readonly startedAt: number;
  /** Undefined while they run. */
  readonly endedAt: number | undefined;
  /** How they ended; of inputs that ended differently, the worst. */
  readonly status: InputStatus;
  /** 0 for the call itself, 1 for what its inputs have called, and so on. */
  readonly depth: number;
}

/** A container that inputs waited for while it started. */
export interface ColdStart {
  readonly containerId: string;
  readonly functionName: string;
  readonly startedAt: number;
  readonly readyAt: number;
  /** For how long it was waited for. */
  readonly waitedMs: number;
}

/** What became of a call and of all that it has called. */
export interface CallReport {
  readonly functionCallId: string;
  readonly functionName: string;
  readonly app: string;
  /** In milliseconds since 1970. */
  readonly createdAt: number;
  /** When its last input ended; undefined while one has not. */
  readonly endedAt: number | undefined;
  /** Its inputs by status. */
  readonly inputs: Readonly<Partial<Record<InputStatus, number>>>;
  /** From when inputs were made until a container began them, by piece; undefined before the first. */
  readonly queueWait: Spread | undefined;
  /** How long containers ran them, by piece. */
  readonly runTime: Spread | undefined;
  /** Attempts after the first. */
  readonly retries: number;
  readonly coldStarts: readonly ColdStart[];
  /**
   * What the containers cost at most that ran these inputs, for as long as they did: their shares of the cheapest host
   * that holds them, on demand. Undefined where that is not known; 0 on this machine.
   */
  readonly costUsd: number | undefined;
  /** By the times of their starts. */
  readonly timeline: readonly TimelineEntry[];
  /** One page that needs nothing else, with a chart. */
  toHtml(): string;
}

/** Makes a report of what was recorded. */
export function toReport(id: string, call: TracedCall): CallReport {
  const runs = [...runsOf(call, 0)];
  const timeline = runs.map(({ entry }) => entry).sort((a, b) => a.startedAt - b.startedAt);
  const ran = timeline.filter(({ containerId }) => containerId !== undefined);
  const ended = ran.filter(isEnded);
  const inputs = countBy(inputsOf(call).map(({ status }) => status));
  const isOpen = (inputs.PENDING ?? 0) + (inputs.RUNNING ?? 0) > 0;
  const own = timeline.filter(({ depth }) => depth === 0);
  const report = {
    ...{ functionCallId: id, functionName: nameOf(call), app: call.called.app },
    createdAt: call.at,
    endedAt: isOpen ? undefined : Math.max(call.at, ...own.map((one) => one.endedAt ?? 0)),
    inputs,
    // Of later attempts it is not known how much of that was the first one.
    queueWait: spread(ran.filter(isFirst).map((one) => one.startedAt - one.queuedAt)),
    runTime: spread(ended.map((one) => one.endedAt - one.startedAt)),
    retries: runs.reduce((sum, { entry, run }) => sum + (run.isRetried ? 0 : retriesOf(entry)), 0),
    coldStarts: coldStartsOf(runs),
    costUsd: containerUsd(call),
    timeline,
  };
  return { ...report, toHtml: () => reportHtml(report) };
}

interface Run {
  readonly entry: TimelineEntry;
  readonly run: RunRecord;
}

function* runsOf(call: TracedCall, depth: number): Generator<Run> {
  const { callId, start, end, at } = call;
  for (const run of call.trace.runs) {
    const from = Math.max(start, run.start);
    const until = Math.min(end, run.start + run.count);
    if (from >= until) continue;
    const { attempts, startedAt, endedAt, container } = run;
    const entry = {
      ...{ functionCallId: callId, functionName: nameOf(call), depth, attempts },
      ...{ start: from, count: until - from, queuedAt: at, startedAt, endedAt },
      containerId: container?.id,
      status: worstOf(run, from, until),
    };
    yield { entry, run };
  }
  for (const made of call.made) yield* runsOf(made.call, depth + 1);
}

const WORST: readonly InputStatus[] = ["INIT_FAILURE", "TIMEOUT", "FAILURE", "TERMINATED"];

function worstOf(run: RunRecord, from: number, until: number): InputStatus {
  if (run.endedAt === undefined) return "RUNNING";
  const within = run.failures.filter(([index]) => index >= from && index < until);
  const outcomes = within.map(([index]) => outcomeOf(run, index));
  return WORST.find((status) => outcomes.includes(status)) ?? "SUCCESS";
}

function coldStartsOf(runs: readonly Run[]): ColdStart[] {
  const starts = new Map<string, ColdStart>();
  for (const { entry, run } of runs) {
    const { container } = run;
    // A container that was ready when the inputs were made was waited for by nobody here.
    if (container === undefined || container.readyAt <= entry.queuedAt) continue;
    const { id: containerId, startedAt, readyAt } = container;
    const waitedMs = readyAt - Math.max(startedAt, entry.queuedAt);
    const known = starts.get(containerId);
    if (known !== undefined && known.waitedMs >= waitedMs) continue;
    const { functionName } = entry;
    starts.set(containerId, { containerId, functionName, startedAt, readyAt, waitedMs });
  }
  return [...starts.values()].sort((a, b) => a.startedAt - b.startedAt);
}

function retriesOf({ attempts, count }: TimelineEntry): number {
  return Math.max(0, attempts - 1) * count;
}

function isFirst({ attempts }: TimelineEntry): boolean {
  return attempts === 1;
}

function isEnded(entry: TimelineEntry): entry is TimelineEntry & { readonly endedAt: number } {
  return entry.endedAt !== undefined;
}

function countBy<Key extends string>(keys: readonly Key[]): Partial<Record<Key, number>> {
  const counts: Partial<Record<Key, number>> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

function spread(times: readonly number[]): Spread | undefined {
  const sorted = times.map((time) => Math.max(0, time)).sort((a, b) => a - b);
  const [minMs] = sorted;
  const medianMs = sorted[Math.floor(sorted.length / 2)];
  const maxMs = sorted.at(-1);
  if (minMs === undefined || medianMs === undefined || maxMs === undefined) return undefined;
  return { minMs, medianMs, maxMs };
}
