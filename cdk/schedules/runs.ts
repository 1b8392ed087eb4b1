import { type CallRow, KEPT_SECONDS } from "../../lib/aws/call-row.ts";
import { Deployments } from "../../lib/aws/deployments.ts";
import { callKey } from "../../lib/aws/keys.ts";
import { sealInputs } from "../../lib/aws/range-message.ts";
import { StoredCalls } from "../../lib/aws/stored-calls.ts";
import type { CallReading } from "../../lib/backend.ts";
import { toError } from "../../lib/client/failure.ts";
import { ownedPage } from "../../lib/codec/page-builder.ts";
import { isWindlassError } from "../../lib/errors.ts";
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
  { app, name }: ScheduledFunction,
  run: ScheduledRun,
  ports: SchedulePorts,
): Promise<{ readonly error?: Error } | undefined> {
  const reading = await read(app.app, run, ports);
  if (reading === undefined) {
    // Whoever was to begin it may be about to.
    if (ports.now() - run.at < LATE_MS) return undefined;
    ports.log({ event: "schedule-run-lost", app: app.app, function: name, callId: run.callId });
    return {};
  }
  if ("error" in reading) return reading;
  const [page] = reading.pages;
  if (page === undefined) return undefined;
  const [failure] = page.failures ?? [];
  return failure === undefined ? {} : { error: toError(failure) };
}

/** What the table has of a call; undefined where it has nothing. */
async function read(
  app: string,
  { callId }: ScheduledRun,
  ports: SchedulePorts,
): Promise<CallReading | { readonly error: Error } | undefined> {
  const { environment, rows, objects, now } = ports;
  const deployments = new Deployments({ app, environment, rows, objects, now });
  const calls = new StoredCalls({
    ...{ app, rows, objects, deployments, wallClock: now, now },
    sleep: async () => {},
    onWait: () => {},
    reasonOf: async () => undefined,
  });
  try {
    return await calls.read({ callId, start: 0, count: 1, waitMs: 0 });
  } catch (error) {
    if (!isWindlassError(error)) throw error;
    if (error.code === "WINDLASS_CALL_NOT_FOUND") return undefined;
    if (error.code === "WINDLASS_OUTPUT_EXPIRED") return { error };
    throw error;
  }
}
