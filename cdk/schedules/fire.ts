import { KEPT_SECONDS } from "../../lib/aws/call-row.ts";
import { changeSchedule, scheduleKey } from "../../lib/aws/schedules.ts";
import {
  currentRecord,
  decide,
  decided,
  dueTime,
  type RunOutcome,
} from "../../lib/schedules/record.ts";
import { readApp, type ScheduledFunction, scheduledOf } from "./deployed.ts";
import type { ScheduleEvent } from "./event.ts";
import type { SchedulePorts } from "./ports.ts";
import { type FiredRow, firedKey, type RecordRow } from "./record-row.ts";
import { beginRun } from "./runs.ts";
import { settle } from "./settle.ts";

const MINUTE_MS = 60_000;
/** Ticks of a period may be so much off. */
const TOLERANCE_MS = 30_000;

/** What became of an invocation by a schedule. */
export type FireOutcome =
  | RunOutcome
  /** Another invocation has dealt with this time. */
  | "duplicate"
  /** A tick of a period that is not over. */
  | "not due"
  /** The function is not deployed, or has no schedule any more. */
  | "gone";

type FireEvent = Extract<ScheduleEvent, { kind: "fire" }>;

/** Deals with a time at which a schedule fired. Safe to be run again, and by several at once. */
export async function fire(event: FireEvent, ports: SchedulePorts): Promise<FireOutcome> {
  const app = await readApp(event.app, ports);
  const scheduled = app && scheduledOf(app).find(({ name }) => name === event.function);
  const tick = Date.parse(event.scheduledAt);
  if (scheduled === undefined || Number.isNaN(tick)) return "gone";
  const at = scheduled.schedule.kind === "cron" ? Math.floor(tick / MINUTE_MS) * MINUTE_MS : tick;
  const callId = await claim(scheduled, at, ports);
  if (typeof callId !== "string") return callId.outcome;
  await settleFirst(scheduled, ports);
  const outcome = await decideOn(scheduled, { at, callId }, ports);
  if (outcome === "running") await beginRun(scheduled, callId, ports);
  await release(scheduled, at, ports);
  return outcome;
}

/** The call that is to be the run at this time, or why there is none. */
async function claim(
  scheduled: ScheduledFunction,
  at: number,
  ports: SchedulePorts,
): Promise<string | { readonly outcome: "duplicate" | "not due" }> {
  const { rows, now, createCallId } = ports;
  const key = firedKey(scheduled.app.app, scheduled.name, at);
  const found = await rows.get<FiredRow>(key);
  if (found !== undefined) {
    // Whoever claimed it may have died.
    return found.body.isSettled ? { outcome: "duplicate" } : found.body.callId;
  }
  if (!(await isDue(scheduled, at, ports))) return { outcome: "not due" };
  const expiresAt = Math.ceil(now() / 1000) + KEPT_SECONDS;
  const row: FiredRow = { callId: createCallId(), isSettled: false, expiresAt };
  // Another was a moment faster: it is asked what it claimed.
  return (await rows.put(key, row, 0)) ? row.callId : await claim(scheduled, at, ports);
}

/**
 * Whether a tick is one to run at. The first tick of a period is what it counts from: EventBridge Scheduler sends it when
 * a rate is deployed. Ticks may begin anew with a deployment, and those of a period of months are days.
 */
async function isDue(
  { app: { app }, name, schedule }: ScheduledFunction,
  tick: number,
  { rows }: SchedulePorts,
): Promise<boolean> {
  const record = await changeSchedule(rows, { app, name }, (known) =>
    currentRecord(known, schedule, tick),
  );
  if (schedule.kind === "cron" || record === undefined) return true;
  return dueTime(record, schedule, tick + TOLERANCE_MS) !== undefined;
}

async function release(
  { app: { app }, name }: ScheduledFunction,
  at: number,
  { rows }: SchedulePorts,
): Promise<void> {
  const key = firedKey(app, name, at);
  const found = await rows.get<FiredRow>(key);
  if (found !== undefined) await rows.put(key, { ...found.body, isSettled: true }, found.version);
}

/** Whether the run before is done decides about this one. */
async function settleFirst(scheduled: ScheduledFunction, ports: SchedulePorts): Promise<void> {
  const key = scheduleKey(scheduled.app.app, scheduled.name);
  const found = await ports.rows.get<RecordRow>(key);
  if (found !== undefined && found.body.running.length > 0) {
    await settle(scheduled, found.body, ports);
  }
}

async function decideOn(
  { app: { app }, name, schedule }: ScheduledFunction,
  run: { readonly at: number; readonly callId: string },
  { rows, now }: SchedulePorts,
): Promise<RunOutcome> {
  let outcome: RunOutcome = "running";
  const overlap = schedule.overlap ?? "skip";
  await changeSchedule(rows, { app, name }, (record) => {
    // Whoever claimed it died after this.
    if (record.running.some(({ callId }) => callId === run.callId)) return record;
    outcome = decide(record, { overlap }, { at: run.at, now: now() });
    return decided(record, outcome, run);
  });
  return outcome;
}
