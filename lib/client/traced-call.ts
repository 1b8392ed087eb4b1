import type { Backend, Span } from "../backend.ts";
import type { Called, CallTrace, RunRecord, TraceQuery } from "../call-trace.ts";
import { callTime } from "../ids.ts";

/** A call with all that its inputs have called, as far as it was recorded. */
export interface TracedCall extends Span {
  readonly callId: string;
  readonly called: Called;
  /** When its inputs were made, in milliseconds since 1970. */
  readonly at: number;
  readonly trace: CallTrace;
  readonly made: readonly MadeCall[];
}

/** What an input of a call has called. */
interface MadeCall {
  /** Index of that input. */
  readonly parent: number;
  readonly call: TracedCall;
}

interface Part extends TraceQuery {
  readonly at: number;
}

/** Whatever knows how calls were run. */
export type Traces = Pick<Backend, "trace">;

/** Reads what is recorded of a call, or of one input of it, and of all that it has called. */
export async function readTrace(
  backend: Traces,
  { callId, index }: { readonly callId: string; readonly index: number | undefined },
): Promise<TracedCall> {
  const start = index ?? 0;
  const end = index === undefined ? Number.MAX_SAFE_INTEGER : index + 1;
  const at = callTime(callId) ?? 0;
  return await readPart(backend, {
    ...{ callId, start, end, at },
  });
}

async function readPart(backend: Traces, part: Part): Promise<TracedCall> {
  const { callId, start, at } = part;
  const trace = await backend.trace({ callId, start, end: part.end, made: part.made });
  const known = part.made ? part.end : (trace.total ?? lastOf(trace.runs, start));
  const end = Math.min(part.end, known);
  const within = trace.made.filter(({ parent }) => parent >= start && parent < end);
  const made = await Promise.all(
    within.map(async (one): Promise<MadeCall> => {
      const span = { start: one.start, end: one.start + one.count };
      const { callId: madeId, called, at: madeAt } = one;
      const of = { ...span, callId: madeId, made: called, at: madeAt };
      return { parent: one.parent, call: await readPart(backend, of) };
    }),
  );
  const called = part.made ?? trace.called ?? UNKNOWN;
  return { callId, start, end, at, called, trace, made };
}

/** Of a call whose row says nothing, which only cancelled ones have that nobody spawned. */
const UNKNOWN: Called = { app: "", name: "", kind: "map" };

/** What the greatest input is before that was seen to run: how many there are is not known. */
function lastOf(runs: readonly RunRecord[], start: number): number {
  return Math.max(start, ...runs.map((run) => run.start + run.count));
}
