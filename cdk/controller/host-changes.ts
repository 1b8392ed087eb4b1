import type { Room } from "../../lib/scheduling/fit.ts";
import type { Controller } from "./controller.ts";
import type { Instance } from "./ports.ts";
import { type HostRow, hostKey, OFFERS_KEY, type OffersRow } from "./rows.ts";
import type { KnownHost, KnownHosts } from "./world.ts";

/** EC2 may not know yet of an instance that was bought just now. */
const UNSEEN_MS = 60_000;

/**
 * Brings rows of hosts in line with the instances that there are: takes in those without a row, completes those
 * whose purchase had no answer, removes those whose instance has ended. Answers what is left, and the ECS names of
 * hosts that have ended.
 */
export async function reconcileHosts(
  { hosts, seen }: KnownHosts,
  instances: readonly Instance[],
  controller: Controller,
): Promise<{ readonly hosts: readonly KnownHost[]; readonly ended: ReadonlySet<string> }> {
  const { rows, now } = controller.ports;
  const byPurchase = new Map(instances.map((instance) => [instance.purchase, instance]));
  const ended = new Set<string>();
  const withSeen = (host: KnownHost): KnownHost => ({
    ...host,
    seen: seen.find(({ instanceId }) => instanceId === host.row.instanceId),
  });
  const kept: KnownHost[] = [];
  for (const host of hosts) {
    const instance = byPurchase.get(host.id);
    byPurchase.delete(host.id);
    if (instance !== undefined && host.row.instanceId === null) {
      kept.push(withSeen(await changeHost(host, { instanceId: instance.id }, controller)));
    } else if (instance !== undefined || isYoung(host.row, now())) {
      kept.push(host);
    } else {
      if (host.row.arn !== null) ended.add(host.row.arn);
      await rows.delete(hostKey(host.id));
    }
  }
  for (const [id, instance] of byPurchase)
    kept.push(withSeen(await adopt(id, instance, controller)));
  return { hosts: kept, ended };
}

function isYoung({ boughtAt, instanceId, arn }: HostRow, now: number): boolean {
  return instanceId === null || (arn === null && now - boughtAt < UNSEEN_MS);
}

async function adopt(id: string, instance: Instance, { ports }: Controller): Promise<KnownHost> {
  ports.log({ event: "host-adopted", host: id, instance: instance.id, type: instance.type });
  const row: HostRow = {
    type: instance.type,
    market: instance.market,
    trail: "",
    boughtAt: instance.launchedAt,
    boughtFor: [],
    instanceId: instance.id,
    arn: null,
    idleSince: null,
    closingAt: null,
    emptyAt: null,
  };
  await ports.rows.put(hostKey(id), row, 0);
  return { id, row, version: 1, seen: undefined };
}

/** Writes some fields of a host; what another invocation wrote meanwhile stands. */
export async function changeHost(
  host: KnownHost,
  fields: Partial<HostRow>,
  { ports }: Controller,
): Promise<KnownHost> {
  const row = { ...host.row, ...fields };
  const isWritten = await ports.rows.put(hostKey(host.id), row, host.version);
  return isWritten ? { ...host, row, version: host.version + 1 } : host;
}

/** Notes the ECS names of hosts that have registered, and what hosts of their types really have. */
export async function learnFromHosts(
  known: KnownHosts,
  controller: Controller,
): Promise<KnownHosts> {
  const hosts: KnownHost[] = [];
  const learned: Record<string, Room> = { ...known.offers.learned };
  let hasLearned = false;
  for (const host of known.hosts) {
    const { row, seen } = host;
    if (seen === undefined) {
      hosts.push(host);
      continue;
    }
    const before = learned[row.type];
    const room = before === undefined ? seen.registered : smaller(before, seen.registered);
    if (before === undefined || !isSame(before, room)) {
      learned[row.type] = room;
      hasLearned = true;
    }
    const joined = { arn: seen.arn, joinedAt: controller.ports.now() };
    hosts.push(row.arn === seen.arn ? host : await changeHost(host, joined, controller));
  }
  if (!hasLearned) return { ...known, hosts };
  return await changeOffers({ ...known, hosts }, { learned }, controller);
}

export async function changeOffers(
  known: KnownHosts,
  fields: Partial<OffersRow>,
  { ports }: Controller,
): Promise<KnownHosts> {
  const offers = { ...known.offers, ...fields };
  const isWritten = await ports.rows.put(OFFERS_KEY, offers, known.offersVersion);
  return { ...known, offers, offersVersion: known.offersVersion + (isWritten ? 1 : 0) };
}

function smaller(a: Room, b: Room): Room {
  return {
    cpu: Math.min(a.cpu, b.cpu),
    memoryMiB: Math.min(a.memoryMiB, b.memoryMiB),
    gpus: Math.min(a.gpus, b.gpus),
  };
}

function isSame(a: Room, b: Room): boolean {
  return a.cpu === b.cpu && a.memoryMiB === b.memoryMiB && a.gpus === b.gpus;
}
