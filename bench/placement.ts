import { BenchError } from "./bench-error.ts";
import type { Contender } from "./contender.ts";
import { nodeDescendantsOf, pinProcesses, pinThreads, threadsOf } from "./pinning.ts";

const CALLER_CORE = 0;

/** Which core the workers of a contender are confined to; the caller is always on core 0. */
export const PLACEMENTS = { same_core: CALLER_CORE, cross_core: 1 } as const;

/** A contender and what of it runs its functions: processes, or threads of the contender itself. */
export interface Placed {
  readonly contender: Contender;
  readonly workerThreads: readonly number[];
  readonly workerProcesses: readonly number[];
}

/** Opens a contender and finds out what its workers are. `others`: processes that do its work besides its own. */
export async function openPlaced(
  contender: Contender,
  options: { readonly workers: number; readonly others: readonly number[] },
): Promise<Placed> {
  const before = new Set(threadsOf(contender.pid));
  await contender.send("open", { workers: options.workers, task: "echo" });
  await contender.send("call", { warmup: 0, count: 10 }); // Its workers have started then.
  const processes = nodeDescendantsOf(contender.pid);
  // With processes for workers, new threads of the caller are not workers.
  const threads = processes.length > 0 ? [] : threadsOf(contender.pid);
  const placed = {
    contender,
    workerThreads: threads.filter((thread) => !before.has(thread)),
    workerProcesses: [...processes, ...options.others],
  };
  if (placed.workerThreads.length + placed.workerProcesses.length === 0) {
    throw new BenchError(`${contender.name} has no workers to pin`);
  }
  return placed;
}

/** Confines the caller to core 0 and its workers to `core`. */
export function place(placed: Placed, core: number): void {
  pinProcesses(CALLER_CORE, [placed.contender.pid]);
  pinThreads(core, placed.workerThreads);
  pinProcesses(core, placed.workerProcesses);
}
