import { NO_RECORD, type ScheduleRecord } from "../schedules/record.ts";
import type { RowKey } from "./keys.ts";
import type { Row, Rows } from "./rows.ts";

/** What is known of a scheduled function of an app. */
export function scheduleKey(app: string, name: string): RowKey {
  return { pk: `${app}#schedules`, sk: name };
}

/** Records of the scheduled functions of an app, by name. */
export async function readSchedules(
  rows: Rows,
  app: string,
): Promise<ReadonlyMap<string, ScheduleRecord>> {
  const found = await rows.list<ScheduleRecord>(scheduleKey(app, "").pk);
  return new Map(found.map(({ sk, body }) => [sk, body]));
}

/** Changes a record; answers what it is then. `undefined` leaves it as it is. */
export async function changeSchedule(
  rows: Rows,
  key: { readonly app: string; readonly name: string },
  change: (record: ScheduleRecord) => ScheduleRecord | undefined,
): Promise<ScheduleRecord | undefined> {
  const rowKey = scheduleKey(key.app, key.name);
  for (;;) {
    const found: Row<ScheduleRecord> | undefined = await rows.get<ScheduleRecord>(rowKey);
    const record = change(found?.body ?? NO_RECORD);
    if (record === undefined || record === found?.body) return record;
    if (await rows.put(rowKey, record, found?.version ?? 0)) return record;
  }
}
