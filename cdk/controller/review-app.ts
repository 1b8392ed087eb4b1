import { containerKey } from "../../lib/aws/keys.ts";
import type { ManifestFunction } from "../../lib/aws/manifest.ts";
import { claimOn, needsOf, roomOf } from "../../lib/scheduling/fit.ts";
import { hostType } from "../../lib/scheduling/host-types.ts";
import {
  type ReviewAction,
  type ReviewedTask,
  reviewContainers,
} from "../../lib/scheduling/review-containers.ts";
import { endContainer } from "./container-changes.ts";
import type { Controller } from "./controller.ts";
import { readPool } from "./read-pool.ts";
import { noteTask, runContainer } from "./run-container.ts";
import type { KnownApp, KnownContainer, KnownHost } from "./world.ts";

/** Ends, stops, asks again for and forgets containers whose rows and tasks differ. Answers those that are left. */
export async function reviewApp(
  known: KnownApp,
  given: {
    readonly tasks: ReadonlyMap<string, ReviewedTask> | undefined;
    readonly hosts: readonly KnownHost[];
    readonly endedHosts: ReadonlySet<string>;
  },
  controller: Controller,
): Promise<KnownApp> {
  const { endedHosts, tasks } = given;
  const reviewed = known.containers.map(({ id, row }) => ({
    ...row,
    id,
    isHostGone: row.hostArn !== null && endedHosts.has(row.hostArn),
  }));
  const actions = new Map(
    reviewContainers(reviewed, tasks, controller.ports.now()).map((action) => [
      action.container,
      action,
    ]),
  );
  const containers: KnownContainer[] = [];
  for (const container of known.containers) {
    const action = actions.get(container.id);
    const kept =
      action === undefined
        ? container
        : await apply(action, { container, known, hosts: given.hosts }, controller);
    if (kept !== undefined) containers.push(kept);
  }
  return { ...known, containers };
}

async function apply(
  action: ReviewAction,
  given: {
    readonly container: KnownContainer;
    readonly known: KnownApp;
    readonly hosts: readonly KnownHost[];
  },
  controller: Controller,
): Promise<KnownContainer | undefined> {
  const { container } = given;
  const { app, id, row } = container;
  switch (action.kind) {
    case "forget":
      await controller.ports.rows.delete(containerKey(app, id));
      return undefined;
    case "end":
      return await endContainer(container, action.reason, controller);
    case "stop":
      if (row.taskArn !== null) await controller.ports.cluster.stop(row.taskArn, action.reason);
      return await endContainer(container, action.reason, controller);
    case "adopt":
      return await noteTask(container, action.taskArn, controller);
    case "run-again": {
      const host = given.hosts.find(({ row: { arn } }) => arn !== null && arn === row.hostArn);
      const fn = await readPool(given.known, row.pool, controller);
      if (host === undefined || fn === undefined) {
        return await endContainer(container, "its host ended", controller);
      }
      const gpus = gpusOn(host, fn);
      if (gpus === undefined) {
        return await endContainer(container, "it may not run on its host any more", controller);
      }
      return await runContainer(container, { host, fn, gpus }, controller);
    }
  }
}

/** GPUs that a container takes of its host: its task may be there already, and what it has is no longer free. */
function gpusOn({ row, seen }: KnownHost, { spec }: ManifestFunction): number | undefined {
  const type = hostType(row.type);
  if (type === undefined) return undefined;
  const kind = { ...type, market: row.market ?? "on-demand" };
  return claimOn(needsOf(spec), kind, seen?.registered ?? roomOf(type, {}))?.gpus;
}
