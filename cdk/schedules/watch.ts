import { scheduleKey } from "../../lib/aws/schedules.ts";
import { readApp, scheduledOf } from "./deployed.ts";
import type { SchedulePorts } from "./ports.ts";
import type { RecordRow } from "./record-row.ts";
import { settle } from "./settle.ts";

/** Looks after the runs of an app that are not known to be done. Answers of how many functions there were any. */
export async function watch(app: string, ports: SchedulePorts): Promise<number> {
  const rows = await ports.rows.list<RecordRow>(scheduleKey(app, "").pk);
  const open = rows.filter(({ body: { running, queued, untold = [] } }) => {
    return running.length + queued.length + untold.length > 0;
  });
  const deployed = open.length === 0 ? undefined : await readApp(app, ports);
  if (deployed === undefined) return 0;
  const records = new Map(open.map(({ sk, body }) => [sk, body]));
  for (const scheduled of scheduledOf(deployed)) {
    const record = records.get(scheduled.name);
    if (record !== undefined) await settle(scheduled, record, ports);
  }
  return open.length;
}
