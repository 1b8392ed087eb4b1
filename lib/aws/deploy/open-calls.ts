import { type DemandPorts, proveDemand } from "../demand.ts";
import { parametersKey } from "../keys.ts";
import type { Manifest } from "../manifest.ts";
import type { ParametersRow } from "../parameter-sets.ts";
import { isQueueGone } from "../sqs-demand.ts";

/**
 * Those of an app's functions and classes that have calls which wait, run, or are to be tried again. What was sent or
 * finished within the last minute may not show in the counts of SQS; what waits is found all the same.
 */
export async function functionsWithCalls(
  { app, functions }: Manifest,
  names: readonly string[],
  ports: DemandPorts,
): Promise<string[]> {
  if (names.length === 0) return [];
  const sets = await ports.rows.list<ParametersRow>(parametersKey(app, "").pk);
  const open = await Promise.all(
    names.map(async (name) => {
      const own = functions[name]?.queueUrl;
      const others = sets.filter(({ body }) => body.function === name);
      const urls = [
        ...(own === undefined ? [] : [own]),
        ...others.map(({ body }) => body.queueUrl),
      ];
      const states = await Promise.all(urls.map((url) => hasCalls(app, url, ports)));
      return states.includes(true);
    }),
  );
  return names.filter((_, index) => open[index]);
}

async function hasCalls(app: string, url: string, ports: DemandPorts): Promise<boolean> {
  try {
    const { waiting, hidden, delayed } = await ports.queues.count(url);
    if (hidden + delayed > 0) return true;
    const counted = { backlog: waiting, running: 0, isProved: false };
    for (;;) {
      const { backlog, discarded } = await proveDemand({ app, url, counted }, ports);
      if (backlog > 0) return true;
      // All that was looked at belonged to cancelled calls: there may be more behind it.
      if (discarded === 0) return false;
    }
  } catch (error) {
    if (isQueueGone(error)) return false;
    throw error;
  }
}
