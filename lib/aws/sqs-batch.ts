import { setTimeout as pause } from "node:timers/promises";
import type { BatchResultErrorEntry } from "@aws-sdk/client-sqs";
import { onAws, toAwsError } from "./aws-error.ts";

/** SQS takes 10 messages at a time, together no more than one may have [SendMessageBatch]. */
export const BATCH_MESSAGES = 10;
/** What SQS says to a handle of an earlier delivery. */
export const STALE_HANDLE = "ReceiptHandleIsInvalid";
/** Entries of a batch that SQS failed at are sent again this often, after pauses that double. */
const MAX_ATTEMPTS = 6;
const PAUSE_MS = 50;

export interface BatchRequest<Entry> {
  /** Completes the sentence `cannot <doing>`. */
  readonly doing: string;
  readonly entries: readonly Entry[];
  readonly request: (
    entries: (Entry & { Id: string })[],
  ) => Promise<{ Failed?: BatchResultErrorEntry[] | undefined }>;
  /** True for a failure that leaves nothing to do. @default - none is */
  readonly isDone?: (failure: BatchResultErrorEntry) => boolean;
}

/** Sends the entries that SQS itself failed at again; answers the errors of the others at their places. */
export async function inBatch<Entry extends object>(
  batch: BatchRequest<Entry>,
): Promise<readonly unknown[]> {
  const { doing, entries, request, isDone = () => false } = batch;
  const errors: unknown[] = [];
  let left = entries.map((entry, index) => ({ ...entry, Id: String(index) }));
  for (let attempt = 1; left.length > 0; attempt += 1) {
    const { Failed = [] } = await onAws(doing, () => request(left));
    const again = new Set<string>();
    for (const failure of Failed) {
      if (isDone(failure)) continue;
      const { Id = "", SenderFault } = failure;
      if (SenderFault !== true && attempt < MAX_ATTEMPTS) again.add(Id);
      else errors[Number(Id)] = entryError(failure, doing);
    }
    left = left.filter(({ Id }) => again.has(Id));
    if (left.length > 0) await pause(PAUSE_MS * 2 ** attempt);
  }
  return errors;
}

/** The name of a queue, of its URL. */
export function queueNameOf(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}

function entryError({ Code = "Error", Message = "" }: BatchResultErrorEntry, doing: string): Error {
  return toAwsError(Object.assign(new Error(Message), { name: Code }), doing);
}
