import { changeSchedule } from "../../lib/aws/schedules.ts";
import { dequeued, finished, type ScheduledRun } from "../../lib/schedules/record.ts";
import type { ScheduledFunction } from "./deployed.ts";
import type { SchedulePorts } from "./ports.ts";
import type { RecordRow, UntoldFailure } from "./record-row.ts";
import { beginRun, endOf } from "./runs.ts";
import { tell } from "./tell.ts";

/** For how long it is tried to tell of a failure. */
const TELL_MS = 3_600_000;

interface Ended {
  readonly run: ScheduledRun;
  readonly error: Error | undefined;
}

/** Notes which runs of a function have ended, tells of those that failed, and begins what waited for them. */
export async function settle(
  scheduled: ScheduledFunction,
  record: RecordRow,
  ports: SchedulePorts,
): Promise<void> {
  const ends = await Promise.all(
    record.running.map(async (run): Promise<Ended[]> => {
      const end = await endOf(scheduled, run, ports);
      return end === undefined ? [] : [{ run, error: end.error }];
    }),
  );
  const callId = ports.createCallId();
  const key = { app: scheduled.app.app, name: scheduled.name };
  const left = await changeSchedule(ports.rows, key, (now) => {
    const since = ports.now();
    const done = ends.flat().reduce((row, end) => noteEnd(row, { ...end, since }, scheduled), now);
    return dequeued(done, callId) ?? done;
  });
  if (left?.running.some((run) => run.callId === callId)) {
    await beginRun(scheduled, callId, ports);
  }
  await tellAll(scheduled, (left as RecordRow | undefined)?.untold ?? [], ports);
}

function noteEnd(
  row: RecordRow,
  { run, error, since }: Ended & { readonly since: number },
  { schedule }: ScheduledFunction,
): RecordRow {
  // Another invocation was first.
  if (!row.running.some(({ callId }) => callId === run.callId)) return row;
  const next = finished(row, run, error === undefined ? "done" : "failed");
  if (error === undefined || (schedule.onFailure ?? null) === null) return next;
  const failure: UntoldFailure = { ...run, error: error.name, message: error.message, since };
  return { ...next, untold: [...(row.untold ?? []), failure] };
}

/** Each at least once: whoever dies in between is followed by another who tells it again. */
async function tellAll(
  scheduled: ScheduledFunction,
  untold: readonly UntoldFailure[],
  ports: SchedulePorts,
): Promise<void> {
  const { app, name } = { app: scheduled.app.app, name: scheduled.name };
  for (const failure of untold) {
    try {
      await tell(scheduled, failure, ports);
    } catch (error) {
      const { callId } = failure;
      ports.log({ event: "notice-failed", app, function: name, callId, error: String(error) });
      if (ports.now() - failure.since < TELL_MS) continue;
    }
    await changeSchedule(ports.rows, { app, name }, (record) => {
      const row: RecordRow = record;
      const left = row.untold?.filter(({ callId }) => callId !== failure.callId);
      return { ...row, untold: left };
    });
  }
}
