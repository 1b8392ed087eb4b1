import { randomUUID } from "node:crypto";
import { App, currentCall, NonRetriableError, Retries } from "windlass";

/** An input of the containers that are killed at their work. */
export interface FaultInput {
  readonly index: number;
  /** The container in which it never ends. */
  readonly hangsIn?: string;
  /** Its first attempt fails. */
  readonly isFlaky?: boolean;
  /** It fails, and is not run again for that. */
  readonly isBroken?: boolean;
  /** Length of its output. */
  readonly chars?: number;
}

export const app = new App("fault-points");

/** No two executions answer the same: what was told by one cannot be taken for what another has stored. */
async function execute(input: FaultInput): Promise<string> {
  const { index, hangsIn, isFlaky, isBroken, chars = 0 } = input;
  if (hangsIn !== undefined && hangsIn === process.env["WINDLASS_CONTAINER_ID"]) {
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  }
  if (isFlaky === true && currentCall()?.attempt === 0) throw new Error("at first");
  if (isBroken === true) throw new NonRetriableError(randomUUID());
  return `${index} ${randomUUID()}`.padEnd(chars);
}

/** Its inputs stay together, but for those that wait for another attempt. */
app.function(
  "alone",
  { maxContainers: 1, retries: new Retries({ maxRetries: 2, initialDelaySeconds: 1 }) },
  execute,
);

/** Inputs behind a slow one leave for other containers. */
app.function("shared", { maxContainers: 2 }, execute);
