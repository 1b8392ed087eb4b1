import { createWake, poolsKept } from "../../lib/aws/wake.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import type { EnvironmentPorts } from "./prepare-deployment.ts";
import type { Steps } from "./steps.ts";

/** Wakes the controller for functions that are to have containers though nobody calls them. */
export async function startKept(
  { clients, facts }: EnvironmentPorts,
  given: {
    readonly app: string;
    readonly functions: readonly FunctionSpec[];
    readonly steps: Steps;
  },
): Promise<void> {
  const { app, functions, steps } = given;
  const pools = poolsKept(functions);
  if (pools.length === 0) return;
  const wake = createWake(clients.lambda, { app, controller: facts["controller-function-arn"] });
  await wake(pools).catch((error: unknown) => {
    steps.notice({
      code: "WINDLASS_NOT_WOKEN",
      message: `containers of \`minContainers\` start within a minute, not at once: ${String(error)}`,
      hint: "allow lambda:InvokeFunction on the environment's controller to whoever deploys",
    });
  });
}
