import type { Controller } from "./controller.ts";
import { changeHost } from "./host-changes.ts";
import { hostKey } from "./rows.ts";
import type { KnownHost } from "./world.ts";

/** Takes a host from those that containers are placed on, first in its row and then in ECS. */
export async function closeHost(host: KnownHost, controller: Controller): Promise<void> {
  const { ports } = controller;
  await changeHost(host, { closingAt: ports.now(), emptyAt: null }, controller);
  if (host.seen !== undefined) await ports.cluster.setDraining(host.seen.arn, true);
}

/** Notes that a closing host was seen empty; that counts only once ECS places nothing on it. */
export async function emptyHost(host: KnownHost, controller: Controller): Promise<void> {
  const { ports } = controller;
  if (host.seen !== undefined && !host.seen.isDraining) {
    await ports.cluster.setDraining(host.seen.arn, true);
    return;
  }
  await changeHost(host, { emptyAt: ports.now() }, controller);
}

export async function reopenHost(host: KnownHost, controller: Controller): Promise<void> {
  const { ports } = controller;
  if (host.seen !== undefined) await ports.cluster.setDraining(host.seen.arn, false);
  await changeHost(host, { closingAt: null, emptyAt: null, idleSince: null }, controller);
}

export async function terminateHost(
  host: KnownHost,
  reason: string,
  controller: Controller,
): Promise<void> {
  const { ports } = controller;
  const { instanceId, type } = host.row;
  ports.log({ event: "host-terminated", host: host.id, type, instance: instanceId, reason });
  if (instanceId !== null) await ports.fleet.terminate([instanceId]);
  await ports.rows.delete(hostKey(host.id));
}
