import type { CapacityAction, CapacityState, HostState } from "./capacity-state.ts";
import { claimOn } from "./fit.ts";
import type { HostType } from "./host-types.ts";

/**
 * A host is kept this long after its last input for what may come, empty: until the sweep after the one that saw it so.
 * Where its container was kept for as long it has had its time.
 */
export const HOST_WINDOW_MS = 45_000;
/** Two looks at a closing host that both find nothing are at least this far apart. */
export const EMPTY_FOR_MS = 5000;
/** A host that has not joined its cluster by now never will. */
const BOOT_LIMIT_MS = 600_000;
/** An instance shows up under its tag within this time, or was never bought. */
const ANSWER_LIMIT_MS = 300_000;

/** What becomes of hosts, beside those that containers were just placed on or wait for. */
export function planHosts(
  { hosts, types }: CapacityState,
  {
    used,
    ending,
  }: {
    readonly used: ReadonlySet<string>;
    /** Hosts that end in favour of another, each with the pool that it is for. */
    readonly ending: ReadonlyMap<string, string>;
  },
  now: number,
): CapacityAction[] {
  const byName = new Map(types.map((type) => [type.name, type]));
  return hosts.flatMap((host) => {
    const isUsed = used.has(host.id);
    const pool = ending.get(host.id);
    if (pool !== undefined && host.status === "active" && host.tasks === 0) {
      return [{ kind: "close", host: host.id, for: pool } as const];
    }
    return planHost(host, isUsed, { now, isMisfit: isMisfit(host, byName.get(host.type)) });
  });
}

function planHost(
  host: HostState,
  isUsed: boolean,
  given: { readonly now: number; readonly isMisfit: boolean },
): CapacityAction[] {
  const { now } = given;
  switch (host.status) {
    case "buying":
      return planBuying(host, isUsed, now);
    case "booting":
      if (now - host.boughtAt < BOOT_LIMIT_MS) return [];
      return [{ kind: "terminate", host: host.id, reason: "it did not join its cluster" }];
    case "active":
      return planActive(host, isUsed, given);
    case "closing":
      return isUsed ? [] : planClosing(host, now);
    case "leaving":
      return host.tasks > 0 ? [] : planEmpty(host, now, "EC2 takes it back, or its GPU is broken");
  }
}

function planBuying(host: HostState, isUsed: boolean, now: number): CapacityAction[] {
  if (isUsed) return [{ kind: "ask-again", host: host.id }];
  return now - host.boughtAt < ANSWER_LIMIT_MS ? [] : [{ kind: "forget", host: host.id }];
}

function planActive(
  host: HostState,
  isUsed: boolean,
  { now, isMisfit }: { readonly now: number; readonly isMisfit: boolean },
): CapacityAction[] {
  const isIdle = host.tasks === 0 && !isUsed;
  if (!isIdle) return host.idleSince === null ? [] : [{ kind: "idle", host: host.id, since: null }];
  if (isMisfit) return [{ kind: "close", host: host.id }];
  const since = host.idleSince ?? host.workedAt ?? now;
  if (now - since >= HOST_WINDOW_MS) return [{ kind: "close", host: host.id }];
  return host.idleSince === null ? [{ kind: "idle", host: host.id, since }] : [];
}

function planClosing(host: HostState, now: number): CapacityAction[] {
  if (host.tasks > 0) return [{ kind: "reopen", host: host.id }];
  return planEmpty(host, now, "it had nothing to run");
}

function planEmpty({ id, emptyAt }: HostState, now: number, reason: string): CapacityAction[] {
  if (emptyAt === null) return [{ kind: "empty", host: id }];
  return now - emptyAt < EMPTY_FOR_MS ? [] : [{ kind: "terminate", host: id, reason }];
}

/** It was bought for containers none of which fit it as it is. */
function isMisfit({ room, boughtFor, market }: HostState, type: HostType | undefined): boolean {
  const { gpu = null, architecture = "amd64" }: Partial<HostType> = type ?? {};
  const kind = { gpu, architecture, market };
  return (
    boughtFor.length > 0 && boughtFor.every(({ needs }) => claimOn(needs, kind, room) === undefined)
  );
}
