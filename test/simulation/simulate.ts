import { Clock } from "./clock.ts";
import type { Scenario } from "./scenario.ts";
import type { Violation } from "./watch.ts";
import { World } from "./world.ts";

export interface Simulated {
  readonly violation: Violation | undefined;
  readonly virtualMs: number;
  readonly calls: number;
  readonly hosts: number;
}

/** By then all that was asked for is answered and all that was bought has ended, once nothing more goes wrong. */
const PEACE_MS = 60 * 60_000;

/** Lives through a scenario. */
export async function simulate(scenario: Scenario): Promise<Simulated> {
  const clock = new Clock();
  clock.rule();
  const world = new World(clock, scenario.seed, scenario.limits);
  await world.deploy(scenario.functions);
  for (const step of scenario.steps) {
    clock.after(step.atMs, () => world.do(step, scenario.functions));
  }
  const hasFailed = (): boolean => world.watch.violation !== undefined;
  await clock.pass(scenario.troubleMs, hasFailed);
  world.heal();
  if (!hasFailed()) await clock.pass(PEACE_MS, () => hasFailed() || isQuiet(world));
  if (!hasFailed()) world.watch.end();
  return {
    violation: world.watch.violation,
    virtualMs: clock.now - clock.startedAt,
    calls: world.calls.length,
    hosts: world.ec2.instances.length,
  };
}

/** Nothing is left to happen. */
function isQuiet({ calls, ec2, ecs, hostRows, pools, sqs }: World): boolean {
  if (calls.some(({ isOpen }) => isOpen)) return false;
  const isAnyMessage = pools.some(({ url }) => sqs.bodies(url).length > 0);
  const isKept = pools.some(({ spec }) => spec.minContainers > 0);
  const isAnyHost = ec2.on.length > 0 || ecs.tasks.length > 0 || hostRows.length > 0;
  return !isAnyMessage && !isKept && !isAnyHost;
}
