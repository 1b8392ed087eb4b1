import type { ManifestWeb } from "../../lib/aws/manifest.ts";
import { forEachAtOnce } from "./at-once.ts";
import { attempt } from "./attempt.ts";
import { changeContainer } from "./container-changes.ts";
import type { Controller } from "./controller.ts";
import { isLeaving, isOutdated } from "./pools.ts";
import type { TargetPlace, TargetSeen } from "./ports.ts";
import type { KnownApp, KnownContainer, KnownHost } from "./world.ts";

/** A container that may be sent requests, and where they reach it. */
interface Reachable extends TargetPlace {
  readonly container: KnownContainer;
}

/** What is known of a function that answers requests. */
interface Scene {
  readonly app: KnownApp;
  readonly web: ManifestWeb;
  readonly front: string;
  readonly containers: readonly KnownContainer[];
  readonly reachable: readonly Reachable[];
  readonly seen: readonly TargetSeen[];
}

/**
 * Sees to it that requests come to containers that are ready, and to no others: first those get them that are new, then
 * the rule turns to them or away, then those lose them that leave.
 */
export async function serveWeb(
  apps: Iterable<KnownApp>,
  hosts: readonly KnownHost[],
  controller: Controller,
): Promise<void> {
  const instances = new Map(
    hosts.flatMap(({ row }) =>
      row.arn === null || row.instanceId === null ? [] : [[row.arn, row.instanceId] as const],
    ),
  );
  const served = [...apps].flatMap((app) => servedOf(app, instances));
  await forEachAtOnce(served, async ({ name, ...known }) => {
    const { app, web } = known;
    await attempt(
      { at: "serve-web", app: app.app, function: name },
      async () => {
        const seen = await controller.ports.balancer.targets(web.targetGroup);
        await serveFunction({ ...known, seen }, controller);
      },
      controller.ports,
    );
  });
}

/** Functions of an app that answer requests and have containers. */
function servedOf(
  app: KnownApp,
  instances: ReadonlyMap<string, string>,
): (Omit<Scene, "seen"> & { readonly name: string })[] {
  const { functions = {}, frontTargetGroup: front } = app.manifest ?? {};
  return Object.entries(functions).flatMap(([name, { web }]) => {
    const containers = app.containers.filter(({ row }) => row.pool === name);
    if (web === undefined || front === undefined || containers.length === 0) return [];
    const reachable = containers.flatMap((one) => reach(one, instances));
    return [{ name, app, web, front, containers, reachable }];
  });
}

async function serveFunction(scene: Scene, controller: Controller): Promise<void> {
  const { web, front, containers, reachable, seen } = scene;
  const { balancer } = controller.ports;
  const there = new Map(
    seen.filter(({ isLeaving }) => !isLeaving).map((one) => [placeOf(one), one]),
  );
  const missing = reachable.filter((one) => !there.has(placeOf(one)));
  if (missing.length > 0) await balancer.register(web.targetGroup, missing);
  const isWell = (one: TargetPlace): boolean => there.get(placeOf(one))?.isWell === true;
  const replaced = replacedIn(scene, isWell);
  const kept = reachable.filter(({ container }) => !replaced.has(container));
  const goal = kept.some(isWell) ? web.targetGroup : front;
  if ((await balancer.destination(web.rule)) !== goal) {
    await balancer.direct(web.rule, { to: goal, from: goal === front ? web.targetGroup : front });
  }
  for (const { container } of kept.filter(isWell)) {
    if (container.row.isServed === true) continue;
    await changeContainer(container, () => ({ isServed: true }), controller);
  }
  const places = new Set(kept.map(placeOf));
  const extra = [...there.values()].filter((one) => !places.has(placeOf(one)));
  if (extra.length > 0) await balancer.deregister(web.targetGroup, extra);
  // Nothing is sent to them: they may end once they have answered.
  for (const container of containers) {
    const { row } = container;
    const leaves = replaced.has(container) || isLeaving(container);
    if (!leaves || row.status === "ended" || row.isCut === true) continue;
    await changeContainer(container, () => ({ mustDrain: true, isCut: true }), controller);
  }
}

/** Containers with former code, once as many with the current one can take their place. */
function replacedIn(
  { app, containers, reachable }: Scene,
  isWell: (one: Reachable) => boolean,
): ReadonlySet<KnownContainer> {
  const outdated = containers.filter((one) => isOutdated(one, app.deployment));
  const fresh = reachable.filter(
    (one) => isWell(one) && !isOutdated(one.container, app.deployment),
  );
  return new Set(fresh.length < outdated.length ? [] : outdated);
}

function reach(
  container: KnownContainer,
  instances: ReadonlyMap<string, string>,
): readonly Reachable[] {
  const { status, door, hostArn } = container.row;
  const instanceId = instances.get(hostArn ?? "");
  if (status !== "ready" || isLeaving(container) || !door || instanceId === undefined) return [];
  return [{ container, instanceId, port: door.port }];
}

function placeOf({ instanceId, port }: TargetPlace): string {
  return `${instanceId}:${port}`;
}
