import { countDemand, type Demand, proveDemand } from "../../lib/aws/demand.ts";
import { parametersKey } from "../../lib/aws/keys.ts";
import { functionOfPool, type ParametersRow } from "../../lib/aws/parameter-sets.ts";
import type {
  CapacityAction,
  CapacityPool,
  CapacityState,
} from "../../lib/scheduling/capacity-state.ts";
import { HOST_TYPES } from "../../lib/scheduling/host-types.ts";
import { planCapacity } from "../../lib/scheduling/plan-capacity.ts";
import { act } from "./act.ts";
import type { Asked } from "./asked.ts";
import { attempt } from "./attempt.ts";
import { type ChosenPools, choosePools } from "./choose-pools.ts";
import { changeContainer } from "./container-changes.ts";
import type { Controller } from "./controller.ts";
import type { Lease } from "./lease.ts";
import { isLeaving, isLive, splitPoolId, toCapacityPool } from "./pools.ts";
import { type Survey, survey } from "./survey.ts";
import { sweepLeftovers, sweepNumber, sweepParameters } from "./sweep.ts";
import { type KnownApp, toHostState } from "./world.ts";

/** Partition key of the rows of all apps, see `appKey`. */
const APPS = "#apps";

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
  readonly queueUrl: string;
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
  const found = await survey(asked, lease.row, controller);
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
  const looked = { lease: lease.row, found, allApps, sets: sets ?? [] };
  const chosen = await choosePools(asked, looked, controller);
  const planned = await measure(chosen, { asked, found }, controller);
  const actions = await decide(planned, { asked, found }, controller);
  const acted = await act(actions, { found, apps: chosen.apps, lease }, controller);
  if (turn !== undefined) await sweepLeftovers(turn, controller);
  return {
    ...acted,
    idleApps: new Set(
      [...found.apps.values()]
        .filter(({ app, containers }) => containers.length === 0 && !acted.startedApps.has(app))
        .map(({ app }) => app),
    ),
  };
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
  { asked, found }: Looked,
  controller: Controller,
): Promise<Planned[]> {
  const measureOne = async (id: string): Promise<Planned | undefined> => {
    const { app: name, pool } = splitPoolId(id);
    const app = apps.get(name);
    const queueUrl = app === undefined ? undefined : await queueOf(app, pool, controller);
    if (app === undefined || queueUrl === undefined) return undefined;
    const counted = await countDemand(queueUrl, controller.ports);
    const planned = { id, app, pool, queueUrl, demand: counted };
    // Counts may not know yet of what was sent just now, and whoever woke us sent it just now.
    const isServed = hasLive(planned) || isComing(id, found);
    if (asked.pools.has(id) && !isServed) await prove(planned, controller);
    return planned;
  };
  const measured = await Promise.all(
    [...ids].map((pool) =>
      attempt({ at: "measure", pool }, () => measureOne(pool), controller.ports),
    ),
  );
  return measured.filter((one) => one !== undefined);
}

/** The queue of a function, or that of one of its parameter sets; undefined for a pool that is no more. */
async function queueOf(
  { app, manifest }: KnownApp,
  pool: string,
  { ports }: Controller,
): Promise<string | undefined> {
  const name = functionOfPool(pool);
  const fn = manifest?.functions[name];
  if (fn === undefined || name === pool) return fn?.queueUrl;
  const found = await ports.rows.get<ParametersRow>(parametersKey(app, pool));
  return found?.body.queueUrl;
}

/** The plan; made again where it would start from nothing what no message was looked at for. */
async function decide(
  planned: readonly Planned[],
  looked: Looked,
  controller: Controller,
): Promise<CapacityAction[]> {
  const now = controller.ports.now();
  const first = planCapacity(stateOf(planned, looked, controller), now);
  const starting = new Set(
    first.flatMap((action) => {
      if (action.kind === "place") return [action.pool];
      if (action.kind === "buy") return action.boughtFor.map(({ pool }) => pool);
      return [];
    }),
  );
  const unproved = planned.filter(
    (one) => starting.has(one.id) && !one.demand.isProved && !hasLive(one),
  );
  if (unproved.length === 0) return first;
  await Promise.all(unproved.map((one) => prove(one, controller)));
  return planCapacity(stateOf(planned, looked, controller), now);
}

async function prove(one: Planned, { ports }: Controller): Promise<void> {
  const of = { app: one.app.app, url: one.queueUrl, counted: one.demand };
  const proved = await attempt({ at: "prove", pool: one.id }, () => proveDemand(of, ports), ports);
  // Nothing starts for what could not be looked at.
  one.demand = proved ?? { backlog: 0, running: 0, isProved: false };
}

function stateOf(
  planned: readonly Planned[],
  { asked, found }: Looked,
  { settings }: Controller,
): CapacityState {
  return {
    pools: planned.flatMap((one): CapacityPool[] => {
      const fn = one.app.manifest?.functions[functionOfPool(one.pool)];
      if (fn === undefined) return [];
      const containers = one.app.containers.filter(({ row }) => row.pool === one.pool);
      const { deployment } = one.app;
      return [toCapacityPool(one.id, fn, { containers, demand: one.demand, deployment })];
    }),
    hosts: found.hosts.map((host) => {
      const live = asked.isFull ? liveOn(host.row.arn, found) : undefined;
      return toHostState(host, found.offers, live);
    }),
    types: HOST_TYPES,
    learned: found.offers.learned,
    resting: found.offers.resting,
    maxUsdPerHour: settings.maxUsdPerHour,
  };
}

function hasLive({ app, pool }: Planned): boolean {
  return app.containers.some((one) => one.row.pool === pool && isLive(one) && !isLeaving(one));
}

/** A host that was bought for it boots: messages need not be looked at before it has joined. */
function isComing(id: string, { hosts }: Survey): boolean {
  return hosts.some(
    ({ row, seen }) => seen === undefined && row.boughtFor.some(({ pool }) => pool === id),
  );
}

function liveOn(arn: string | null, { apps }: Survey): number {
  const all = [...apps.values()].flatMap(({ containers }) => containers);
  return all.filter((one) => one.row.hostArn === arn && isLive(one)).length;
}

async function listApps({ ports }: Controller): Promise<string[]> {
  const apps = await ports.rows.list<unknown>(APPS);
  return apps.map(({ sk }) => sk);
}
