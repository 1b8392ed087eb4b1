import { LeaseLost } from "./lease.ts";
import type { ControllerPorts } from "./ports.ts";

/**
 * Does what may fail for one app or host without failing the others: it is logged, and done again by the next pass.
 * @throws LeaseLost
 */
export async function attempt<T>(
  what: Readonly<Record<string, unknown>>,
  act: () => Promise<T>,
  { log }: ControllerPorts,
): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    log({ event: "failed", ...what, error: String(error) });
    return undefined;
  }
}
