import type { AutoscalerSettings, FunctionStats, Target } from "./backend.ts";
import { backendFor } from "./client/backend-for.ts";
import { checkAutoscaler } from "./options/autoscaler.ts";

/** The containers of a function, or of one parameter set of a class. */
export interface Scaled {
  /**
   * Changes how many containers it has, at once. What is left out stays as it was last set; the next deployment, and on
   * this machine the next run, go back to what the definition says.
   * @throws InvalidError naming every mistake; NotFoundError when it is not deployed; NoBackendError
   */
  updateAutoscaler(settings: AutoscalerSettings): Promise<void>;

  /** How much waits for it, and how many containers it has. @throws NotFoundError, NoBackendError */
  getCurrentStats(): Promise<FunctionStats>;
}

/** See {@link Scaled}. @param target - Without a method: containers are those of the class */
export async function updateAutoscaler(
  target: Target,
  subject: string,
  settings: AutoscalerSettings,
): Promise<void> {
  checkAutoscaler(subject, settings);
  await backendFor(target).updateAutoscaler(target, settings);
}

/** See {@link Scaled}. */
export async function getCurrentStats(target: Target): Promise<FunctionStats> {
  return await backendFor(target).getCurrentStats(target);
}
