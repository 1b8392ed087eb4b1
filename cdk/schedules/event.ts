/** What EventBridge Scheduler puts in the place of this: the time of an invocation, as ISO 8601. */
export const SCHEDULED_TIME = "<aws.scheduler.scheduled-time>";

/** What the function is invoked with: a schedule of an app fires, or it is time to look after runs of one. */
export type ScheduleEvent =
  | {
      readonly kind: "fire";
      readonly app: string;
      readonly function: string;
      readonly scheduledAt: string;
    }
  | { readonly kind: "watch"; readonly app: string };
