import { countDemand, type Demand, proveDemand } from "../../lib/aws/demand.ts";
import { APPS } from "../../lib/aws/keys.ts";
import type { ManifestFunction } from "../../lib/aws/manifest.ts";
import type {
  CapacityAction,
  CapacityPool,
  CapacityState,
} from "../../lib/scheduling/capacity-state.ts";
import { HOST_TYPES } from "../../lib/scheduling/host-types.ts";
import { planCapacity } from "../../lib/scheduling/plan-capacity.ts";
import { scaledSpec } from "../../lib/scheduling/scaled-spec.ts";
import { act } from "./act.ts";
import type { Asked } from "./asked.ts";
import { attempt } from "./attempt.ts";
import { type ChosenPools, choosePools } from "./choose-pools.ts";
import { changeContainer } from "./container-changes.ts";
import type { Controller } from "./controller.ts";
import type { Lease } from "./lease.ts";
import { isLeaving, isLive, poolId, splitPoolId, toCapacityPool } from "./pools.ts";
import { readPool } from "./read-pool.ts";
import { serveWeb } from "./serve-web.ts";
import { bootMs } from "./start-up.ts";
import { type Survey, survey } from "./survey.ts";
import { sweepLeftovers, sweepNumber, sweepParameters } from "./sweep.ts";
import { sweepPartitionQueues } from "./sweep-partition-queues.ts";
import { type HostUse, type KnownApp, type KnownContainer, toHostState } from "./world.ts";

const UNUSED: HostUse = { containers: 0, workedAt: undefined };

export interface PassResult {
  /** Something was refused or left over: plan again now. */
  readonly isUnsettled: boolean;
  /** A host is on its way out: look again in a few seconds. */
  readonly isClosing: boolean;
  /** Apps without any container. */
  readonly idleApps: ReadonlySet<string>;
}

/** A pool that is planned, with what its demand was read from. */
interface Planned {
  readonly id: string;
  readonly app: KnownApp;
  readonly pool: string;
  readonly fn: ManifestFunction;
  demand: Demand;
}

interface Looked {
  readonly asked: Asked;
  readonly found: Survey;
}

/** Looks, decides, acts. */
export async function runPass(
  asked: Asked,
  lease: Lease,
  controller: Controller,
): Promise<PassResult> {
  const { ports } = controller;
  // Who waits for what a limit leaves must not lose it to who is planned alone.
  if (!asked.isFull && lease.heldBack.length > 0) {
    return await runPass({ ...asked, isFull: true }, lease, controller);
  }
  const known = { ...lease.row, heldBack: lease.heldBack };
  const found = await survey(asked, known, controller);
  await drainRemoved(found, controller);
  const allApps = asked.isSweep ? await listApps(controller) : [];
  const turn = allApps[sweepNumber(ports.now()) % Math.max(1, allApps.length)];
  const sets =
    turn === undefined
      ? []
      : await attempt(
          { at: "sweep-parameters", app: turn },
          () => sweepParameters(turn, controller),
          ports,
        );
  const looked = { lease: known, found, allApps, sets: sets ?? [] };
  const chosen = await choosePools(asked, looked, controller);
  const planned = await measure(chosen, asked, controller);
  const actions = await planProved(planned, { asked, found }, controller);
  const heldBack = heldBackBy(actions, lease.heldBack);
  if (!asked.isFull && heldBack.length > 0) {
    return await runPass({ ...asked, isFull: true }, lease, controller);
  }
  if (asked.isFull) lease.holdBack(heldBack);
  const functions = new Map(planned.map(({ id, fn }) => [id, fn]));
  await serveWeb(found.apps.values(), found.hosts, controller);
  const acted = await act(actions, { found, apps: chosen.apps, functions, lease }, controller);
  if (turn !== undefined) await sweepLeftovers(turn, controller);
  if (asked.isSweep) {
    await attempt({ at: "sweep-queues" }, () => sweepPartitionQueues(controller), ports);
  }
  return {
    ...acted,
    idleApps: new Set(
      [...found.apps.values()]
        .filter(({ app, containers }) => containers.length === 0 && !acted.startedApps.has(app))
        .map(({ app }) => app),
    ),
  };
}

/** Pools that a limit of the environment keeps from containers, those first that it has kept for longest. */
function heldBackBy(actions: readonly CapacityAction[], before: readonly string[]): string[] {
  const pools = new Set(
    actions.flatMap((action) =>
      action.kind === "wait" && action.isLimited === true ? action.pool : [],
    ),
  );
  return [...new Set([...before.filter((pool) => pools.has(pool)), ...pools])];
}

/** Containers of apps and functions that are no longer deployed have nothing left to do. */
async function drainRemoved({ apps }: Survey, controller: Controller): Promise<void> {
  for (const { manifest, containers } of apps.values()) {
    for (const container of containers) {
      const isKept = manifest?.functions[container.row.function] !== undefined;
      if (isKept || !isLive(container) || container.row.mustDrain) continue;
      await changeContainer(container, () => ({ mustDrain: true }), controller);
    }
  }
}

async function measure(
  { ids, apps }: ChosenPools,
  asked: Asked,
  controller: Controller,
): Promise<Planned[]> {
  const measureOne = async (id: string): Promise<Planned | undefined> => {
    const { app: name, pool } = splitPoolId(id);
    const app = apps.get(name);
    const fn = app === undefined ? undefined : await readPool(app, pool, controller);
    if (app === undefined || fn === undefined) return undefined;
    const counted = await countDemand(fn.queueUrl, controller.ports);
    const planned = { id, app, pool, fn, demand: counted };
    // Counts may not know yet of what was sent just now, and whoever woke us sent it just now. They are of messages,
    // which containers that are ready know more of.
    const isSeen = asked.pools.has(id) || counted.backlog > 0;
    if (isSeen && !hasReady(planned)) await prove(planned, controller);
    return planned;
  };
  const measured = await Promise.all(
    [...ids].map((pool) =>
      attempt({ at: "measure", pool }, () => measureOne(pool), controller.ports),
    ),
  );
  return measured.filter((one) => one !== undefined);
}

/**
 * What to do, where nothing is bought for messages that nobody has looked at: not for hidden ones either, which may be
 * of a cancelled call whose container is gone.
 */
async function planProved(
  planned: readonly Planned[],
  looked: Looked,
  controller: Controller,
): Promise<readonly CapacityAction[]> {
  for (;;) {
    const actions = planCapacity(stateOf(planned, looked, controller), controller.ports.now());
    const bought = new Set(
      actions.flatMap((action) =>
        action.kind === "buy" ? action.boughtFor.map(({ pool }) => pool) : [],
      ),
    );
    const unsure = planned.filter(({ id, demand }) => bought.has(id) && !demand.isProved);
    if (unsure.length === 0) return actions;
    await Promise.all(unsure.map((one) => prove(one, controller)));
  }
}

async function prove(one: Planned, { ports }: Controller): Promise<void> {
  const of = { app: one.app.app, url: one.fn.queueUrl, counted: one.demand };
  const proved = await attempt({ at: "prove", pool: one.id }, () => proveDemand(of, ports), ports);
  // Nothing starts for what could not be looked at.
  one.demand = proved ?? { backlog: 0, running: 0, isProved: true };
}

function stateOf(
  planned: readonly Planned[],
  { asked, found }: Looked,
  { ports, settings }: Controller,
): CapacityState {
  const byPool = containersByPool(planned);
  const hosts = new Map(
    found.hosts.flatMap(({ id, row }) => (row.arn === null ? [] : [[row.arn, id] as const])),
  );
  const uses = asked.isFull ? usesOf(found) : undefined;
  const { maxUsdPerHour, maxHosts, maxTotalUsdPerHour } = settings;
  return {
    pools: planned.map((one): CapacityPool => {
      const containers = byPool.get(one.id) ?? [];
      const { deployment } = one.app;
      const given = { containers, demand: one.demand, deployment, hosts, now: ports.now() };
      const spec = scaledSpec(one.fn.spec, one.app.scaling[one.pool]);
      return toCapacityPool(one.id, spec, given);
    }),
    hosts: found.hosts.map((host) =>
      toHostState(host, found.offers, uses && (uses.get(host.row.arn) ?? UNUSED)),
    ),
    types: HOST_TYPES,
    learned: found.offers.learned,
    resting: found.offers.resting,
    maxUsdPerHour,
    maxHosts,
    maxTotalUsdPerHour,
    bootMs: bootMs(found.hosts, ports.now()),
  };
}

function containersByPool(planned: readonly Planned[]): ReadonlyMap<string, KnownContainer[]> {
  const byPool = new Map<string, KnownContainer[]>();
  for (const app of new Set(planned.map((one) => one.app))) {
    for (const container of app.containers) {
      const id = poolId(app.app, container.row.pool);
      const known = byPool.get(id);
      if (known === undefined) byPool.set(id, [container]);
      else known.push(container);
    }
  }
  return byPool;
}

function hasReady({ app, pool }: Planned): boolean {
  return app.containers.some(
    (one) => one.row.pool === pool && one.row.status === "ready" && !isLeaving(one),
  );
}

/** What hosts are used for, by their ECS names. */
function usesOf({ apps }: Survey): ReadonlyMap<string | null, HostUse> {
  const uses = new Map<string | null, HostUse>();
  for (const { containers } of apps.values()) {
    for (const one of containers) {
      const { hostArn, idleSince, at } = one.row;
      const known = uses.get(hostArn) ?? UNUSED;
      uses.set(hostArn, {
        containers: known.containers + (isLive(one) ? 1 : 0),
        workedAt: Math.max(known.workedAt ?? 0, idleSince ?? at),
      });
    }
  }
  return uses;
}

async function listApps({ ports }: Controller): Promise<string[]> {
  const apps = await ports.rows.list<unknown>(APPS);
  return apps.map(({ sk }) => sk);
}
