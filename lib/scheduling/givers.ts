import type { HostState } from "./capacity-state.ts";
import { lacksMinimum, type Share } from "./fair-shares.ts";
import { add, claimOn, type HostKind, type Room } from "./fit.ts";
import type { ContainerState } from "./plan.ts";
import type { Slot } from "./slot.ts";

/** A container works for this long before it gives way to another pool. */
const SETTLED_MS = 60_000;
/** An idle one gives way to a pool that has none after this long. */
const IDLE_MS = 10_000;
/** As much as there can be: what a container takes then is what it takes by its first wish. */
const UNBOUNDED: Room = { cpu: 1e9, memoryMiB: 1e9, gpus: 1e9 };

/** A container that may have to give way. */
export interface Held {
  readonly share: Share;
  readonly container: ContainerState;
}

/** What may become free of one host. */
export interface Giver {
  readonly host: HostState;
  /** Undefined for a host that takes nothing new. */
  readonly slot: Slot | undefined;
  /** Containers that go on unless they are ended. */
  readonly held: Held[];
  /** How many of these are idle. */
  idle: number;
  /** Containers that are on their way out. */
  leaving: number;
  /** What those leave behind, as far as it was not promised. */
  coming: Room;
  /** Some of it was promised to a container. */
  isPromised: boolean;
}

const NOTHING: Room = { cpu: 0, memoryMiB: 0, gpus: 0 };

/** Hosts of the environment by their ids, with the containers on them. */
export function giversOf(given: {
  readonly hosts: readonly HostState[];
  readonly slots: readonly Slot[];
  readonly shares: readonly Share[];
  /** Containers that end anyway. */
  readonly stopping: ReadonlySet<string>;
}): ReadonlyMap<string, Giver> {
  const slots = new Map(given.slots.map((slot) => [slot.host?.id, slot]));
  const givers = new Map<string, Giver>();
  for (const host of given.hosts) {
    const slot = slots.get(host.id);
    givers.set(host.id, {
      host,
      slot,
      held: [],
      idle: 0,
      leaving: 0,
      coming: NOTHING,
      isPromised: false,
    });
  }
  for (const share of given.shares) note(share, givers, given.stopping);
  return givers;
}

function note(
  share: Share,
  givers: ReadonlyMap<string, Giver>,
  stopping: ReadonlySet<string>,
): void {
  for (const container of share.pool.containers) {
    const giver = givers.get(container.host ?? "");
    if (giver === undefined) continue;
    if (stopping.has(container.id)) {
      leave(giver, share);
      continue;
    }
    giver.held.push({ share, container });
    if (container.status === "idle") giver.idle += 1;
  }
  for (const host of share.pool.leaving ?? []) {
    const giver = givers.get(host);
    if (giver !== undefined) leave(giver, share);
  }
}

/** Counts one container of a pool as on its way out. */
export function leave(giver: Giver, share: Share): void {
  giver.leaving += 1;
  if (giver.slot !== undefined) giver.coming = add(giver.coming, claimOf(share, giver.slot));
}

/** What a container has of a host of this kind, by the first of its wishes that the host can satisfy. */
export function claimOf({ pool }: Share, kind: HostKind): Room {
  return claimOn(pool.needs, kind, UNBOUNDED) ?? NOTHING;
}

/** True when such a container may run on a host of this kind at all. */
export function isFor({ pool }: Share, kind: HostKind): boolean {
  return claimOn(pool.needs, kind, UNBOUNDED) !== undefined;
}

/**
 * Which of these may give way to a container of another pool, all of them together; undefined where one may not.
 *
 * A container gives way only where its pool keeps at least the share that the other comes to; or, to a pool that has
 * none, where its pool keeps one or it was idle for ten seconds; or to one of another's `minContainers`. It never gives
 * way before it has been there for a minute, nor as one of the `minContainers` of its own pool. Each such step makes the
 * smaller share larger and no other smaller than that, so nothing is taken back for the same reason: while demand stays
 * as it is, this comes to an end.
 */
export function mayGive(
  held: readonly Held[],
  claimant: Share,
  { now, given }: { readonly now: number; readonly given: Map<Share, number> },
): boolean {
  return held.every((one) => {
    const before = given.get(one.share) ?? 0;
    given.set(one.share, before + 1);
    return mayGiveOne(one, claimant, { now, before });
  });
}

/** True when each of these may give way, whatever becomes of the others: quick, and where it fails, so does `mayGive`. */
export function mayGiveEach(
  held: readonly Held[],
  claimant: Share,
  { now, given }: { readonly now: number; readonly given: ReadonlyMap<Share, number> },
): boolean {
  return held.every((one) => mayGiveOne(one, claimant, { now, before: given.get(one.share) ?? 0 }));
}

/** The same of one container, where its pool has given so many before: who may not give the first may not give any. */
export function mayGiveOne(
  { share, container }: Held,
  claimant: Share,
  { now, before }: { readonly now: number; readonly before: number },
): boolean {
  const left = share.count - before - 1;
  if (share === claimant || left < share.pool.minContainers) return false;
  if (container.status === "starting" || now - (container.createdAt ?? 0) < SETTLED_MS)
    return false;
  if (lacksMinimum(claimant)) return true;
  const isIdle = container.status === "idle" && now - container.idleSince >= IDLE_MS;
  if (claimant.count === 0 && (left > 0 || isIdle)) return true;
  return left * share.weight >= (claimant.count + 1) * claimant.weight - 1e-9;
}

/** Those that do nothing first, then those of the largest share. */
export function byWorth(a: Held, b: Held): number {
  const idle = Number(b.container.status === "idle") - Number(a.container.status === "idle");
  return idle || b.share.count * b.share.weight - a.share.count * a.share.weight;
}

export function busyOf(held: readonly Held[]): number {
  return held.filter(({ container }) => container.status !== "idle").length;
}
