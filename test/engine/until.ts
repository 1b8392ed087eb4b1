import { setImmediate as turn } from "node:timers/promises";

/** Waits until something is true; the test's own timeout bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}
