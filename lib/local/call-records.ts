import type { CallTrace, TraceQuery } from "../call-trace.ts";
import { NotFoundError, OutputExpiredError } from "../errors.ts";
import { callTime } from "../ids.ts";
import { toRequest } from "../messages.ts";
import type { CallRecord, CallStore } from "./store.ts";

/** Results are kept this long after the last of a call. */
export const RETENTION_MS: number = 7 * 24 * 3600 * 1000;

/** The record of a stored call; `now` in milliseconds since 1970. @throws NotFoundError, OutputExpiredError */
export function recordOf(store: CallStore, callId: string, now: number): CallRecord {
  const record = store.getCall(callId);
  const time = record?.doneAt ?? (record === undefined ? callTime(callId) : undefined);
  if (time !== undefined && now - time > RETENTION_MS) {
    throw new OutputExpiredError(
      "WINDLASS_OUTPUT_EXPIRED",
      `the results of call ${callId} are older than 7 days and were removed`,
    );
  }
  if (record !== undefined) return record;
  throw new NotFoundError("WINDLASS_CALL_NOT_FOUND", `there is no call ${callId}`, {
    hint: "a spawned call is known in the project where it was made, by the id of its FunctionCall",
  });
}

/** What is recorded of inputs of a call. @throws NotFoundError, OutputExpiredError */
export function traceOf(store: CallStore, query: TraceQuery, now: number): CallTrace {
  const { callId, start, end, made } = query;
  const record = made ? store.getCall(callId) : recordOf(store, callId, now);
  const span = { start, end };
  return {
    called: record && calledBy(record),
    total: record?.total,
    runs: store.traces.runs(callId, span),
    made: store.traces.made(callId, span),
    cancelled: record?.cancelled ?? [],
    usdPerHour: 0,
  };
}

function calledBy({ request }: CallRecord): CallTrace["called"] {
  const { kind, target } = toRequest(request);
  const { app, name, method } = target;
  return { app, name, kind, ...(method !== undefined && { method }) };
}
