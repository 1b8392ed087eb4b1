import type { RowKey } from "../../lib/aws/keys.ts";
import type { ScheduledRun, ScheduleRecord } from "../../lib/schedules/record.ts";

/** A run that has failed, while it may be that nobody was told. */
export interface UntoldFailure extends ScheduledRun {
  readonly error: string;
  readonly message: string;
  /** When it was found to have failed, in milliseconds since 1970. */
  readonly since: number;
}

/** The row of a scheduled function, as this function writes it. */
export interface RecordRow extends ScheduleRecord {
  readonly untold?: readonly UntoldFailure[];
}

/** A time at which a schedule fired: of several invocations for it one deals with it. */
export interface FiredRow {
  /** The call that it is to be, whoever begins it. */
  readonly callId: string;
  /** False while whoever claimed it may have died before it did anything. */
  readonly isSettled: boolean;
  /** When the table forgets it, in seconds since 1970. */
  readonly expiresAt: number;
}

export function firedKey(app: string, name: string, at: number): RowKey {
  return { pk: `${app}#schedule-times`, sk: `${name}#${new Date(at).toISOString()}` };
}
