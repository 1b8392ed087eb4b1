import type { TracedCall } from "./traced-call.ts";

const HOUR_MS = 3600_000;

interface Busy {
  readonly usdPerHour: number;
  readonly times: [startedAt: number, endedAt: number][];
}

/** What containers cost while they ran these inputs; undefined where the price of one is not known. */
export function containerUsd(call: TracedCall): number | undefined {
  const busy = new Map<string, Busy>();
  if (!collect(call, busy)) return undefined;
  let usd = 0;
  // Inputs that a container ran side by side cost its time once.
  for (const { usdPerHour, times } of busy.values()) usd += (usdPerHour * covered(times)) / HOUR_MS;
  return usd;
}

/** Adds when containers ran something; false where the price of one is not known. */
function collect({ start, end, trace, made }: TracedCall, busy: Map<string, Busy>): boolean {
  for (const { start: from, count, container, startedAt, endedAt } of trace.runs) {
    if (container === undefined || endedAt === undefined) continue;
    if (from >= end || from + count <= start) continue;
    if (trace.usdPerHour === undefined) return false;
    const known = busy.get(container.id) ?? { usdPerHour: trace.usdPerHour, times: [] };
    known.times.push([startedAt, endedAt]);
    busy.set(container.id, known);
  }
  return made.every(({ call }) => collect(call, busy));
}

/** Milliseconds that are within any of these times. */
function covered(times: readonly (readonly [number, number])[]): number {
  let sum = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const [from, end] of [...times].sort((a, b) => a[0] - b[0])) {
    sum += Math.max(0, end - Math.max(from, until));
    until = Math.max(until, end);
  }
  return sum;
}
