const MINUTE_MS = 60_000;
/** A time zone is at most 14 hours ahead of UTC and 12 behind; an hour more, for what its clocks are put by. */
const AHEAD_MS = 15 * 3_600_000;
const BEHIND_MS = 13 * 3_600_000;

const formats: Map<string, Intl.DateTimeFormat> = new Map();

/** The time that clocks in a zone show at a moment, as if it were UTC; whole minutes. */
export function toLocal(at: number, timezone: string): number {
  if (timezone === "UTC") return Math.floor(at / MINUTE_MS) * MINUTE_MS;
  const shown: Record<string, number> = {};
  for (const { type, value } of formatOf(timezone).formatToParts(at)) shown[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour, minute);
}

/**
 * The moment at which clocks in a zone show a time, given as if it were UTC. The first one where clocks show it twice;
 * undefined where they never do, since they are put forward over it.
 */
export function fromLocal(local: number, timezone: string): number | undefined {
  if (timezone === "UTC") return local;
  const offsets = [local - AHEAD_MS, local + BEHIND_MS].map((at) => toLocal(at, timezone) - at);
  const moments = offsets.map((offset) => local - offset);
  return moments.sort((a, b) => a - b).find((at) => toLocal(at, timezone) === local);
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  formats.set(timeZone, format);
  return format;
}
