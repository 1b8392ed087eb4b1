import type { Scenario, Step } from "./scenario.ts";
import type { Violation } from "./watch.ts";

export interface Shrunk {
  readonly violation: Violation;
  readonly functions: Scenario["functions"];
  readonly limits: Scenario["limits"];
  readonly steps: readonly Step[];
}

const MAX_TRIES = 300;

/** The shortest trace found that still breaks the same promise: leaves out what it can, from halves to single steps. */
export async function shrink(
  scenario: Scenario,
  violation: Violation,
  attempt: (scenario: Scenario) => Promise<Violation | undefined>,
): Promise<Shrunk> {
  const { functions, limits } = scenario;
  let best: Shrunk = { violation, functions, limits, steps: scenario.steps };
  let tries = 0;
  for (
    let size = Math.ceil(best.steps.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < best.steps.length && tries < MAX_TRIES; ) {
      tries += 1;
      const steps = [...best.steps.slice(0, from), ...best.steps.slice(from + size)];
      const found = await attempt({ ...scenario, steps });
      if (found?.invariant === violation.invariant) best = { ...best, violation: found, steps };
      else from += size;
    }
  }
  return best;
}
