import type { Invocation } from "../command-table.ts";
import { list } from "../failed/list.ts";
import { toEdited, toFilter, toId, toLimit } from "../failed/options.ts";
import { type FailedPlace, openPlace } from "../failed/place.ts";
import { purge } from "../failed/purge.ts";
import { retry } from "../failed/retry.ts";
import { show } from "../failed/show.ts";
import { type ActionContext, type Actions, runAction } from "../storage/actions.ts";

const ACTIONS: Actions = {
  list: { operands: "<app>", run: (context) => withPlace(context, list) },
  show: { operands: "<app> <id>", run: (context) => withPlace(context, show) },
  retry: { operands: "<app>", run: (context) => withPlace(context, retry) },
  purge: { operands: "<app>", run: (context) => withPlace(context, purge) },
};

/** What is done with inputs that failed for good. */
export async function run(invocation: Invocation): Promise<number> {
  return await runAction("failed", ACTIONS, invocation);
}

async function withPlace(
  context: ActionContext,
  act: (opened: FailedPlace, context: ActionContext) => Promise<void>,
): Promise<void> {
  checkUsage(context);
  const opened = await openPlace(context);
  try {
    await act(opened, context);
  } finally {
    await opened.place.close();
  }
}

/** Mistakes of the command line are told before anything is opened. @throws UsageError */
function checkUsage({ options, rest: [id] }: ActionContext): void {
  toFilter(options);
  toEdited(options);
  toLimit(options);
  if (id !== undefined) toId(id, "<id>");
}
