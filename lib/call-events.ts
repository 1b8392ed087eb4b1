import type { AlikeFailures } from "./alike-failures.ts";
import type { CallRequest, FailureKind, Span } from "./backend.ts";
import { reportOf } from "./error-report.ts";
import type { CallCompletedEvent, CallFailedEvent, EventsSpec } from "./events.ts";
import { memberId } from "./ids.ts";
import { sha256 } from "./sha256.ts";
import { Spans } from "./spans.ts";

/** The first line of an error is cut there, in characters. */
const MAX_MESSAGE_CHARS = 256;

/** Where and by whom inputs were run. */
export interface EventOrigin {
  readonly environment: string;
  /** Number of the deployment; `null` on the machine of a run. */
  readonly deployment: number | null;
  readonly containerId: string | null;
}

/** Inputs of a call that are answered for. */
export interface AnsweredInputs {
  /** In order. */
  readonly spans: readonly Span[];
  readonly request: Pick<CallRequest, "callId" | "kind" | "target">;
  readonly failures: readonly AlikeFailures[];
  /** Inputs that were cancelled: nothing is told of them. */
  readonly cancelled: Iterable<number>;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What there is to tell of inputs: of failures with each reason, and of the rest. */
export function callEvents(
  { request, spans, failures, cancelled, at }: AnsweredInputs,
  events: EventsSpec,
  origin: EventOrigin,
): (CallCompletedEvent | CallFailedEvent)[] {
  const { callId, kind, target } = request;
  const base = {
    ...{
      version: 1 as const,
      at: new Date(at).toISOString(),
      app: target.app,
      function: target.name,
    },
    ...{ method: target.method ?? null, callId, ...origin },
  };
  const told: (CallCompletedEvent | CallFailedEvent)[] = [];
  if (events.failures) {
    for (const one of failures) told.push({ ...base, name: "call.failed", ...failureOf(one) });
  }
  const { completedRate } = events;
  // Inputs of a group are calls of their own.
  const isCalls = kind === "group" && completedRate < 1;
  if (completedRate === 0 || !(isCalls || isSampled(callId, completedRate))) return told;
  const completed = new Spans();
  for (const span of spans) completed.append(span);
  for (const span of failures) completed.take(span);
  for (const index of cancelled) completed.take({ start: index, end: index + 1 });
  const all = isCalls
    ? completed.all.flatMap((span) => sampled(callId, span, completedRate))
    : completed.all;
  for (const inputs of all) told.push({ ...base, name: "call.completed", inputs });
  return told;
}

/** Those of these calls whose completion is told. */
function sampled(callId: string, { start, end }: Span, rate: number): Span[] {
  const all = Array.from({ length: end - start }, (_, n) => start + n);
  return all
    .filter((index) => isSampled(memberId(callId, index), rate))
    .map((index) => ({ start: index, end: index + 1 }));
}

/** The same for a call whichever container asks: all parts of it are told, or none. */
function isSampled(callId: string, rate: number): boolean {
  return rate >= 1 || Number.parseInt(sha256(callId).slice(0, 8), 16) / 2 ** 32 < rate;
}

function failureOf({ start, end, failure, attempts }: AlikeFailures) {
  const { name, code, message } = reportOf(failure);
  const [line = ""] = message.split("\n", 1);
  return {
    inputs: { start, end },
    // Cancelled inputs are no failures.
    failure: failure.kind as Exclude<FailureKind, "cancelled">,
    error: { name, code, message: line.slice(0, MAX_MESSAGE_CHARS) },
    attempts,
  };
}
