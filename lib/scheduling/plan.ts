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
  /** When it was decided, and the host that it is on, where that is known. */
  readonly createdAt?: number | undefined;
  readonly host?: string | undefined;
}

export type Action =
  | { readonly kind: "start"; readonly pool: string; readonly count: number }
  | { readonly kind: "stop"; readonly pool: string; readonly container: string };

const STARTUP_MS = 100;

/**
 * What to start and stop now. A pure function of what is known, so that the laptop, the controller on AWS
 * and the simulator decide alike.
 */
export function plan(pools: readonly PoolState[], now: number): Action[] {
  return pools.flatMap((pool) => {
    const wanted = wantedContainers(pool);
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
function wantedContainers(pool: PoolState): number {
  const { backlog, running, inputMs, targetInputs, minContainers, maxWorking } = pool;
  const startupMs = pool.startupMs ?? STARTUP_MS;
  const byCount = Math.ceil((backlog + running) / targetInputs);
  const blocked = pool.containers.filter((container) => container.status === "blocked").length;
  const byTime =
    inputMs === undefined
      ? byCount
      : Math.ceil((backlog * inputMs) / targetInputs / startupMs) +
        Math.min(running, pool.containers.length - blocked);
  const needed = backlog + running === 0 ? 0 : Math.max(1, Math.min(byCount, byTime));
  const buffer = needed > 0 ? pool.bufferContainers : 0;
  return Math.min(maxWorking, Math.max(minContainers, needed + buffer));
}

function stops(
  pool: PoolState,
  { excess, now }: { readonly excess: number; readonly now: number },
): Action[] {
  return pool.containers
    .filter(
      ({ status, idleSince }) => status === "idle" && now - idleSince >= pool.scaledownWindowMs,
    )
    .sort((a, b) => a.idleSince - b.idleSince)
    .slice(0, excess)
    .map(({ id }) => ({ kind: "stop", pool: pool.key, container: id }) as const);
}
