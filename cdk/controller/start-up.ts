import type { KnownContainer, KnownHost } from "./world.ts";

/** A container needs about this long on a host that has its image, and a host to join its cluster. */
const STARTUP_MS = 10_000;
const BOOT_MS = 50_000;
/** What is believed: one clock that is wrong, or one image that was stuck, must not decide. */
const MIN_MS = 1000;
const MAX_MS = 600_000;
/** So many of the latest count. */
const LATEST = 9;

/** From the wish to have a container to the moment when it took work, as the latest of its pool took. */
export function startupMs(containers: readonly KnownContainer[]): number {
  const starts = containers.flatMap(({ row: { createdAt, readyAt } }) =>
    typeof readyAt === "number" ? { at: readyAt, ms: readyAt - createdAt } : [],
  );
  return usual(starts) ?? STARTUP_MS;
}

/** From the wish to have a host to the moment when it was in its cluster, as the latest of all took. */
export function bootMs(hosts: readonly KnownHost[]): number {
  const boots = hosts.flatMap(({ row: { boughtAt, joinedAt } }) =>
    joinedAt === undefined ? [] : { at: joinedAt, ms: joinedAt - boughtAt },
  );
  return usual(boots) ?? BOOT_MS;
}

/** The median of the latest, within bounds. */
function usual(
  measured: readonly { readonly at: number; readonly ms: number }[],
): number | undefined {
  const latest = [...measured].sort((a, b) => b.at - a.at).slice(0, LATEST);
  const sorted = latest.map(({ ms }) => ms).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  return median === undefined ? undefined : Math.min(MAX_MS, Math.max(MIN_MS, median));
}
