import { inputsOf } from "../../lib/aws/backlog.ts";
import type { ContainerRow } from "../../lib/aws/container-row.ts";
import type { Demand } from "../../lib/aws/demand.ts";
import type { CapacityPool } from "../../lib/scheduling/capacity-state.ts";
import { needsOf } from "../../lib/scheduling/fit.ts";
import type { ContainerState } from "../../lib/scheduling/plan.ts";
import { type FunctionSpec, targetInputs } from "../../lib/spec.ts";
import { startupMs, USUAL_BOOT_MS } from "./start-up.ts";
import type { KnownContainer } from "./world.ts";

/** Containers of a pool whose function sets no limit. */
const MAX_CONTAINERS = 1000;
/** ECS frees what a task had within seconds of its end. */
const GOING_MS = 10_000;
/**
 * So many at most start before one has measured an input, or for large maps so many: no-ops must not buy a fleet, and slow
 * inputs must not wait for the first of them. More start for inputs that run for long already, see `proven`.
 */
const MAX_UNMEASURED = 10;
const MAX_UNMEASURED_OF_MANY = 25;
/** Of so many inputs that wait one may have a container. */
const INPUTS_UNMEASURED = 4;
/**
 * After one container that could not start the next is tried at once, after two after this long, then twice as long,
 * …, and at the latest after that. The third that fails fails what waits.
 */
const RETRY_MS = 5000;
const MAX_RETRY_MS = 300_000;

/** `<app> <pool>`: names of apps and functions have no spaces. */
export function poolId(app: string, pool: string): string {
  return `${app} ${pool}`;
}

export function splitPoolId(id: string): { readonly app: string; readonly pool: string } {
  const space = id.indexOf(" ");
  return { app: id.slice(0, space), pool: id.slice(space + 1) };
}

export function isLive({ row }: KnownContainer): boolean {
  return row.status !== "ended";
}

/** It takes nothing new. */
export function isLeaving({ row }: KnownContainer): boolean {
  return row.mustDrain || row.status === "draining";
}

/** It answers requests with former code, until others are there that do with the current one. */
export function isOutdated(container: KnownContainer, deployment: number): boolean {
  const { status, door } = container.row;
  return (
    status === "ready" &&
    !isLeaving(container) &&
    door !== undefined &&
    container.row.deployment < deployment
  );
}

/** A pool as the policy sees it. */
export function toCapacityPool(
  key: string,
  spec: FunctionSpec,
  given: {
    readonly containers: readonly KnownContainer[];
    readonly demand: Demand;
    /** Number of the current deployment. */
    readonly deployment: number;
    /** Ids of hosts by their ECS names. */
    readonly hosts: ReadonlyMap<string, string>;
    readonly now: number;
  },
): CapacityPool {
  // New code may start where the former could not; who failed before it knew its deployment says 0.
  const tried = given.containers.filter(
    ({ row }) => row.deployment === 0 || row.deployment >= given.deployment,
  );
  const live = given.containers.filter(isLive);
  const leaving = live.filter(isLeaving);
  // Each is replaced by one with the current code before it leaves: for that moment there are more than may be.
  const outdated = live.filter((one) => isOutdated(one, given.deployment));
  const counted = live.filter((one) => !leaving.includes(one) && !outdated.includes(one));
  const inputMs = measured(given.containers);
  const limit = Math.max(0, (spec.maxContainers ?? MAX_CONTAINERS) - leaving.length);
  const running = Math.max(0, given.demand.running - messagesOf(leaving));
  const calls = workOf({ ...given.demand, running }, counted, targetInputs(spec));
  const work = withRequests(calls, live);
  return {
    key,
    ...work,
    inputMs,
    containers: counted.map((container) => toContainerState(container, given.hosts)),
    leaving: [...leaving, ...given.containers.filter((one) => isGoing(one, given.now))].flatMap(
      ({ row }) => given.hosts.get(row.hostArn ?? "") ?? [],
    ),
    minContainers: Math.min(Math.max(spec.minContainers, outdated.length), limit),
    maxContainers: limit,
    maxWorking:
      inputMs === undefined
        ? Math.min(limit, Math.max(unmeasured(spec, work), proven(work, counted, given.now)))
        : limit,
    bufferContainers: spec.bufferContainers,
    scaledownWindowMs: spec.scaledownWindowSeconds * 1000,
    targetInputs: targetInputs(spec),
    startupMs: startupMs(given.containers),
    needs: needsOf(spec),
    startAfter: startAfter(tried),
    startError: lastError(tried),
    timeoutMs: spec.timeoutSeconds * 1000,
  };
}

/** Messages that containers on their way out finish before they end: nobody else has to be there for them. */
function messagesOf(leaving: readonly KnownContainer[]): number {
  return leaving.reduce(
    (sum, { row: { taken, messageInputs } }) => sum + Math.ceil(taken / (messageInputs ?? 1)),
    0,
  );
}

/** Where messages themselves were looked at, their inputs are known. */
function workOf(
  { backlog, running, isProved }: Demand,
  containers: readonly KnownContainer[],
  targetInputs: number,
): Pick<CapacityPool, "backlog" | "running"> {
  const rows = containers.map(({ row }) => (isProved ? { ...row, messageInputs: 1 } : row));
  const inputs = inputsOf(backlog, rows, targetInputs);
  return { backlog: inputs.waiting, running: Math.max(running, inputs.running) };
}

/** Requests count as inputs: those that are answered, and those that wait. */
function withRequests(
  { backlog, running }: Pick<CapacityPool, "backlog" | "running">,
  containers: readonly KnownContainer[],
): Pick<CapacityPool, "backlog" | "running"> {
  const doors = containers.flatMap(({ row }) => (row.status === "ready" ? (row.door ?? []) : []));
  return {
    backlog: backlog + doors.reduce((sum, { waiting }) => sum + waiting, 0),
    running: running + doors.reduce((sum, { inside }) => sum + inside, 0),
  };
}

function unmeasured(
  { minContainers }: FunctionSpec,
  { backlog, running }: Pick<CapacityPool, "backlog" | "running">,
): number {
  const many = Math.ceil((backlog + running) / INPUTS_UNMEASURED);
  return Math.max(MAX_UNMEASURED, minContainers, Math.min(MAX_UNMEASURED_OF_MANY, many));
}

/**
 * Containers for inputs of which none has come to its end: each takes at least as long as those that run have run by now,
 * so that what this buys would be bought once one is measured.
 */
function proven(
  { backlog, running }: Pick<CapacityPool, "backlog" | "running">,
  containers: readonly KnownContainer[],
  now: number,
): number {
  const ran = containers.flatMap(({ row }) =>
    row.status === "ready" && row.busySince !== null ? Math.max(0, now - row.busySince) : [],
  );
  if (ran.length === 0) return 0;
  const leastMs = ran.reduce((sum, ms) => sum + ms, 0) / ran.length;
  const startMs = startupMs(containers) + USUAL_BOOT_MS;
  // Those that run do a part of it until others have started.
  const spareMs = ran.length * Math.max(0, startMs - leastMs / 2);
  return Math.max(0, Math.floor((backlog * leastMs - spareMs) / startMs)) + running;
}

/** It has ended just now: its host may still count its task. */
function isGoing({ row }: KnownContainer, now: number): boolean {
  return row.status === "ended" && now - row.at < GOING_MS;
}

function toContainerState(
  { id, row }: KnownContainer,
  hosts: ReadonlyMap<string, string>,
): ContainerState {
  const { createdAt } = row;
  const known = {
    id,
    createdAt,
    host: hosts.get(row.hostArn ?? ""),
    idleSince: row.idleSince ?? 0,
    busySince: row.busySince ?? undefined,
  };
  if (row.status !== "ready") return { ...known, status: "starting" };
  return { ...known, status: row.idleSince === null ? "busy" : "idle" };
}

function measured(containers: readonly KnownContainer[]): number | undefined {
  let latest: ContainerRow | undefined;
  for (const { row } of containers) {
    if (row.inputMs !== null && row.at > (latest?.at ?? 0)) latest = row;
  }
  return latest?.inputMs ?? undefined;
}

/** When the next container may start, after those that ended of an error one after the other. */
function startAfter(containers: readonly KnownContainer[]): number {
  const byAge = [...containers].sort((a, b) => b.row.createdAt - a.row.createdAt);
  const ended = byAge.filter(({ row }) => row.status === "ended" || row.status === "ready");
  let failures = 0;
  while (ended[failures]?.row.status === "ended" && ended[failures]?.row.error !== null) {
    failures += 1;
  }
  const last = ended[0];
  if (failures < 2 || last === undefined) return 0;
  return last.row.at + Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** (failures - 2));
}

function lastError(containers: readonly KnownContainer[]): string | null {
  const [latest] = [...containers].sort((a, b) => b.row.createdAt - a.row.createdAt);
  return latest?.row.error ?? null;
}
