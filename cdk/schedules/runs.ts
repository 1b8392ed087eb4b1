import { endOfCall } from "../../lib/aws/call-end.ts";
import { type CallRow, KEPT_SECONDS } from "../../lib/aws/call-row.ts";
import { callKey } from "../../lib/aws/keys.ts";
import { sealInputs } from "../../lib/aws/range-message.ts";
import { ownedPage } from "../../lib/codec/page-builder.ts";
import type { ScheduledRun } from "../../lib/schedules/record.ts";
import { LATE_MS } from "../../lib/schedules/times.ts";
import type { ScheduledFunction } from "./deployed.ts";
import type { SchedulePorts } from "./ports.ts";

/** Begins a call without arguments. Of several that begin it one runs, since its row is written before it does. */
export async function beginRun(
  { app: { app, deployment }, name, fn }: ScheduledFunction,
  callId: string,
  ports: SchedulePorts,
): Promise<void> {
  const { rows, objects, queues, now, wake } = ports;
  const request = { callId, target: { app, name }, kind: "group" } as const;
  const row: CallRow = {
    state: "open",
    cancelled: [],
    kind: "group",
    pool: name,
    deployment,
    total: 1,
    expiresAt: Math.ceil(now() / 1000) + KEPT_SECONDS,
  };
  await rows.put(callKey(app, callId), row, 0);
  const args = ownedPage([[]], () => "args");
  const span = { start: 0, end: 1, unary: false, args, attempt: 0, isChild: false };
  const how = { deployment, isExclusive: true, isTraced: true, replyTo: undefined };
  const body = await sealInputs({ request, ...span, ...how }, objects);
  await queues.send(fn.queueUrl, { body, group: callId });
  await wake(app, [name]);
}

/** How a run has ended; undefined while it has not. */
export async function endOf(
  { app: { app }, name }: ScheduledFunction,
  { callId, at }: ScheduledRun,
  ports: SchedulePorts,
): Promise<{ readonly error: Error | undefined } | undefined> {
  const end = await endOfCall(callId, { app, ...ports });
  if (end.state === "failed") return { error: end.error };
  if (end.state === "done") return { error: undefined };
  // Where nothing is known of it, whoever was to begin it may be about to.
  if (end.state === "open" || ports.now() - at < LATE_MS) return undefined;
  ports.log({ event: "schedule-run-lost", app, function: name, callId });
  return { error: undefined };
}
