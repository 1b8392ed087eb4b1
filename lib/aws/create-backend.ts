import { createContainerId } from "../ids.ts";
import { AwsBackend, type AwsBackendOptions } from "./aws-backend.ts";

/** A name of 16 random letters and digits. */
const SESSION_CHARS = 16;

/** A backend on the clocks of this process. */
export function createBackend(
  options: Pick<
    AwsBackendOptions,
    | "app"
    | "environment"
    | "rows"
    | "objects"
    | "queues"
    | "stores"
    | "countMessages"
    | "wake"
    | "onError"
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
