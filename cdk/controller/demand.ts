import type { CallRow } from "../../lib/aws/call-row.ts";
import { openEnvelope } from "../../lib/aws/envelope.ts";
import { callKey } from "../../lib/aws/keys.ts";
import type { Received } from "../../lib/aws/queues.ts";
import { toRequest } from "../../lib/messages.ts";
import type { ControllerPorts } from "./ports.ts";

/** What waits for a pool, in inputs. */
export interface Demand {
  readonly backlog: number;
  readonly running: number;
  /** Some of it was looked at, and belongs to calls that live. */
  readonly isProved: boolean;
}

/** Approximate demand of a pool from the counts of its queue: a message is at least one input. */
export async function countDemand(url: string, { queues }: ControllerPorts): Promise<Demand> {
  const { waiting, hidden } = await queues.count(url);
  return { backlog: waiting, running: hidden, isProved: false };
}

/**
 * The same from messages themselves, before anything is bought from nothing. Messages of cancelled calls are deleted
 * on the way; the others go back at once.
 */
export async function proveDemand(
  { app, url, counted }: { readonly app: string; readonly url: string; readonly counted: Demand },
  ports: ControllerPorts,
): Promise<Demand> {
  const messages = (await ports.queues.peek(url)).map((message) => ({
    message,
    ...rangeOf(message),
  }));
  const dead = await deadCalls(app, new Set(messages.map(({ callId }) => callId)), ports);
  const isDead = ({ callId }: { readonly callId: string | undefined }): boolean =>
    callId !== undefined && dead.has(callId);
  const gone = messages.filter(isDead);
  const live = messages.filter((one) => !isDead(one));
  const handles = (list: typeof messages): string[] => list.map(({ message }) => message.handle);
  await Promise.all([
    gone.length > 0 && ports.queues.discard(url, handles(gone)),
    live.length > 0 && ports.queues.giveBack(url, handles(live)),
  ]);
  if (live.length === 0) return { backlog: 0, running: 0, isProved: true };
  const inputs = live.reduce((sum, one) => sum + one.inputs, 0);
  // What was not looked at is taken to be like what was.
  const unseen = Math.max(0, counted.backlog - messages.length);
  const backlog = Math.round(inputs + (unseen * inputs) / live.length);
  return { backlog, running: 0, isProved: true };
}

/** Inputs of a message, whose pages are not read. One that nobody can read is left to an agent, which says so. */
function rangeOf({ body }: Received): { callId: string | undefined; inputs: number } {
  try {
    const { request, start, end } = openEnvelope(body).fields as {
      readonly request: readonly unknown[];
      readonly start: number;
      readonly end: number;
    };
    return { callId: toRequest(request).callId, inputs: end - start };
  } catch {
    return { callId: undefined, inputs: 1 };
  }
}

async function deadCalls(
  app: string,
  calls: ReadonlySet<string | undefined>,
  { rows }: ControllerPorts,
): Promise<ReadonlySet<string>> {
  const dead = new Set<string>();
  await Promise.all(
    [...calls].map(async (callId) => {
      if (callId === undefined) return;
      const found = await rows.get<CallRow>(callKey(app, callId));
      if (found?.body.state === "cancelled") dead.add(callId);
    }),
  );
  return dead;
}
