import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { createContainerId } from "../ids.ts";
import { AwsBackend, type AwsBackendOptions } from "./aws-backend.ts";
import { onAws } from "./aws-error.ts";

/** A name of 16 random letters and digits. */
const SESSION_CHARS = 16;

/** Asks the controller of an environment to look at pools of an app. */
export function createWake(
  client: LambdaClient,
  { app, controller }: { readonly app: string; readonly controller: string },
): AwsBackendOptions["wake"] {
  return async (pools) => {
    const Payload = Buffer.from(JSON.stringify({ kind: "wake", app, pools }));
    await onAws(`wake the controller of app "${app}"`, () =>
      client.send(
        new InvokeCommand({ FunctionName: controller, InvocationType: "Event", Payload }),
      ),
    );
  };
}

/** A backend on the clocks of this process. */
export function createBackend(
  options: Pick<
    AwsBackendOptions,
    "app" | "environment" | "rows" | "objects" | "queues" | "countMessages" | "wake" | "onError"
  >,
): AwsBackend {
  return new AwsBackend({
    ...options,
    sessionId: createContainerId().slice(-SESSION_CHARS),
    wallClock: Date.now,
    now: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
}
