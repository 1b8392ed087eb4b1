import type { ContainerRow } from "../../lib/aws/container-row.ts";
import type { ReviewedTask } from "../../lib/scheduling/review-containers.ts";
import type { Asked } from "./asked.ts";
import { attempt } from "./attempt.ts";
import type { Controller } from "./controller.ts";
import { learnFromHosts, reconcileHosts } from "./host-changes.ts";
import { splitPoolId } from "./pools.ts";
import type { ClusterTask } from "./ports.ts";
import { reviewApp } from "./review-app.ts";
import type { LeaseRow } from "./rows.ts";
import { stopOrphans } from "./sweep.ts";
import {
  awaitedPools,
  type KnownApp,
  type KnownContainer,
  type KnownHosts,
  readHosts,
} from "./world.ts";

/** What is there, once rows, tasks and instances have been brought in line. */
export interface Survey extends KnownHosts {
  readonly apps: ReadonlyMap<string, KnownApp>;
}

/** Reads what a pass is about. */
export async function survey(
  asked: Asked,
  lease: LeaseRow,
  controller: Controller,
): Promise<Survey> {
  const { ports } = controller;
  let known = await readHosts(ports, { isFull: asked.isSweep });
  let endedHosts: ReadonlySet<string> = new Set();
  const isUnsure = known.hosts.some(({ row }) => row.instanceId === null);
  if (asked.isSweep || isUnsure || (asked.isFull && known.hosts.length > 0)) {
    const reconciled = await reconcileHosts(known, await ports.fleet.instances(), controller);
    known = { ...known, hosts: reconciled.hosts };
    endedHosts = reconciled.ended;
  }
  known = await learnFromHosts(known, controller);
  const hasHosts = known.hosts.length > 0;
  const running = asked.isFull && hasHosts ? await ports.cluster.tasks() : [];
  const awaited = awaitedPools(known.hosts, ports.now());
  const names = appNames(asked, lease, { tasks: running, awaited });
  const read = await readApps(names, lease, controller);
  const tasks = asked.isFull ? await allTasks(running, read, controller) : undefined;
  const apps = new Map<string, KnownApp>();
  for (const app of read) {
    const given = { tasks, hosts: known.hosts, endedHosts };
    const review = () => reviewApp(app, given, controller);
    const reviewed = await attempt({ at: "review-app", app: app.app }, review, ports);
    apps.set(app.app, reviewed ?? app);
  }
  if (asked.isSweep) await stopOrphans(running, apps, controller);
  return { ...known, apps };
}

function appNames(
  asked: Asked,
  lease: LeaseRow,
  {
    tasks,
    awaited,
  }: { readonly tasks: readonly ClusterTask[]; readonly awaited: readonly string[] },
): Set<string> {
  const names = new Set([...asked.pools].map((id) => splitPoolId(id).app));
  if (!asked.isFull) return names;
  for (const app of lease.busyApps) names.add(app);
  for (const id of [...Object.keys(lease.woken), ...(lease.heldBack ?? []), ...awaited]) {
    names.add(splitPoolId(id).app);
  }
  for (const { app } of tasks) if (app !== null) names.add(app);
  return names;
}

async function readApps(
  names: ReadonlySet<string>,
  lease: LeaseRow,
  controller: Controller,
): Promise<KnownApp[]> {
  const { ports, apps } = controller;
  const busy = new Set(lease.busyApps);
  const read = async (app: string): Promise<KnownApp> => {
    const [deployed, containers] = await Promise.all([
      apps.current(app, ports),
      busy.has(app) ? readContainers(app, controller) : [],
    ]);
    return { app, ...deployed, containers };
  };
  const found = await Promise.all(
    [...names].map((app) => attempt({ at: "read-app", app }, () => read(app), ports)),
  );
  return found.filter((app) => app !== undefined);
}

async function readContainers(app: string, { ports }: Controller): Promise<KnownContainer[]> {
  const rows = await ports.rows.list<ContainerRow>(`${app}#containers`);
  return rows.map(({ sk, body, version }) => ({ id: sk, app, row: body, version }));
}

/** Tasks by ARN: those that run, and those that containers were started with. */
async function allTasks(
  running: readonly ClusterTask[],
  apps: readonly KnownApp[],
  { ports }: Controller,
): Promise<ReadonlyMap<string, ReviewedTask>> {
  const tasks = new Map<string, ReviewedTask>(running.map((task) => [task.arn, task]));
  const missing = apps
    .flatMap(({ containers }) => containers)
    .filter(({ row }) => row.status !== "ended" && row.taskArn !== null && !tasks.has(row.taskArn))
    .map(({ row }) => row.taskArn ?? "");
  if (missing.length === 0) return tasks;
  for (const task of await ports.cluster.describe(missing)) tasks.set(task.arn, task);
  return tasks;
}
