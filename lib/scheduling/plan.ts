/** One function, or one parameter set of a class, as the policy sees it. */
export interface PoolState {
  readonly key: string;
  /** Inputs that wait. */
  readonly backlog: number;
  /** Inputs that containers have taken. */
  readonly running: number;
  /** Measured milliseconds of one input; undefined before the first result. */
  readonly inputMs: number | undefined;
  /** Containers that will be or are ready, by what they do. */
  readonly containers: readonly ContainerState[];
  readonly minContainers: number;
  /** Containers that may exist. */
  readonly maxContainers: number;
  /** Containers that may work at a time; those that wait for calls of their own do not count. */
  readonly maxWorking: number;
  readonly bufferContainers: number;
  readonly scaledownWindowMs: number;
  /** Inputs that one container should have at a time. */
  readonly targetInputs: number;
  /** Work worth less than a start-up is left to the containers that exist; 100 where a container is a process. */
  readonly startupMs?: number | undefined;
}

export interface ContainerState {
  readonly id: string;
  readonly status: "starting" | "idle" | "busy" | "blocked";
  /** Since when it is idle, for an idle one. */
  readonly idleSince: number;
  /** When its oldest input began, for a busy one; left out where that is not known. */
  readonly busySince?: number | undefined;
  /** When it was decided, and the host that it is on, where that is known. */
  readonly createdAt?: number | undefined;
  readonly host?: string | undefined;
}

export type Action =
  | { readonly kind: "start"; readonly pool: string; readonly count: number }
  | { readonly kind: "stop"; readonly pool: string; readonly container: string };

const STARTUP_MS = 100;
/** An input that takes so many times what inputs take may take for ever. */
const OVERDUE = 2;

/**
 * What to start and stop now. A pure function of what is known, so that the laptop, the controller on AWS
 * and the simulator decide alike.
 */
export function plan(pools: readonly PoolState[], now: number): Action[] {
  return pools.flatMap((pool) => {
    const wanted = wantedContainers(pool, now);
    // A container that waits for calls of its own does no work: another may take its place.
    const counted = pool.containers.filter((container) => container.status !== "blocked");
    const missing = wanted - counted.length;
    const room = pool.maxContainers - pool.containers.length;
    const count = Math.min(missing, room);
    if (count > 0) return [{ kind: "start", pool: pool.key, count } as const];
    return stops(pool, { excess: -missing, now });
  });
}

/** Containers that the work at hand justifies. */
function wantedContainers(pool: PoolState, now: number): number {
  const { backlog, running, inputMs, targetInputs, minContainers, maxWorking } = pool;
  const byCount = Math.ceil((backlog + running) / targetInputs);
  const blocked = pool.containers.filter((container) => container.status === "blocked").length;
  const byTime =
    inputMs === undefined
      ? byCount
      : worthStarting(pool, inputMs, now) + Math.min(running, pool.containers.length - blocked);
  const needed = backlog + running === 0 ? 0 : Math.max(1, Math.min(byCount, byTime));
  const buffer = needed > 0 ? pool.bufferContainers : 0;
  return Math.min(maxWorking, Math.max(minContainers, needed + buffer));
}

/**
 * Containers that the backlog is worth: one for each start-up time of work, less one for each container that is busy
 * and takes on more, because until another has started it begins as many inputs on the average as fit into that time,
 * however much they differ [renewals of a stationary process: time over mean]. One whose input takes much longer than
 * others did is not counted on, and where there is no other, the least of work is worth one.
 */
function worthStarting(
  { backlog, containers, targetInputs, startupMs = STARTUP_MS }: PoolState,
  inputMs: number,
  now: number,
): number {
  const taking = containers.filter(
    ({ busySince = Number.NEGATIVE_INFINITY }) => now - busySince < OVERDUE * inputMs,
  ).length;
  const worth = Math.floor((backlog * inputMs) / targetInputs / startupMs) - taking;
  return Math.max(backlog > 0 && taking === 0 ? 1 : 0, worth);
}

function stops(
  pool: PoolState,
  { excess, now }: { readonly excess: number; readonly now: number },
): Action[] {
  const idle = pool.containers
    .filter(({ status }) => status === "idle")
    .sort((a, b) => a.idleSince - b.idleSince);
  return idle
    .filter(({ id, idleSince }, rank) => {
      const share = rank === idle.length - 1 ? 1 : windowShare(id);
      return now - idleSince >= share * pool.scaledownWindowMs;
    })
    .slice(0, excess)
    .map(({ id }) => ({ kind: "stop", pool: pool.key, container: id }) as const);
}

/**
 * The window is an upper bound: where several are idle, all but the one that worked last end earlier, between a quarter
 * of the window and three, each at a moment of its own. A fleet that is done costs half of its windows less.
 */
function windowShare(id: string): number {
  // FNV-1a, of 32 bits.
  let hash = 0x811c9dc5;
  for (const character of id) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  }
  return 0.25 + hash / 2 ** 33;
}
