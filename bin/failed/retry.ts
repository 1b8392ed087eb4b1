import { FunctionCall } from "../../lib/client/function-call.ts";
import { type Retried, retryFailed } from "../../lib/failed/retry.ts";
import { type ActionContext, printLine } from "../storage/actions.ts";
import { toEdited, toFilter } from "./options.ts";
import type { FailedPlace } from "./place.ts";
import { countText, noticeUnreadable, tellDryRun } from "./read.ts";

/** Runs failed inputs again. On this machine it waits for them; on AWS they run by themselves. */
export async function retry(opened: FailedPlace, context: ActionContext): Promise<void> {
  const { options, json } = context;
  const { place, isHere } = opened;
  const filter = toFilter(options);
  if (options["dryRun"] === true) {
    await tellDryRun(opened, context, "run again");
    return;
  }
  const backend = await opened.startBackend();
  try {
    const retried = await retryFailed({ place, backend, filter, args: toEdited(options) });
    const failed = isHere ? await failuresOf(retried) : undefined;
    tell(retried, { failed, json, app: place.app });
  } finally {
    await backend.close();
  }
  noticeUnreadable(place);
}

/** Waits for what runs in this process; how many of them failed again. */
async function failuresOf({ calls }: Retried): Promise<number> {
  const results = await Promise.allSettled(calls.map((id) => FunctionCall.fromId(id).get()));
  return results.filter(({ status }) => status === "rejected").length;
}

interface Telling {
  /** Undefined while they run. */
  readonly failed: number | undefined;
  readonly json: boolean;
  readonly app: string;
}

function tell({ calls, kept }: Retried, { failed, json, app }: Telling): void {
  if (json) {
    const again = failed === undefined ? {} : { failed };
    printLine(JSON.stringify({ retried: calls.length, calls, kept, ...again }));
    return;
  }
  const run = failed === undefined ? "run" : "ran";
  const again = failed === undefined || failed === 0 ? "" : `; ${failed} of them failed again`;
  printLine(`${countText(calls.length)} of ${app} ${run} again${again}`);
  if (failed === undefined) for (const id of calls) printLine(`  ${id}`);
  for (const { id, reason } of kept) printLine(`${id} stays: ${reason}`);
}
