import type { Asked } from "./asked.ts";
import { attempt } from "./attempt.ts";
import type { Controller } from "./controller.ts";
import { isLive, poolId } from "./pools.ts";
import type { LeaseRow } from "./rows.ts";
import type { Survey } from "./survey.ts";
import { sweepNumber } from "./sweep.ts";
import { awaitedPools, type KnownApp } from "./world.ts";

/** Pools that nobody woke and that have no containers are looked at in turn: each look is a request to SQS. */
const IN_TURN = 15;
/** A container that has ended just now may have left work, and the counts of its queue may be a minute old. */
const ENDED_MS = 120_000;

export interface ChosenPools {
  /** By `<app> <pool>`. */
  readonly ids: ReadonlySet<string>;
  /** Their apps. */
  readonly apps: ReadonlyMap<string, KnownApp>;
}

/** The pools to plan; `allApps` are those of the environment, for a sweep. */
export async function choosePools(
  asked: Asked,
  given: {
    readonly lease: LeaseRow;
    readonly found: Survey;
    readonly allApps: readonly string[];
    /** Pools of parameter sets whose turn it is. */
    readonly sets: readonly string[];
  },
  controller: Controller,
): Promise<ChosenPools> {
  const { lease, found, allApps, sets } = given;
  if (!asked.isFull) return { ids: asked.pools, apps: found.apps };
  // Of a busy app that could not be read now nothing is known: it might seem to have no containers.
  const idle = allApps.filter((app) => !lease.busyApps.includes(app));
  const apps = await withRecent(idle, found.apps, controller);
  // Of equal shares the first is served first: who waits for longer.
  const waiting = [...(lease.heldBack ?? []), ...asked.pools, ...Object.keys(lease.woken)];
  const now = controller.ports.now();
  const awaited = awaitedPools(found.hosts, now);
  const needed = new Set([...waiting, ...inUse(apps, now), ...awaited, ...sets]);
  const others = [...pools(apps)].filter((id) => !needed.has(id)).sort();
  const turn = asked.isSweep ? inTurn(others, IN_TURN - sets.length, now) : [];
  return { ids: new Set([...needed, ...turn]), apps };
}

/** Pools that have or had containers, and those that must have some. */
function* inUse(apps: ReadonlyMap<string, KnownApp>, now: number): Iterable<string> {
  for (const known of apps.values()) {
    for (const one of known.containers) {
      if (isLive(one) || now - one.row.at < ENDED_MS) yield poolId(known.app, one.row.pool);
    }
    for (const pool of withMinimum(known)) yield poolId(known.app, pool);
  }
}

function withMinimum({ manifest, scaling }: KnownApp): string[] {
  const defined = Object.entries(manifest?.functions ?? {}).map(
    ([pool, { spec }]) => [pool, spec] as const,
  );
  return [...defined, ...Object.entries(scaling)].flatMap(([pool, { minContainers = 0 }]) =>
    minContainers > 0 ? pool : [],
  );
}

function* pools(apps: ReadonlyMap<string, KnownApp>): Iterable<string> {
  for (const { app, manifest } of apps.values()) {
    for (const pool of Object.keys(manifest?.functions ?? {})) yield poolId(app, pool);
  }
}

async function withRecent(
  idle: readonly string[],
  found: ReadonlyMap<string, KnownApp>,
  controller: Controller,
): Promise<ReadonlyMap<string, KnownApp>> {
  const apps = new Map(found);
  for (const app of idle) {
    if (apps.has(app)) continue;
    const { ports } = controller;
    const read = () => controller.apps.recent(app, ports);
    const deployed = await attempt({ at: "read-app", app }, read, ports);
    if (deployed !== undefined) apps.set(app, { app, ...deployed, containers: [] });
  }
  return apps;
}

function inTurn(ids: readonly string[], count: number, now: number): string[] {
  const first = (sweepNumber(now) * count) % Math.max(1, ids.length);
  return [...ids.slice(first), ...ids.slice(0, first)].slice(0, count);
}
