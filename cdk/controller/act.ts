import type { ManifestFunction } from "../../lib/aws/manifest.ts";
import type { CapacityAction } from "../../lib/scheduling/capacity-state.ts";
import type { Rests } from "../../lib/scheduling/rests.ts";
import { forEachAtOnce } from "./at-once.ts";
import { attempt } from "./attempt.ts";
import { closeHost, emptyHost, reopenHost, terminateHost } from "./close-host.ts";
import { changeContainer } from "./container-changes.ts";
import type { Controller } from "./controller.ts";
import { changeHost, changeOffers } from "./host-changes.ts";
import type { Lease } from "./lease.ts";
import { writeNotices, writeTrying } from "./notices.ts";
import { type Placement, placeContainers } from "./placements.ts";
import { splitPoolId } from "./pools.ts";
import { buyHost, buyHosts, type Refused } from "./purchases.ts";
import { hostKey } from "./rows.ts";
import type { Survey } from "./survey.ts";
import type { KnownApp, KnownHost } from "./world.ts";

export interface Acted {
  readonly isUnsettled: boolean;
  readonly isClosing: boolean;
  /** Apps that got containers. */
  readonly startedApps: ReadonlySet<string>;
}

interface Scene {
  readonly found: Survey;
  readonly apps: ReadonlyMap<string, KnownApp>;
  /** What the containers of each pool run, by `<app> <pool>`. */
  readonly functions: ReadonlyMap<string, ManifestFunction>;
  readonly lease: Lease;
}

/** Does what was decided: what saves nobody a wait comes last. */
export async function act(
  actions: readonly CapacityAction[],
  { found, apps, functions, lease }: Scene,
  controller: Controller,
): Promise<Acted> {
  const hosts = new Map(found.hosts.map((host) => [host.id, host]));
  const placements = actions.flatMap((action) => toPlacement(action, { functions, hosts }));
  if (placements.length > 0) await placeContainers(placements, lease, controller);
  const wanted = actions.filter((action) => action.kind === "buy");
  const waits = actions.filter((action) => action.kind === "wait");
  await writeTrying(waits, controller);
  const bought = await buyHosts(wanted, lease, controller);
  const drains = actions.filter((action) => action.kind === "drain");
  await forEachAtOnce(drains, (action) => drain(action, apps, controller));
  const asked = await actOnHosts(actions, hosts, controller);
  const resting = { ...bought.resting, ...asked.resting };
  const isRefused = Object.keys(resting).length > 0;
  if (isRefused) await rest(found, resting, controller);
  // What the refused wait for is known to the next pass, which follows at once.
  const told = waits.filter(({ pool }) => !bought.refused.has(pool) && !asked.refused.has(pool));
  await writeNotices(told, controller);
  const isReopened = actions.some(({ kind }) => kind === "reopen");
  return {
    isUnsettled: isRefused || bought.hasMore || isReopened,
    isClosing: isAnyClosing(actions, found),
    startedApps: new Set(placements.map(({ app }) => app)),
  };
}

function isAnyClosing(actions: readonly CapacityAction[], { hosts }: Survey): boolean {
  const left = new Set(hosts.filter(({ row }) => row.closingAt !== null).map(({ id }) => id));
  for (const action of actions) {
    if (action.kind === "close") left.add(action.host);
    if (action.kind === "terminate" || action.kind === "reopen") left.delete(action.host);
  }
  return left.size > 0;
}

function toPlacement(
  action: CapacityAction,
  {
    functions,
    hosts,
  }: Pick<Scene, "functions"> & { readonly hosts: ReadonlyMap<string, KnownHost> },
): Placement[] {
  if (action.kind !== "place") return [];
  const { app, pool } = splitPoolId(action.pool);
  const fn = functions.get(action.pool);
  const host = hosts.get(action.host);
  const { gpus } = action;
  return fn === undefined || host === undefined ? [] : [{ app, pool, fn, host, gpus }];
}

async function drain(
  action: Extract<CapacityAction, { kind: "drain" }>,
  apps: ReadonlyMap<string, KnownApp>,
  controller: Controller,
): Promise<void> {
  const { app } = splitPoolId(action.pool);
  const container = apps.get(app)?.containers.find(({ id }) => id === action.container);
  if (container === undefined) return;
  const why = action.for === undefined ? {} : { for: action.for };
  controller.ports.log({ event: "container-drained", app, container: container.id, ...why });
  await changeContainer(container, () => ({ mustDrain: true }), controller);
}

async function actOnHosts(
  actions: readonly CapacityAction[],
  hosts: ReadonlyMap<string, KnownHost>,
  controller: Controller,
): Promise<Refused> {
  let resting: Rests = {};
  const refused = new Set<string>();
  await forEachAtOnce(actions, async (action) => {
    const host = "host" in action ? hosts.get(action.host) : undefined;
    if (host === undefined) return;
    const doing = { at: action.kind, host: host.id };
    const rests = await attempt(doing, () => actOnHost(action, host, controller), controller.ports);
    if (rests === undefined || Object.keys(rests).length === 0) return;
    resting = { ...resting, ...rests };
    for (const { pool } of host.row.boughtFor) refused.add(pool);
  });
  return { resting, refused };
}

/** Answers what now rests. */
async function actOnHost(
  action: CapacityAction,
  host: KnownHost,
  controller: Controller,
): Promise<Rests> {
  if (action.kind === "ask-again") return await buyHost(host, controller);
  if (action.kind === "forget") await controller.ports.rows.delete(hostKey(host.id));
  if (action.kind === "idle") await changeHost(host, { idleSince: action.since }, controller);
  if (action.kind === "close") await closeHost(host, controller);
  if (action.kind === "empty") await emptyHost(host, controller);
  if (action.kind === "reopen") await reopenHost(host, controller);
  if (action.kind === "terminate") await terminateHost(host, action.reason, controller);
  return {};
}

async function rest(found: Survey, resting: Rests, controller: Controller): Promise<void> {
  const now = controller.ports.now();
  const still = Object.entries(found.offers.resting).filter(([, { until }]) => until > now);
  await changeOffers(found, { resting: { ...Object.fromEntries(still), ...resting } }, controller);
}
