import { setTimeout as pause } from "node:timers/promises";
import {
  type CloudFormationClient,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  type StackEvent,
} from "@aws-sdk/client-cloudformation";
import { ExecutionError } from "../../errors.ts";
import { onAws } from "../aws-error.ts";
import { findStack, type Stack } from "./stack.ts";

const POLL_MS = 1000;

/** Deletes a stack and waits until it is gone. `onEvent` hears of the last event, while there are new ones. */
export async function deleteStack(
  client: CloudFormationClient,
  { id, name }: Stack,
  onEvent: (event: StackEvent) => void,
): Promise<void> {
  await onAws(`delete the stack ${name}`, () =>
    client.send(new DeleteStackCommand({ StackName: id })),
  );
  let last: string | undefined;
  for (;;) {
    const stack = await findStack(client, id);
    if (stack === undefined || stack.status === "DELETE_COMPLETE") return;
    const events = await recentEvents(client, id);
    if (stack.status === "DELETE_FAILED") throw notDeleted(name, events);
    const [event] = events;
    if (event !== undefined && event.EventId !== last) onEvent(event);
    last = event?.EventId;
    await pause(POLL_MS);
  }
}

async function recentEvents(client: CloudFormationClient, id: string): Promise<StackEvent[]> {
  return await onAws("read the events of a stack", async () => {
    try {
      const page = await client.send(new DescribeStackEventsCommand({ StackName: id }));
      return page.StackEvents ?? [];
    } catch (error) {
      // Gone since it was looked at.
      if (error instanceof Error && /does not exist/.test(error.message)) return [];
      throw error;
    }
  });
}

function notDeleted(name: string, events: readonly StackEvent[]): ExecutionError {
  const failed = events
    .filter(({ ResourceStatus }) => ResourceStatus === "DELETE_FAILED")
    .map(
      ({ LogicalResourceId, ResourceStatusReason }) =>
        `${LogicalResourceId}: ${ResourceStatusReason}`,
    );
  return new ExecutionError(
    "WINDLASS_STACK_NOT_DELETED",
    `the stack ${name} could not be deleted: ${failed[0] ?? "no reason was given"}`,
    { hint: "mend the cause, then run this command again" },
  );
}
