import type { ContainerRow } from "../../lib/aws/container-row.ts";
import type { Row } from "../../lib/aws/rows.ts";
import type { HostState } from "../../lib/scheduling/capacity-state.ts";
import { roomOf } from "../../lib/scheduling/fit.ts";
import { hostType } from "../../lib/scheduling/host-types.ts";
import type { DeployedApp } from "./apps.ts";
import type { ClusterHost, ControllerPorts } from "./ports.ts";
import { CONTROLLER, HOST_PREFIX, type HostRow, OFFERS_KEY, type OffersRow } from "./rows.ts";

/** By then those that a host was bought for have come to it, or never will. */
const COME_MS = 120_000;

/** A row of a host with what the cluster says of it. */
export interface KnownHost {
  readonly id: string;
  readonly row: HostRow;
  readonly version: number;
  readonly seen: ClusterHost | undefined;
}

export interface KnownContainer {
  readonly id: string;
  readonly app: string;
  readonly row: ContainerRow;
  readonly version: number;
}

/** An app with its containers. */
export interface KnownApp extends DeployedApp {
  readonly app: string;
  readonly containers: readonly KnownContainer[];
}

export interface KnownHosts {
  readonly hosts: readonly KnownHost[];
  /** All that the cluster has. */
  readonly seen: readonly ClusterHost[];
  readonly offers: OffersRow;
  readonly offersVersion: number;
}

/** Pools that hosts were bought for which are on their way, or have come just now: nobody else may know of them. */
export function awaitedPools(hosts: readonly KnownHost[], now: number): string[] {
  return hosts
    .filter(({ row: { joinedAt = now } }) => now - joinedAt < COME_MS)
    .flatMap(({ row }) => row.boughtFor.map(({ pool }) => pool));
}

/** Hosts by their rows and, where there are any, as the cluster has them. */
export async function readHosts(
  ports: ControllerPorts,
  { isFull }: { readonly isFull: boolean },
): Promise<KnownHosts> {
  const rows = await ports.rows.list<unknown>(CONTROLLER);
  const hostRows = rows.filter(({ sk }) => sk.startsWith(HOST_PREFIX)) as Row<HostRow>[];
  const offers = rows.find(({ sk }) => sk === OFFERS_KEY.sk) as Row<OffersRow> | undefined;
  const seen = hostRows.length > 0 || isFull ? await ports.cluster.hosts() : [];
  const byInstance = new Map(seen.map((host) => [host.instanceId, host]));
  return {
    hosts: hostRows.map(({ sk, body, version }) => ({
      id: sk.slice(HOST_PREFIX.length),
      row: body,
      version,
      seen: body.instanceId === null ? undefined : byInstance.get(body.instanceId),
    })),
    seen,
    offers: offers?.body ?? { learned: {}, resting: {} },
    offersVersion: offers?.version ?? 0,
  };
}

/** What the rows of containers say of their host. */
export interface HostUse {
  /** Containers that live. */
  readonly containers: number;
  /** When one last had an input; undefined where none ever was there. */
  readonly workedAt: number | undefined;
}

/** A host as the policy sees it. */
export function toHostState(
  { id, row, seen }: KnownHost,
  { learned }: OffersRow,
  use: HostUse | undefined,
): HostState {
  const type = hostType(row.type);
  const expected = type === undefined ? { cpu: 0, memoryMiB: 0, gpus: 0 } : roomOf(type, learned);
  return {
    id,
    type: row.type,
    // Rows of before there was a choice say nothing.
    market: row.market ?? "on-demand",
    trail: row.trail ?? "",
    status: statusOf({ row, seen }),
    boughtAt: row.boughtAt,
    isConnected: seen?.isConnected ?? false,
    room: seen?.room ?? expected,
    tasks: tasksOn({ row, seen }, use?.containers),
    workedAt: use?.workedAt,
    idleSince: row.idleSince,
    emptyAt: row.emptyAt,
    boughtFor: row.boughtFor,
  };
}

function statusOf({ row, seen }: Pick<KnownHost, "row" | "seen">): HostState["status"] {
  if (row.instanceId === null) return "buying";
  if (row.closingAt !== null) return "closing";
  // Not drained by the controller: that is written into the row first.
  if (seen?.isDraining === true) return "leaving";
  return row.arn === null ? "booting" : "active";
}

/** ECS goes on counting tasks of a host that it has lost sight of: only rows of containers tell then. */
function tasksOn(
  { row, seen }: Pick<KnownHost, "row" | "seen">,
  liveContainers: number | undefined,
): number {
  if (seen?.isConnected === true) return seen.tasks;
  if (liveContainers !== undefined) return liveContainers;
  // Not known: it stays as it is.
  return row.closingAt === null && row.idleSince === null ? 1 : 0;
}
