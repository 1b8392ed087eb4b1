import { createCallId } from "../../lib/ids.ts";
import { Random } from "../aws/random.ts";
import { compare } from "./compare.ts";
import { reseed } from "./entropy.ts";
import { scenarioOf } from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";

/**
 * `main.mjs FIRST COUNT [--first]`: one line of JSON for each seed that breaks a promise, with the shortest trace that
 * does, and one for all. `--first`: stops at the first, as it is. `main.mjs --compare [TRACE]`: policies on traces.
 */
async function main([first = "1", count = "1", how]: readonly string[]): Promise<void> {
  if (first === "--compare") {
    const only = count === "1" ? undefined : count;
    for (const line of await compare(fresh, only)) {
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }
    return;
  }
  const sums = { seeds: 0, violations: 0, virtualHours: 0, calls: 0, hosts: 0 };
  for (let seed = Number(first); seed < Number(first) + Number(count); seed += 1) {
    fresh(seed);
    const scenario = scenarioOf(seed);
    const done = await simulate(scenario);
    sums.seeds += 1;
    sums.calls += done.calls;
    sums.hosts += done.hosts;
    sums.virtualHours += done.virtualMs / 3_600_000;
    if (done.violation === undefined) continue;
    sums.violations += 1;
    if (how === "--first") {
      process.stdout.write(`${JSON.stringify({ seed, violation: done.violation })}\n`);
      break;
    }
    const shortest = await shrink(scenario, done.violation, async (shorter) => {
      fresh(seed);
      return (await simulate(shorter)).violation;
    });
    process.stdout.write(`${JSON.stringify({ seed, ...shortest })}\n`);
  }
  process.stdout.write(`${JSON.stringify(sums)}\n`);
}

/** Ids are drawn from a supply that is made by the hundred: what is left of it belongs to the seed before. */
function fresh(seed: number): void {
  const random = new Random(seed);
  let isNew = false;
  reseed(() => {
    isNew = true;
    return random;
  });
  while (!isNew) createCallId(0);
}

await main(process.argv.slice(2));
