import { decodePage } from "../../lib/codec/decode.ts";
import type { Message } from "../../lib/messages.ts";
import type { Work } from "./calls.ts";

/** Inputs that a runner was given together. */
export interface Job {
  readonly id: number;
  readonly callId: string;
  readonly start: number;
  readonly works: readonly Work[];
  /** Inputs that are still this job's. */
  count: number;
  started: number;
  readonly cancelled: Set<number>;
}

/** The job of a message `["run", id, callId, kind, method, attempt, start, count, …]`. */
export function toJob({ control, text }: Message): Job {
  const [, id, callId, , , , start = 0, count = 0] = control as [
    string,
    number,
    string,
    ...number[],
  ]; // By the agent.
  const works = decodePage({ text, tagged: false, attachments: [] }) as Work[];
  return { id, callId, start, works, count, started: 0, cancelled: new Set() };
}
