import type { FailureKind } from "../backend.ts";
import type { RunRecord } from "../call-trace.ts";
import { inputId } from "../ids.ts";
import type { TracedCall } from "./traced-call.ts";

/**
 * How an input is, by Modal's names, and `RUNNING`, which is pending there. `PENDING`: it waits for a container, or for
 * its next attempt; `TERMINATED`: it was cancelled; `TIMEOUT`: it ran too long; `INIT_FAILURE`: no container could
 * start; `FAILURE`: it failed otherwise.
 */
export type InputStatus =
  | "PENDING"
  | "RUNNING"
  | "SUCCESS"
  | "FAILURE"
  | "TERMINATED"
  | "TIMEOUT"
  | "INIT_FAILURE";

/** An input of a call, as it is now. */
export interface CallInput {
  /** What the code that runs for it is told as `currentInputId()`. */
  readonly inputId: string;
  /** Index within the call. */
  readonly index: number;
  readonly status: InputStatus;
  /** The container that ran it last, or runs it; undefined where none did. */
  readonly containerId: string | undefined;
  /** How often it was run. */
  readonly attempts: number;
}

const STATUS: Readonly<Record<FailureKind, InputStatus>> = {
  error: "FAILURE",
  rejected: "FAILURE",
  crashed: "FAILURE",
  timeout: "TIMEOUT",
  cancelled: "TERMINATED",
  startup: "INIT_FAILURE",
};

/** The inputs of a call. */
export function inputsOf(call: TracedCall): CallInput[] {
  const runs = lastRuns(call);
  return Array.from({ length: call.end - call.start }, (_, offset): CallInput => {
    const index = call.start + offset;
    const run = runs.get(index);
    return {
      inputId: inputId(call.callId, index),
      index,
      status: statusOf(call, index, run),
      containerId: run?.container?.id,
      attempts: run?.attempts ?? 0,
    };
  });
}

/** How one input of a run has ended; undefined while it runs. */
export function outcomeOf(run: RunRecord, index: number): InputStatus | undefined {
  if (run.endedAt === undefined) return undefined;
  const failure = run.failures.find(([failed]) => failed === index);
  return failure === undefined ? "SUCCESS" : STATUS[failure[1]];
}

/** The run that counts for each input: the first that has ended for good, else the last that began. */
function lastRuns({ start, end, trace }: TracedCall): Map<number, RunRecord> {
  const runs = new Map<number, RunRecord>();
  for (const run of [...trace.runs].sort((a, b) => a.startedAt - b.startedAt)) {
    const last = Math.min(end, run.start + run.count);
    for (let index = Math.max(start, run.start); index < last; index += 1) {
      if (!isFinal(runs.get(index))) runs.set(index, run);
    }
  }
  return runs;
}

function isFinal(run: RunRecord | undefined): boolean {
  return run?.endedAt !== undefined && run.isRetried !== true;
}

function statusOf({ trace }: TracedCall, index: number, run: RunRecord | undefined): InputStatus {
  const ended = run && isFinal(run) ? outcomeOf(run, index) : undefined;
  if (ended !== undefined) return ended;
  const { cancelled } = trace;
  if (cancelled === "all" || cancelled.includes(index)) return "TERMINATED";
  return run === undefined || run.isRetried === true ? "PENDING" : "RUNNING";
}
