import type { KnownContainer, KnownHost } from "./world.ts";

/** A container needs about this long on a host that has its image, and a host to join its cluster. */
const STARTUP_MS = 10_000;
export const USUAL_BOOT_MS = 50_000;
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

/**
 * From the wish to have a host to the moment when it was in its cluster, as those that were bought last took. Those on
 * their way count with what is known of them: the first to come are the fastest, and by them alone others seem worth
 * buying when they would come too late.
 */
export function bootMs(hosts: readonly KnownHost[], now: number): number {
  const boots = hosts.map(({ row: { boughtAt, joinedAt } }) => {
    const ms =
      joinedAt === undefined ? Math.max(USUAL_BOOT_MS, now - boughtAt) : joinedAt - boughtAt;
    return { at: boughtAt, ms };
  });
  return usual(boots) ?? USUAL_BOOT_MS;
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
