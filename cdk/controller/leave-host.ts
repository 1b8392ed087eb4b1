import type { Controller } from "./controller.ts";

/**
 * Empties a host that EC2 takes back. ECS lets standalone tasks run on a host that drains: they are stopped, and their
 * agents hand back what they run. The host does the same by itself; whoever hears of it first is the one.
 */
export async function leaveHost(instanceId: string, { ports }: Controller): Promise<void> {
  const hosts = await ports.cluster.hosts();
  const host = hosts.find((one) => one.instanceId === instanceId);
  ports.log({ event: "host-interrupted", instance: instanceId, tasks: host?.tasks ?? 0 });
  if (host === undefined) return;
  if (!host.isDraining) await ports.cluster.setDraining(host.arn, true);
  const tasks = await ports.cluster.tasksOn(host.arn);
  await Promise.all(tasks.map((arn) => ports.cluster.stop(arn, "EC2 takes back its host")));
}
