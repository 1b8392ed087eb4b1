import { toRequest } from "../messages.ts";
import type { CallRow } from "./call-row.ts";
import { openEnvelope } from "./envelope.ts";
import { callKey } from "./keys.ts";
import type { Received } from "./queues.ts";
import type { Rows } from "./rows.ts";

/** Port to queues of inputs, for who looks into them and runs nothing. */
export interface DemandQueues {
  /** How many messages wait, are hidden and are sent for later: approximate, up to a minute old, dead calls counted. */
  count(url: string): Promise<MessageCounts>;
  /** Up to 10 messages, hidden until they are given back. */
  peek(url: string): Promise<readonly Received[]>;
  giveBack(url: string, handles: readonly string[]): Promise<void>;
  discard(url: string, handles: readonly string[]): Promise<void>;
  /** The URL of a queue; undefined where there is none. */
  find(name: string): Promise<string | undefined>;
  /** Removes a queue; one that is gone is no error. */
  remove(url: string): Promise<void>;
}

export interface MessageCounts {
  readonly waiting: number;
  readonly hidden: number;
  readonly delayed: number;
}

export interface DemandPorts {
  readonly queues: DemandQueues;
  readonly rows: Rows;
}

/** What waits for a pool. */
export interface Demand {
  /** Messages, or inputs where some were looked at. */
  readonly backlog: number;
  /** Messages that are held. */
  readonly running: number;
  /** Some of it was looked at, and belongs to calls that live. */
  readonly isProved: boolean;
}

/** Approximate demand of a pool from the counts of its queue: a message is at least one input. */
export async function countDemand(url: string, { queues }: DemandPorts): Promise<Demand> {
  const { waiting, hidden } = await queues.count(url);
  return { backlog: waiting, running: hidden, isProved: false };
}

/**
 * The same from messages themselves, before anything is bought. Messages of cancelled calls are deleted
 * on the way; the others go back at once.
 */
export async function proveDemand(
  { app, url, counted }: { readonly app: string; readonly url: string; readonly counted: Demand },
  ports: DemandPorts,
): Promise<Demand & { readonly discarded: number }> {
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
  const found = { running: 0, isProved: true, discarded: gone.length };
  if (live.length === 0) return { ...found, backlog: 0 };
  const inputs = live.reduce((sum, one) => sum + one.inputs, 0);
  // What was not looked at is taken to be like what was.
  const unseen = Math.max(0, counted.backlog - messages.length);
  const backlog = Math.round(inputs + (unseen * inputs) / live.length);
  return { ...found, backlog };
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
  { rows }: DemandPorts,
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
