import { parametersKey, sessionKey } from "../../lib/aws/keys.ts";
import type { ParametersRow } from "../../lib/aws/parameter-sets.ts";
import type { SessionRow } from "../../lib/aws/reply-session.ts";
import { attempt } from "./attempt.ts";
import type { Controller } from "./controller.ts";
import { isLive, poolId } from "./pools.ts";
import type { ClusterTask, ControllerPorts } from "./ports.ts";
import { sweepDeployments } from "./sweep-deployments.ts";
import type { KnownApp, KnownContainer } from "./world.ts";

/** Sessions write every five minutes while they live. */
const SESSION_LIMIT_MS = 3_600_000;
/** A task that is told to stop has two minutes. */
const LEAVING_MS = 150_000;
/** Callers note once an hour that they use a parameter set. */
const PARAMETERS_LIMIT_MS = 24 * 3_600_000;
/** Each is a request to SQS. */
const MAX_SETS = 5;
const SWEEP_MS = 60_000;

/** The number of a sweep: what is looked at in turn is chosen by it. */
export function sweepNumber(now: number): number {
  return Math.floor(now / SWEEP_MS);
}

/** Stops tasks whose container has ended or was never written down. */
export async function stopOrphans(
  tasks: readonly ClusterTask[],
  apps: ReadonlyMap<string, KnownApp>,
  { ports }: Controller,
): Promise<void> {
  for (const task of tasks) {
    if (task.isStopped || task.app === null) continue;
    const known = apps.get(task.app);
    if (known === undefined) continue;
    const container = known.containers.find(({ id }) => id === task.container);
    if (container !== undefined && (isLive(container) || isStopping(container, ports))) continue;
    ports.log({ event: "task-orphaned", app: task.app, container: task.container });
    await ports.cluster.stop(task.arn, "its container has ended");
  }
}

function isStopping({ row }: KnownContainer, ports: ControllerPorts): boolean {
  return ports.now() - row.at < LEAVING_MS;
}

/** Removes parameter sets of one app that nobody called for a day; answers the pools of some of the others. */
export async function sweepParameters(app: string, { ports }: Controller): Promise<string[]> {
  const sets = await ports.rows.list<ParametersRow>(`${app}#parameters`);
  const kept: string[] = [];
  for (const { sk, body } of sets) {
    if (ports.now() - body.at < PARAMETERS_LIMIT_MS) {
      kept.push(poolId(app, sk));
      continue;
    }
    const { waiting, hidden } = await ports.queues.count(body.queueUrl);
    if (waiting + hidden > 0) continue;
    await ports.queues.remove(body.queueUrl);
    await ports.rows.delete(parametersKey(app, sk));
  }
  const first = (sweepNumber(ports.now()) * MAX_SETS) % Math.max(1, kept.length);
  return [...kept.slice(first), ...kept.slice(0, first)].slice(0, MAX_SETS);
}

/** Removes what silent sessions and old deployments of one app have left. */
export async function sweepLeftovers(app: string, controller: Controller): Promise<void> {
  const { ports } = controller;
  await attempt({ at: "sweep-sessions", app }, () => sweepSessions(app, controller), ports);
  await attempt({ at: "sweep-deployments", app }, () => sweepDeployments(app, controller), ports);
}

/** Removes the reply queues and rows of the silent sessions of one app. */
async function sweepSessions(app: string, { ports }: Controller): Promise<void> {
  const sessions = await ports.rows.list<SessionRow>(`${app}#sessions`);
  for (const { sk, body } of sessions) {
    if (ports.now() - body.at < SESSION_LIMIT_MS) continue;
    // First the queue: one that no row names is never removed.
    await ports.queues.remove(body.queueUrl);
    await ports.rows.delete(sessionKey(app, sk));
  }
}
