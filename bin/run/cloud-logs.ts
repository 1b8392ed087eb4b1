import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CLIENT_CONFIG } from "../../lib/aws/client-config.ts";
import { parseLogLine } from "../../lib/aws/log-line.ts";
import type { RunOutput } from "./output.ts";

const POLL_MS = 1000;
/** What a container wrote is there this much later at most, as a rule. */
const LATE_MS = 2000;

/** Shows what the containers of an app write, until the returned function is called. */
export function followLogs(group: string, output: Pick<RunOutput, "log">): () => Promise<void> {
  const client = new CloudWatchLogsClient(CLIENT_CONFIG);
  const seen = new Set<string>();
  let startTime = Date.now();
  const look = async (): Promise<void> => {
    let nextToken: string | undefined;
    do {
      const page = await client.send(
        new FilterLogEventsCommand({ logGroupName: group, startTime, nextToken }),
      );
      for (const { eventId = "", message = "", timestamp = 0 } of page.events ?? []) {
        if (seen.has(eventId)) continue;
        seen.add(eventId);
        startTime = Math.max(startTime, timestamp - LATE_MS);
        const line = parseLogLine(message);
        if (line !== undefined) output.log(line);
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  };
  let looking: Promise<void> = Promise.resolve();
  const lookAgain = (): Promise<void> => {
    // Logs that cannot be read now are read the next time; the run goes on.
    looking = looking.then(look).catch(() => {});
    return looking;
  };
  const timer = setInterval(() => void lookAgain(), POLL_MS);
  return async () => {
    clearInterval(timer);
    await new Promise((resolve) => setTimeout(resolve, LATE_MS));
    await lookAgain();
  };
}
