import type { PeriodSpec, ScheduleSpec } from "../spec.ts";

const UNITS = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"] as const;

/** When a schedule fires, in words. Two schedules that fire at the same times for the same reason have one text. */
export function scheduleText(schedule: ScheduleSpec): string {
  return schedule.kind === "cron"
    ? `${schedule.expression} ${schedule.timezone}`
    : `every ${periodText(schedule)}`;
}

function periodText(period: PeriodSpec): string {
  return UNITS.filter((unit) => period[unit] > 0)
    .map((unit) => `${period[unit]} ${period[unit] === 1 ? unit.slice(0, -1) : unit}`)
    .join(" ");
}

/** A moment as clocks show it in the zone of a schedule; periods are in UTC. */
export function timeText(at: number, schedule: ScheduleSpec): string {
  const timeZone = schedule.kind === "cron" ? schedule.timezone : "UTC";
  const shown = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    weekday: "short",
    timeZoneName: "short",
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes): string =>
    shown.find((one) => one.type === type)?.value ?? "";
  const date = `${part("year")}-${part("month")}-${part("day")}`;
  return `${part("weekday")} ${date} ${part("hour")}:${part("minute")} ${part("timeZoneName")}`;
}
