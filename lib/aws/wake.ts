import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { FunctionSpec } from "../spec.ts";
import { onAws } from "./aws-error.ts";

/** Asks the controller of an environment to look at pools of an app. */
export function createWake(
  client: LambdaClient,
  { app, controller }: { readonly app: string; readonly controller: string },
): (pools: readonly string[]) => Promise<void> {
  return async (pools) => {
    const Payload = Buffer.from(JSON.stringify({ kind: "wake", app, pools }));
    await onAws(`wake the controller of app "${app}"`, () =>
      client.send(
        new InvokeCommand({ FunctionName: controller, InvocationType: "Event", Payload }),
      ),
    );
  };
}

/** Pools that are to have containers once they are deployed, though nobody waits for any. */
export function poolsKept(functions: readonly FunctionSpec[]): string[] {
  return functions.filter(({ minContainers }) => minContainers > 0).map(({ name }) => name);
}
