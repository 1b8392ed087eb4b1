import { cpus, loadavg, totalmem } from "node:os";

/** A higher load before the start disturbs the numbers. */
const MAX_LOAD = 0.5;

export function describeMachine(): string {
  const [first] = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${first?.model.trim()}, ${cpus().length} cores, ${gib} GiB, Node ${process.versions.node}`;
}

/** Load average of the last minute. */
export function load(): number {
  return loadavg()[0] ?? 0;
}

export function loadWarning(before: number): string | undefined {
  if (before <= MAX_LOAD) return undefined;
  return `warning: load average ${before.toFixed(2)} before the start is above ${MAX_LOAD}: do not publish these numbers`;
}
