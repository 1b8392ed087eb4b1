import type { ScheduledFunction } from "./deployed.ts";
import type { SchedulePorts } from "./ports.ts";
import type { UntoldFailure } from "./record-row.ts";

/** SNS takes subjects of fewer than 100 characters [Publish]. */
const SUBJECT_CHARS = 99;
/** Enough to see what it is: the call's id leads to the rest. */
const MESSAGE_CHARS = 2000;

/** Tells who is to know that a run has failed. Errors come without values of secrets, which their agents took out. */
export async function tell(
  { app, name, schedule }: ScheduledFunction,
  failure: UntoldFailure,
  ports: SchedulePorts,
): Promise<void> {
  const to = schedule.onFailure ?? null;
  if (to === null) return;
  const notice = {
    event: "schedule-failed",
    environment: ports.environment,
    app: app.app,
    function: name,
    scheduledAt: new Date(failure.at).toISOString(),
    functionCallId: failure.callId,
    error: failure.error,
    message: failure.message.slice(0, MESSAGE_CHARS),
  };
  if (to.kind === "webhook") {
    await ports.post(to.url, notice);
    return;
  }
  const subject = `Windlass: ${name} of ${app.app} failed`.slice(0, SUBJECT_CHARS);
  const role = app.manifest.scheduleRole ?? "";
  await ports.publish(
    { arn: to.topicArn, role },
    { subject, text: JSON.stringify(notice, null, 2) },
  );
}
