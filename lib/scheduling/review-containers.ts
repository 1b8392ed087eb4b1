import { CONTAINER_BEAT_MS } from "../aws/container-row.ts";

/** A container as its row tells, reduced to what says whether it lives. */
export interface ReviewedContainer {
  readonly id: string;
  readonly status: "wanted" | "placed" | "starting" | "ready" | "draining" | "ended";
  readonly taskArn: string | null;
  /** Its host has ended. */
  readonly isHostGone: boolean;
  /** When it, or whoever wrote for it, was last heard of. */
  readonly at: number;
  readonly createdAt: number;
}

/** A task as ECS tells. */
export interface ReviewedTask {
  readonly arn: string;
  /** The container that it was started for. */
  readonly container: string;
  readonly isStopped: boolean;
  readonly reason: string | null;
}

export type ReviewAction =
  /** Asks ECS once more for a task that may or may not have been started. */
  | { readonly kind: "run-again"; readonly container: string }
  /** It was started, and whoever asked for it did not live to write that down. */
  | { readonly kind: "adopt"; readonly container: string; readonly taskArn: string }
  | { readonly kind: "end"; readonly container: string; readonly reason: string }
  | { readonly kind: "stop"; readonly container: string; readonly reason: string }
  | { readonly kind: "forget"; readonly container: string };

/** An agent whose last three writes are missing is gone. */
const SILENT_MS: number = 3 * CONTAINER_BEAT_MS;
/** Pulling an image of 20 GB takes minutes. */
const PLACED_LIMIT_MS = 20 * 60_000;
/** For this long whoever looks at an app sees what its containers ended of. */
const ENDED_KEPT_MS = 3_600_000;
/** What was not placed by now is decided anew. */
const WANTED_LIMIT_MS = 120_000;

/**
 * What becomes of containers whose rows and tasks differ. `tasks` has every task that ECS knows of; undefined where
 * it was not asked.
 */
export function reviewContainers(
  containers: readonly ReviewedContainer[],
  tasks: ReadonlyMap<string, ReviewedTask> | undefined,
  now: number,
): ReviewAction[] {
  const started = new Map<string, string>();
  for (const { arn, container, isStopped } of tasks?.values() ?? []) {
    if (!isStopped) started.set(container, arn);
  }
  return containers.flatMap((container): ReviewAction[] => {
    const action = review(container, { tasks, started: started.get(container.id) }, now);
    return action === undefined ? [] : [action];
  });
}

function review(
  container: ReviewedContainer,
  {
    tasks,
    started,
  }: {
    readonly tasks: ReadonlyMap<string, ReviewedTask> | undefined;
    /** A task of it that runs. */
    readonly started: string | undefined;
  },
  now: number,
): ReviewAction | undefined {
  const { id, status, taskArn, isHostGone, at } = container;
  if (status === "ended") {
    return now - at > ENDED_KEPT_MS ? { kind: "forget", container: id } : undefined;
  }
  if (isHostGone) return { kind: "end", container: id, reason: "its host ended" };
  if (status === "wanted" || taskArn === null) return reviewWanted(container, started, now);
  const task = tasks?.get(taskArn);
  if (tasks !== undefined && (task === undefined || task.isStopped)) {
    return { kind: "end", container: id, reason: task?.reason ?? "its task is gone" };
  }
  return reviewSilence(container, now);
}

function reviewWanted(
  { id, createdAt }: ReviewedContainer,
  started: string | undefined,
  now: number,
): ReviewAction {
  if (started !== undefined) return { kind: "adopt", container: id, taskArn: started };
  if (now - createdAt <= WANTED_LIMIT_MS) return { kind: "run-again", container: id };
  return { kind: "end", container: id, reason: "no host took it" };
}

function reviewSilence(
  { id, status, at }: ReviewedContainer,
  now: number,
): ReviewAction | undefined {
  const limit = status === "placed" ? PLACED_LIMIT_MS : SILENT_MS;
  if (now - at <= limit) return undefined;
  const reason =
    status === "placed" ? "its image was not there in time" : "nothing was heard of its agent";
  return { kind: "stop", container: id, reason };
}
